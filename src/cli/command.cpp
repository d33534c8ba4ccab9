#include "cli/command.hpp"

#include "cli/argument_text.hpp"
#include "cli/help_text.hpp"
#include "cli/usage_error.hpp"

#include <boost/assert.hpp>

#include <algorithm>

namespace strandbus::cli {

std::string in_quotes(std::string_view text) { return '"' + std::string(text) + '"'; }

ValueCheck one_of(const std::vector<std::string>& names, const std::string& what) {
  return [names, what](const std::string& text) {
    const bool known = std::ranges::find(names, text) != names.end();
    const std::string there = names.size() == 1 ? "; there is " : "; there are ";
    return known ? std::string() : in_quotes(text) + " is no " + what + there + joined(names);
  };
}

ValueCheck at_least(std::int64_t least) {
  return check_of([least](const std::string& text) { return parse_whole(text, least); },
                  "whole number of at least " + std::to_string(least));
}

Command::Command(::CLI::App& program, const std::string& name)
    : app_(program.add_subcommand(name)), help_(help_text(name)) {}

void Command::flag(const std::string& names, bool& value) {
  mentioned(names);
  app_->add_flag(names, value);
}

void Command::option(const std::string& names, std::string& value, ValueCheck check) {
  mentioned(names);
  auto* const option = app_->add_option(names, value);
  if (check) option->check(::CLI::Validator(std::move(check), {}));
}

void Command::option(const std::string& names, std::function<void(const std::string&)> take,
                     ValueCheck check, Repeat repeat) {
  mentioned(names);
  ::CLI::Validator validator(std::move(check), {});
  if (repeat == Repeat::no) {
    app_->add_option_function<std::string>(names, std::move(take))->check(std::move(validator));
    return;
  }
  auto take_all = [take = std::move(take)](const std::vector<std::string>& texts) {
    for (const std::string& text : texts) take(text);
  };
  app_->add_option_function<std::vector<std::string>>(names, std::move(take_all))
      ->expected(1)
      ->allow_extra_args(false)  // what follows the value is no other one
      ->take_all()
      ->check(std::move(validator));
}

bool Command::has(const std::string& name) const { return app_->count(name) > 0; }

void Command::forbid_together(Pairs pairs) const {
  for (const auto& [one, other] : pairs) {
    if (has(one) && has(other))
      throw UsageError(std::string(one) + " and " + other + " exclude each other: leave out one");
  }
}

void Command::mentioned([[maybe_unused]] const std::string& names) const {
  BOOST_ASSERT(help_.find(names.substr(names.rfind("--"))) != std::string_view::npos);
}

}  // namespace strandbus::cli
