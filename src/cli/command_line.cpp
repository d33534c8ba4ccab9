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

constexpr std::string_view commands = "there are run, serve, follow, replay, stats and check";

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

void add_model_options(Command& command, RunArguments& run) {
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
  command.option(
      "--max-tokens", [&run](const std::string& text) { run.max_tokens = parse_whole(text, 1); },
      at_least(1));
}

void add_tool_options(Command& command, RunArguments& run) {
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
}

void add_limit_options(Command& command, RunArguments& run) {
  command.option(
      "--max-rounds", [&run](const std::string& text) { run.max_rounds = parse_whole(text, 1); },
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
}

void add_log_options(Command& command, RunArguments& run) {
  command.flag("--no-redaction", run.no_redaction);
  command.option(
      "--log-level", [&run](const std::string& text) { run.log_level = parse_log_level(text); },
      one_of({"debug", "info", "warning", "error", "off"}, "log level"));
  command.option("--log-file", run.log_file);
}

void add_run(Command command, RunArguments& run) {
  command.positional("PROMPT", run.prompt);
  add_model_options(command, run);
  command.option("--workspace", run.workspace);
  add_tool_options(command, run);
  command.option("--memory", run.memory);
  add_limit_options(command, run);
  add_output_options(command, run.json, run.dialect, run.verbose);
  command.option("--session", run.session);
  command.option("--continue", run.continued);
  command.option("--fork", run.fork);
  command.option(
      "--fork-at", [&run](const std::string& text) { run.fork_at = parse_whole(text, 1); },
      at_least(1));
  add_log_options(command, run);
}

/// "127.0.0.1:8080", "[::1]:8080", "8080"
std::optional<ListenAddress> parse_listen(const std::string& text) {
  ListenAddress listen;
  std::string port = text;
  if (const std::size_t colon = text.rfind(':'); colon != std::string::npos) {
    listen.address = text.substr(0, colon);
    port = text.substr(colon + 1);
  }
  if (listen.address.starts_with('[') && listen.address.ends_with(']'))
    listen.address = listen.address.substr(1, listen.address.size() - 2);
  constexpr std::int64_t largest = 65535;
  const auto number = parse_whole(port, 0);
  if (!number || *number > largest || listen.address.empty()) return std::nullopt;
  listen.port = static_cast<std::uint16_t>(*number);
  return listen;
}

void add_serve(Command command, ServeArguments& serve) {
  command.option(
      "--listen", [&serve](const std::string& text) { serve.listen = *parse_listen(text); },
      check_of(parse_listen, "address and port such as 127.0.0.1:8080"));
  command.option("--store", serve.store);
  command.option(
      "--durability",
      [&serve](const std::string& text) {
        serve.durability = text == "power" ? StoreDurability::power : StoreDurability::process;
      },
      one_of({"process", "power"}, "durability"));
  command.option(
      "--keep-days", [&serve](const std::string& text) { serve.keep_days = *parse_whole(text, 1); },
      at_least(1));
  command.option("--token-file", serve.token_file);
  command.option(
      "--allow-host", [&serve](const std::string& text) { serve.allowed_hosts.push_back(text); },
      [](const std::string&) { return std::string(); }, Command::Repeat::yes);
  command.option(
      "--allow-origin",
      [&serve](const std::string& text) { serve.allowed_origins.push_back(text); },
      [](const std::string&) { return std::string(); }, Command::Repeat::yes);
  command.option("--workspace-root", serve.workspace_root);
  command.option(
      "--max-runs",
      [&serve](const std::string& text) {
        serve.max_runs = static_cast<std::size_t>(*parse_whole(text, 1));
      },
      at_least(1));
  add_model_options(command, serve.agent);
  add_tool_options(command, serve.agent);
  add_limit_options(command, serve.agent);
  add_log_options(command, serve.agent);
}

/// What is wrong with a list of event types; empty if nothing is.
std::string fault_of_types(const std::string& text) {
  for (const std::string& type : split_list(text)) {
    if (!event_type_from(type)) return in_quotes(type) + " is no type of an event";
  }
  return {};
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

using OptionPairs = std::initializer_list<std::pair<const char*, const char*>>;

/// Options that say the same thing in two ways.
void check_exclusive(const ::CLI::App& app, OptionPairs pairs) {
  for (const auto& [one, other] : pairs) {
    if (app.count(one) > 0 && app.count(other) > 0)
      throw UsageError(std::string(one) + " and " + other + " exclude each other: leave out one");
  }
}

void check_model(const ::CLI::App& app) {
  check_exclusive(
      app, {{"--api-key-env", "--api-key-file"}, {"--script", "--api"}, {"--script", "--effort"}});
}

void check_run(const ::CLI::App& app) {
  check_exclusive(app, {{"--session", "--continue"}, {"--fork", "--continue"}});
  check_model(app);
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
  ServeArguments serve;
  FollowArguments follow;
  ReplayArguments replay;
  StatsArguments stats;
  bool stats_json = false;
  CheckArguments check;
  ::CLI::App app;
  app.require_subcommand(1);
  app.add_flag("--version");
  add_run(Command(app, "run"), run);
  add_serve(Command(app, "serve"), serve);
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
  if (command == "serve") {
    check_model(*app.get_subcommand("serve"));
    return serve;
  }
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
