#include "cli/command_line.hpp"

#include "cli/argument_text.hpp"
#include "cli/help_text.hpp"
#include "cli/usage_error.hpp"
#include "strandbus/agent/approval_rule.hpp"
#include "strandbus/event/event_type.hpp"
#include "strandbus/wire/dialect.hpp"

#include <boost/assert.hpp>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <stdexcept>
#include <utility>

namespace strandbus::cli {
namespace {

constexpr std::string_view commands = "there are run, follow, replay, stats and check";

/// What is wrong with a value; empty if nothing.
using Check = std::function<std::string(const std::string&)>;

std::string in_quotes(std::string_view text) { return '"' + std::string(text) + '"'; }

template <class Parse>
Check check_of(Parse parse, std::string wanted) {
  return [parse, wanted = std::move(wanted)](const std::string& text) {
    return parse(text) ? std::string() : in_quotes(text) + " is no " + wanted;
  };
}

Check one_of(const std::vector<std::string>& names, const std::string& what) {
  return [names, what](const std::string& text) {
    const bool known = std::ranges::find(names, text) != names.end();
    const std::string there = names.size() == 1 ? "; there is " : "; there are ";
    return known ? std::string() : in_quotes(text) + " is no " + what + there + joined(names);
  };
}

Check at_least(std::int64_t least) {
  return check_of([least](const std::string& text) { return parse_whole(text, least); },
                  "whole number of at least " + std::to_string(least));
}

Check known_dialect() {
  std::vector<std::string> names;
  for (const std::string_view name : dialect_names()) names.emplace_back(name);
  return one_of(names, "dialect");
}

/// One command with its options, which its help text must name.
class Command {
 public:
  Command(::CLI::App& app, const std::string& name)
      : app_(*app.add_subcommand(name)), help_(help_text(name)) {}

  ::CLI::App& app() noexcept { return app_; }

  void flag(const std::string& names, bool& value) {
    mentioned(names);
    app_.add_flag(names, value);
  }

  template <class T>
  ::CLI::Option* positional(const std::string& name, T& value) {
    return app_.add_option(name, value);
  }

  void option(const std::string& names, std::string& value, Check check = {}) {
    mentioned(names);
    auto* const option = app_.add_option(names, value);
    if (check) option->check(::CLI::Validator(std::move(check), {}));
  }

  /// Whether an option may be given more than once.
  enum class Repeat : bool { no, yes };

  /// An option whose text, once checked, is given to `take`.
  void option(const std::string& names, std::function<void(const std::string&)> take, Check check,
              Repeat repeat = Repeat::no) {
    mentioned(names);
    ::CLI::Validator validator(std::move(check), {});
    if (repeat == Repeat::no) {
      app_.add_option_function<std::string>(names, std::move(take))->check(std::move(validator));
      return;
    }
    auto take_all = [take = std::move(take)](const std::vector<std::string>& texts) {
      for (const std::string& text : texts) take(text);
    };
    app_.add_option_function<std::vector<std::string>>(names, std::move(take_all))
        ->expected(1)
        ->take_all()
        ->check(std::move(validator));
  }

 private:
  void mentioned([[maybe_unused]] const std::string& names) const {
    BOOST_ASSERT(help_.find(names.substr(names.rfind("--"))) != std::string_view::npos);
  }

  ::CLI::App& app_;
  std::string_view help_;
};

void add_output_options(Command& command, bool& json, std::string& dialect, bool& verbose) {
  command.flag("--json", json);
  command.option("--dialect", dialect, known_dialect());
  command.flag("-v,--verbose", verbose);
}

/// What is wrong with a rule; empty if nothing is.
std::string fault_of_rule(const std::string& text) {
  try {
    static_cast<void>(parse_approval_rule(text));
    return {};
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

/// An amount of US dollars.
std::optional<NanoUsd> parse_usd(const std::string& text) {
  constexpr double nano = 1e9;
  constexpr double most = 1e9;
  const std::optional<double> dollars = parse_decimal(text, 0);
  if (!dollars || *dollars <= 0 || *dollars > most) return std::nullopt;
  return NanoUsd{static_cast<std::int64_t>(std::llround(*dollars * nano))};
}

void take_tools(RunArguments& run, const std::string& text) {
  if (text == "none") {
    run.tools.emplace();
  } else {
    run.tools = split_list(text);
  }
}

void add_run(Command command, RunArguments& run) {
  command.positional("PROMPT", run.prompt);
  command.option("--provider", run.provider,
                 one_of({"scripted", "openai", "anthropic"}, "provider that this version has"));
  command.option("--script", run.script);
  command.option("--model", run.model);
  command.option("--base-url", run.base_url);
  command.option(
      "--api",
      [&run](const std::string& text) {
        run.api = text == "chat"        ? OpenAiOptions::Api::chat
                  : text == "responses" ? OpenAiOptions::Api::responses
                                        : OpenAiOptions::Api::automatic;
      },
      one_of({"auto", "chat", "responses"}, "API"));
  command.option("--effort", run.effort,
                 one_of({"none", "minimal", "low", "medium", "high", "xhigh"}, "effort"));
  command.option("--api-key-env", run.api_key_env);
  command.option("--api-key-file", run.api_key_file);
  command.option("--prices", run.prices);
  command.option("--system", run.system);
  command.option("--workspace", run.workspace);
  command.option(
      "--tools", [&run](const std::string& text) { take_tools(run, text); },
      [](const std::string& text) {
        return text.empty() ? std::string("name tools, or none") : "";
      });
  command.option(
      "--approve",
      [&run](const std::string& text) {
        run.approve = text == "ask"    ? ApprovalMode::ask
                      : text == "auto" ? ApprovalMode::all
                                       : ApprovalMode::deny;
      },
      one_of({"ask", "auto", "deny"}, "way to approve"));
  command.option(
      "--rule", [&run](const std::string& text) { run.rules.push_back(parse_approval_rule(text)); },
      fault_of_rule, Command::Repeat::yes);
  command.flag("--sandbox", run.sandbox);
  command.flag("--subagents", run.subagents);
  command.option("--memory", run.memory);
  command.option(
      "--max-rounds", [&run](const std::string& text) { run.max_rounds = parse_whole(text, 1); },
      at_least(1));
  command.option(
      "--max-tokens", [&run](const std::string& text) { run.max_tokens = parse_whole(text, 1); },
      at_least(1));
  command.option(
      "--max-run-tokens",
      [&run](const std::string& text) { run.max_run_tokens = *parse_whole(text, 1); }, at_least(1));
  command.option(
      "--max-cost", [&run](const std::string& text) { run.max_cost = *parse_usd(text); },
      check_of(parse_usd, "number of US dollars above zero"));
  command.option(
      "--max-tool-calls",
      [&run](const std::string& text) { run.max_tool_calls = *parse_whole(text, 1); }, at_least(1));
  command.option(
      "--context-window",
      [&run](const std::string& text) { run.context_window = *parse_whole(text, 1); }, at_least(1));
  command.flag("--retry-shown", run.retry_shown);
  command.option(
      "--timeout", [&run](const std::string& text) { run.timeout = *parse_seconds(text); },
      check_of(parse_seconds, "number of seconds above zero"));
  add_output_options(command, run.json, run.dialect, run.verbose);
  command.option("--session", run.session);
  command.option("--continue", run.continued);
  command.flag("--no-redaction", run.no_redaction);
  command.option("--fork", run.fork);
  command.option(
      "--fork-at", [&run](const std::string& text) { run.fork_at = parse_whole(text, 1); },
      at_least(1));
  command.option(
      "--log-level", [&run](const std::string& text) { run.log_level = parse_log_level(text); },
      one_of({"debug", "info", "warning", "error", "off"}, "log level"));
  command.option("--log-file", run.log_file);
}

/// What is wrong with a list of event types; empty if nothing is.
std::string fault_of_types(const std::string& text) {
  const std::vector<std::string> types = split_list(text);
  for (const std::string& type : types) {
    if (!event_type_from(type)) return in_quotes(type) + " is no type of an event";
  }
  return types.empty() ? "name types of events" : "";
}

void add_follow(Command command, FollowArguments& follow) {
  command.positional("URL", follow.url)->required();
  command.option(
      "--after",
      [&follow](const std::string& text) {
        follow.after = static_cast<std::uint64_t>(*parse_whole(text, 0));
      },
      at_least(0));
  command.option(
      "--type", [&follow](const std::string& text) { follow.types = split_list(text); },
      fault_of_types);
  command.flag("--until-idle", follow.until_idle);
  command.option("--token-file", follow.token_file);
  command.flag("--json", follow.json);
  command.flag("-v,--verbose", follow.verbose);
}

void add_replay(Command command, ReplayArguments& replay) {
  command.positional("FILE", replay.file)->required();
  command.option(
      "--from",
      [&replay](const std::string& text) {
        replay.from = static_cast<std::uint64_t>(*parse_whole(text, 1));
      },
      at_least(1));
  const auto parse_speed = [](const std::string& text) { return parse_decimal(text, 0); };
  command.option(
      "--speed", [&replay](const std::string& text) { replay.speed = *parse_decimal(text, 0); },
      check_of(parse_speed, "number from 0 on"));
  add_output_options(command, replay.json, replay.dialect, replay.verbose);
}

void add_stats(Command command, StatsArguments& stats, bool& json) {
  command.positional("FILE", stats.files)->required();
  command.option(
      "--format",
      [&stats](const std::string& text) {
        stats.format = text == "json"         ? StatsFormat::json
                       : text == "prometheus" ? StatsFormat::prometheus
                                              : StatsFormat::table;
      },
      one_of({"table", "json", "prometheus"}, "format"));
  command.flag("--json", json);
}

void add_check(Command command, CheckArguments& check) {
  command.positional("FILE", check.files)->required();
  command.flag("--json", check.json);
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
  if (command.empty()) return UsageError("unknown command " + text + "; " + std::string(commands));
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
    return UsageError("no command; " + std::string(commands) + see_help(command));
  if (command.empty()) return unexpected(app);
  if (dynamic_cast<const ::CLI::ArgumentMismatch*>(&error) != nullptr)
    return mismatch(command, error.what());
  return UsageError(error.what() + see_help(command));
}

void check_dialect(const ::CLI::App& app, bool json) {
  if (app.count("--dialect") > 0 && !json)
    throw UsageError("--dialect says how --json speaks: add --json");
}

/// Options that say the same thing in two ways.
void check_run(const ::CLI::App& app) {
  for (const auto& [one, other] :
       {std::pair("--session", "--continue"), std::pair("--fork", "--continue"),
        std::pair("--api-key-env", "--api-key-file"), std::pair("--script", "--api"),
        std::pair("--script", "--effort")}) {
    if (app.count(one) > 0 && app.count(other) > 0)
      throw UsageError(std::string(one) + " and " + other + " exclude each other: leave out one");
  }
  if (app.count("--fork-at") > 0 && app.count("--fork") == 0)
    throw UsageError("--fork-at says where --fork begins: name the session with --fork");
}

/// --json says the same as --format json.
void take_json(const ::CLI::App& app, StatsArguments& stats) {
  if (app.count("--format") > 0 && stats.format != StatsFormat::json)
    throw UsageError("--json is --format json: leave out one of them");
  stats.format = StatsFormat::json;
}

}  // namespace

CommandLine parse_command_line(int argc, const char* const* argv) {
  RunArguments run;
  FollowArguments follow;
  ReplayArguments replay;
  StatsArguments stats;
  bool stats_json = false;
  CheckArguments check;
  ::CLI::App app;
  app.require_subcommand(1);
  app.add_flag("--version");
  add_run(Command(app, "run"), run);
  add_follow(Command(app, "follow"), follow);
  add_replay(Command(app, "replay"), replay);
  add_stats(Command(app, "stats"), stats, stats_json);
  add_check(Command(app, "check"), check);
  try {
    app.parse(argc, argv);
  } catch (const ::CLI::CallForHelp&) {
    return Information{std::string(help_text(command_name(app)))};
  } catch (const ::CLI::ParseError& error) {
    if (app.count("--version") > 0) return Information{"strandbus " STRANDBUS_VERSION "\n"};
    throw usage_error(app, error);
  }
  const std::string command = command_name(app);
  if (command == "stats") {
    if (stats_json) take_json(*app.get_subcommand("stats"), stats);
    return stats;
  }
  if (command == "check") return check;
  if (command == "follow") return follow;
  if (command == "replay") {
    check_dialect(*app.get_subcommand("replay"), replay.json);
    return replay;
  }
  check_dialect(*app.get_subcommand("run"), run.json);
  check_run(*app.get_subcommand("run"));
  return run;
}

}  // namespace strandbus::cli
