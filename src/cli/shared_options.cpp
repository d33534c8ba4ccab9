#include "cli/shared_options.hpp"

#include "cli/argument_text.hpp"
#include "cli/usage_error.hpp"
#include "strandbus/agent/approval_rule.hpp"
#include "strandbus/agent/background_tasks.hpp"
#include "strandbus/wire/dialect.hpp"
#include "strandbus/wire/dialect_decoder.hpp"

#include <cmath>
#include <stdexcept>

namespace strandbus::cli {
namespace {

ValueCheck known_dialect() {
  std::vector<std::string> names;
  for (const std::string_view name : dialect_names()) names.emplace_back(name);
  return one_of(names, "dialect");
}

ValueCheck readable_dialect() {
  std::vector<std::string> names;
  for (const std::string_view name : decodable_dialect_names()) names.emplace_back(name);
  return one_of(names, "dialect that can be read");
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

}  // namespace

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
  command.option(
      "--background",
      [&run](const std::string& text) {
        run.background = text == "wait" ? WhenRunEnds::wait : WhenRunEnds::cancel;
      },
      one_of({"wait", "cancel"}, "way to end tasks"));
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
  command.option("--otlp", run.otlp.url);
  command.flag("--otlp-content", run.otlp.content);
}

void add_from_dialect(Command& command, std::string& dialect) {
  command.option("--from-dialect", dialect, readable_dialect());
}

void check_from_dialect(const Command& command) {
  command.forbid_together({{"--from-dialect", "--store"}});
}

void add_output_options(Command& command, bool& json, std::string& dialect, bool& verbose) {
  command.flag("--json", json);
  command.option("--dialect", dialect, known_dialect());
  command.flag("-v,--verbose", verbose);
}

void check_model_options(const Command& command) {
  command.forbid_together(
      {{"--api-key-env", "--api-key-file"}, {"--script", "--api"}, {"--script", "--effort"}});
}

void check_output_options(const Command& command) {
  if (command.has("--dialect") && !command.has("--json"))
    throw UsageError("--dialect says how --json speaks: add --json");
}

}  // namespace strandbus::cli
