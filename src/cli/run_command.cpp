#include "cli/run_command.hpp"

#include "cli/argument_text.hpp"
#include "cli/live_run.hpp"
#include "cli/prompt_text.hpp"
#include "cli/usage_error.hpp"
#include "strandbus/event/json_codec.hpp"
#include "strandbus/llm/scripted_provider.hpp"
#include "strandbus/sink/terminal_text.hpp"
#include "strandbus/tools/bash.hpp"
#include "strandbus/tools/calculator.hpp"

#include <chrono>
#include <utility>

namespace strandbus::cli {
namespace {

constexpr int title_columns = 80;
constexpr int prompt_columns = 60;
constexpr std::size_t max_prompts = 8;

std::string script_name(const RunArguments& arguments) {
  return arguments.script.empty() ? "built-in script" : "script " + arguments.script;
}

std::string in_words(const TextMatch& match) {
  std::string text;
  append_json_string(text, fit_columns(terminal_safe_line(match.text), prompt_columns));
  switch (match.kind) {
    case TextMatch::Kind::equals: return text;
    case TextMatch::Kind::contains: return "what contains " + text;
    case TextMatch::Kind::regex: return "what matches " + text;
  }
  return text;
}

/// The prompts that a script answers at the beginning of a conversation.
std::vector<std::string> known_prompts(const Script& script) {
  std::vector<std::string> prompts;
  for (const ScriptedResponse& response : script.responses) {
    const auto& match = response.match;
    if (match && match->user && !match->tool_result && match->turn.value_or(1) == 1)
      prompts.push_back(in_words(*match->user));
  }
  if (prompts.size() > max_prompts) {
    const std::size_t more = prompts.size() - max_prompts;
    prompts.resize(max_prompts);
    prompts.push_back(std::to_string(more) + " more");
  }
  return prompts;
}

void check_prompt(const Script& script, const RunArguments& arguments, const std::string& prompt) {
  if (script.knows(prompt)) return;
  const auto prompts = known_prompts(script);
  throw UsageError("the " + script_name(arguments) + " does not know the prompt " +
                   in_words({TextMatch::Kind::equals, prompt}) + "; it knows " +
                   (prompts.empty() ? "none" : joined(prompts)) +
                   ": say one that it knows, or name another script with --script");
}

Script script_of(const RunArguments& arguments) {
  if (arguments.script.empty()) return default_script();
  ScriptResult script = load_script(arguments.script);
  if (!script) throw UsageError(script.error().message);
  return *std::move(script);
}

std::filesystem::path workspace_of(const RunArguments& arguments) {
  std::error_code failure;
  const std::string name = arguments.workspace.empty() ? "." : arguments.workspace;
  const std::filesystem::path path = std::filesystem::canonical(name, failure);
  if (!failure && std::filesystem::is_directory(path, failure)) return path;
  const std::string why = failure ? failure.message() : "it is no directory";
  throw UsageError("cannot work in " + name + ": " + why);
}

BashOptions bash_of(const RunArguments& arguments, const ProcessEnvironment& environment) {
  BashOptions bash;
  bash.environment = bash_environment(environment.variables());
  if (!arguments.sandbox) return bash;
  bash.sandbox = Sandbox::bubblewrap;
  if (const auto obstacle = bash_obstacle(bash, workspace_of(arguments)))
    throw UsageError("--sandbox: " + *obstacle);
  return bash;
}

ToolRegistry tools_of(const RunArguments& arguments, const ProcessEnvironment& environment) {
  ToolRegistry tools;
  tools.add(make_calculator());
  tools.add(make_bash(bash_of(arguments, environment)));
  if (!arguments.tools) return tools;
  try {
    return tools.select(*arguments.tools);
  } catch (const std::invalid_argument& error) {
    throw UsageError(std::string("--tools: ") + error.what());
  }
}

Logger logger_of(const RunArguments& arguments) {
  const LogLevel otherwise = arguments.log_file.empty() ? LogLevel::off : LogLevel::info;
  const LogLevel level = arguments.log_level.value_or(otherwise);
  try {
    if (!arguments.log_file.empty()) return file_logger(level, arguments.log_file);
  } catch (const std::runtime_error& error) {
    throw UsageError(error.what());
  }
  return level == LogLevel::off ? Logger() : stderr_logger(level);
}

ApprovalMode approval_of(const RunArguments& arguments, const Terminal& terminal) {
  const bool somebody_is_there = terminal.input && terminal.errors;
  return arguments.approve.value_or(somebody_is_there ? ApprovalMode::ask : ApprovalMode::deny);
}

AgentOptions options_of(const RunArguments& arguments, const Terminal& terminal) {
  AgentOptions options;
  options.system_prompt = read_system_prompt(arguments.system);
  options.model = repair_utf8(arguments.model);
  options.max_rounds = arguments.max_rounds.value_or(options.max_rounds);
  options.timeout = arguments.timeout;
  options.max_tokens = arguments.max_tokens;
  options.tool_timeout = std::chrono::milliseconds(0);  // bash has limits of its own
  options.approval = approval_of(arguments, terminal);
  options.workspace = workspace_of(arguments);
  options.logger = logger_of(arguments);
  return options;
}

detail::FileDescriptor approval_terminal(ApprovalMode approval) {
  if (approval != ApprovalMode::ask) return {};
  auto terminal = ApprovalPrompt::open_terminal();
  if (!terminal) throw UsageError("--approve ask needs a terminal; say auto or deny");
  return terminal;
}

std::string title_of(const std::string& prompt) {
  const std::size_t begin = prompt.find_first_not_of(" \t\r\n");
  const std::size_t end = prompt.find('\n', begin);
  return fit_columns(terminal_safe_line(prompt.substr(begin, end - begin)), title_columns);
}

JsonlStore store_of(const RunArguments& arguments, const RunPlan& plan) {
  SessionMetadata metadata;
  metadata.session_id = plan.session_id;
  metadata.created_at =
      std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
  metadata.workspace = repair_utf8(plan.options.workspace.native());
  metadata.provider = plan.provider->name();
  metadata.model = plan.options.model.empty() ? plan.provider->model() : plan.options.model;
  metadata.title = title_of(plan.prompt);
  auto store =
      JsonlStore::create(arguments.session, metadata,
                         {.notices = arguments.json ? StoreNotices::publish : StoreNotices::off});
  if (!store) throw UsageError(store.error().message);
  return *std::move(store);
}

void say_who_answers(const RunArguments& arguments, const RunPlan& plan) {
  const std::string& model =
      plan.options.model.empty() ? plan.provider->model() : plan.options.model;
  say("scripted model " + model + " (" + script_name(arguments) + ")");
}

}  // namespace

ExitCode run_command(const RunArguments& arguments, ProcessEnvironment& environment) {
  RunPlan plan;
  plan.terminal = Terminal::detect();
  plan.prompt = read_prompt(arguments.prompt);
  Script script = script_of(arguments);
  check_prompt(script, arguments, plan.prompt);
  plan.provider = std::make_shared<ScriptedProvider>(std::move(script));
  plan.tools = tools_of(arguments, environment);
  plan.options = options_of(arguments, plan.terminal);
  plan.approval_terminal = approval_terminal(plan.options.approval);
  plan.session_id = make_unique_id("session");
  plan.json = arguments.json;
  plan.dialect = arguments.dialect;
  plan.verbose = arguments.verbose;
  if (!arguments.session.empty()) plan.store = store_of(arguments, plan);
  say_who_answers(arguments, plan);
  return LiveRun(std::move(plan)).run();
}

}  // namespace strandbus::cli
