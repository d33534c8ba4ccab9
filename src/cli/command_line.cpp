#include "cli/command_line.hpp"

#include "cli/argument_text.hpp"
#include "cli/command_options.hpp"
#include "cli/help_text.hpp"
#include "cli/usage_error.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <map>

namespace strandbus::cli {
namespace {

struct CommandEntry {
  const char* name;
  TakeArguments (*add)(Command command);
};

constexpr CommandEntry entries[] = {
    {"run", add_run},         {"serve", add_serve}, {"follow", add_follow},
    {"publish", add_publish}, {"link", add_link},   {"replay", add_replay},
    {"stats", add_stats},     {"check", add_check}, {"sessions", add_sessions},
    {"export", add_export},
};

/// What to say to someone who has named none of them.
std::string commands() {
  std::vector<std::string> names;
  for (const CommandEntry& entry : entries) names.emplace_back(entry.name);
  return "there are " + joined(names);
}

/// The command that was named; empty if none was.
std::string command_name(const ::CLI::App& app) {
  const auto named = app.get_subcommands();
  return named.empty() ? std::string() : named.front()->get_name();
}

std::string see_help(const std::string& command) {
  return "; see strandbus " + (command.empty() ? "" : command + ' ') + "--help";
}

/// What nobody has a use for.
UsageError unexpected(const ::CLI::App& app) {
  const std::string command = command_name(app);
  const auto rest = app.remaining(true);
  const auto option = std::ranges::find_if(
      rest, [](const std::string& text) { return text.size() > 1 && text.starts_with('-'); });
  if (option != rest.end()) return UsageError("unknown option " + *option + see_help(command));
  const std::string text = rest.empty() ? "" : in_quotes(rest.front());
  if (command.empty()) return UsageError("unknown command " + text + "; " + commands());
  const std::string hint = command == "run" ? "; put the prompt in quotes" : see_help(command);
  return UsageError("unexpected argument " + text + hint);
}

/// An option without its value, or with more than one.
UsageError mismatch(const std::string& command, const std::string& text) {
  const std::string option = text.substr(0, text.find(':'));
  const bool missing = text.find("missing") != std::string::npos;
  return UsageError(option + (missing ? " needs a value" : " is given more than once") +
                    see_help(command));
}

UsageError usage_error(const ::CLI::App& app, const ::CLI::ParseError& error) {
  if (dynamic_cast<const ::CLI::ExtrasError*>(&error) != nullptr) return unexpected(app);
  const std::string command = command_name(app);
  if (command.empty() && app.remaining(true).empty())
    return UsageError("no command; " + commands() + see_help(command));
  if (command.empty()) return unexpected(app);
  if (dynamic_cast<const ::CLI::ArgumentMismatch*>(&error) != nullptr)
    return mismatch(command, error.what());
  return UsageError(error.what() + see_help(command));
}

}  // namespace

CommandLine parse_command_line(int argc, const char* const* argv) {
  ::CLI::App app;
  app.require_subcommand(1);
  app.add_flag("--version");
  std::map<std::string, TakeArguments> takers;
  for (const CommandEntry& entry : entries)
    takers.emplace(entry.name, entry.add(Command(app, entry.name)));
  try {
    app.parse(argc, argv);
  } catch (const ::CLI::CallForHelp&) {
    return Information{std::string(help_text(command_name(app)))};
  } catch (const ::CLI::ParseError& error) {
    if (app.count("--version") > 0) return Information{"strandbus " STRANDBUS_VERSION "\n"};
    throw usage_error(app, error);
  }
  return takers.at(command_name(app))();
}

}  // namespace strandbus::cli
