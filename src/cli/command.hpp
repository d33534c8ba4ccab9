#pragma once

#include "cli/command_line.hpp"

#include <CLI/App.hpp>

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace strandbus::cli {

/// What is wrong with a value; empty if nothing.
using ValueCheck = std::function<std::string(const std::string&)>;

std::string in_quotes(std::string_view text);

ValueCheck one_of(const std::vector<std::string>& names, const std::string& what);
ValueCheck at_least(std::int64_t least);
/// Whether `parse` gives something.
template <class Parse>
ValueCheck check_of(Parse parse, std::string wanted) {
  return [parse, wanted = std::move(wanted)](const std::string& text) {
    return parse(text) ? std::string() : in_quotes(text) + " is no " + wanted;
  };
}

/// One command with its options, which its help text must name.
class Command {
 public:
  /// Pairs of options that say the same thing in two ways.
  using Pairs = std::initializer_list<std::pair<const char*, const char*>>;
  /// Whether an option may be given more than once.
  enum class Repeat : bool { no, yes };

  Command(::CLI::App& program, const std::string& name);

  void flag(const std::string& names, bool& value);

  template <class T>
  ::CLI::Option* positional(const std::string& name, T& value) {
    return app_->add_option(name, value);
  }

  void option(const std::string& names, std::string& value, ValueCheck check = {});
  /// An option whose text, once checked, is given to `take`.
  void option(const std::string& names, std::function<void(const std::string&)> take,
              ValueCheck check, Repeat repeat = Repeat::no);

  /// Whether the caller has given this option.
  bool has(const std::string& name) const;
  /// Errors: throws UsageError if both options of a pair are given.
  void forbid_together(Pairs pairs) const;

 private:
  void mentioned(const std::string& names) const;

  ::CLI::App* app_;
  std::string_view help_;
};

/// Makes the arguments of a command out of what was parsed.
///
/// Errors: throws UsageError for options that do not go together.
using TakeArguments = std::function<CommandLine()>;

}  // namespace strandbus::cli
