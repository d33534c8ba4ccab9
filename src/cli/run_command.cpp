#include "cli/run_command.hpp"

#include "cli/continued_session.hpp"
#include "cli/conversation.hpp"
#include "cli/live_session.hpp"
#include "cli/model_choice.hpp"
#include "cli/prompt_text.hpp"
#include "cli/usage_error.hpp"
#include "strandbus/agent/file_memory.hpp"
#include "strandbus/event/json_codec.hpp"
#include "strandbus/sink/terminal_text.hpp"
#include "strandbus/tools/bash.hpp"
#include "strandbus/tools/calculator.hpp"
#include "strandbus/tools/file_tools.hpp"
#include "strandbus/tools/memory_tools.hpp"
#include "strandbus/tools/plan.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>

namespace strandbus::cli {
namespace {

constexpr int title_columns = 80;

std::filesystem::path workspace_of(const RunArguments& arguments) {
  std::error_code failure;
  const std::string name = arguments.workspace.empty() ? "." : arguments.workspace;
  const std::filesystem::path path = std::filesystem::canonical(name, failure);
  if (!failure && std::filesystem::is_directory(path, failure)) return path;
  const std::string why = failure ? failure.message() : "it is no directory";
  throw UsageError("cannot work in " + name + ": " + why);
}

BashOptions bash_of(const RunArguments& arguments, const ProcessEnvironment& environment,
                    const std::filesystem::path& workspace) {
  BashOptions bash;
  bash.environment = bash_environment(environment.variables());
  if (!arguments.sandbox) return bash;
  bash.sandbox = Sandbox::bubblewrap;
  if (const auto obstacle = bash_obstacle(bash, workspace))
    throw UsageError("--sandbox: " + *obstacle);
  return bash;
}

/// Refuses a memory that the chosen tools cannot reach.
void check_memory(const RunArguments& arguments, const std::vector<std::string>& names) {
  const bool used = std::ranges::any_of(
      names, [](const std::string& name) { return name.starts_with("memory_"); });
  if (!arguments.memory.empty() && !used)
    throw UsageError(
        "--memory is of no use without one of memory_write, memory_read, memory_list "
        "and memory_delete: name them in --tools, or leave it out");
}

void add_memory(ToolRegistry& tools, const RunArguments& arguments) {
  if (arguments.memory.empty()) return;
  try {
    add_memory_tools(tools, std::make_shared<FileMemory>(arguments.memory));
  } catch (const std::runtime_error& error) {
    throw UsageError("cannot keep notes in " + arguments.memory + ": " + error.what());
  }
}

ToolRegistry tools_of(const RunArguments& arguments, const ProcessEnvironment& environment,
                      const std::filesystem::path& workspace) {
  ToolRegistry tools;
  tools.add(make_calculator());
  tools.add(make_plan());
  tools.add(make_bash(bash_of(arguments, environment, workspace)));
  add_file_tools(tools, std::make_shared<Workspace>(workspace));
  add_memory(tools, arguments);
  if (!arguments.tools) return tools;
  check_memory(arguments, *arguments.tools);
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

Redactor redactor_of(const RunArguments& arguments, const ProcessEnvironment& environment,
                     const ModelChoice& choice) {
  constexpr std::size_t shortest_key = 8;
  RedactionOptions options;
  if (arguments.no_redaction) options.mode = Redaction::off;
  options.values = environment.secret_values();
  if (choice.key.size() >= shortest_key) options.values.push_back(choice.key);
  return Redactor(std::move(options));
}

AgentOptions options_of(const RunArguments& arguments, const Terminal& terminal) {
  AgentOptions options;
  options.system_prompt = read_system_prompt(arguments.system);
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
  if (begin == std::string::npos) return {};
  const std::size_t end = prompt.find('\n', begin);
  return fit_columns(terminal_safe_line(prompt.substr(begin, end - begin)), title_columns);
}

JsonlStoreOptions store_options(const RunArguments& arguments) {
  return {.notices = arguments.json ? StoreNotices::publish : StoreNotices::off, .on_failure = {}};
}

JsonlStore store_of(const RunArguments& arguments, const SessionPlan& plan,
                    const std::string& prompt) {
  SessionMetadata metadata;
  metadata.session_id = plan.session_id;
  metadata.created_at =
      std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
  metadata.workspace = repair_utf8(plan.options.workspace.native());
  metadata.provider = plan.provider->name();
  metadata.model = plan.options.model.empty() ? plan.provider->model() : plan.options.model;
  metadata.title = title_of(plan.redactor.redact(prompt));
  auto store = JsonlStore::create(arguments.session, metadata, store_options(arguments));
  if (!store) throw UsageError(store.error().message);
  return *std::move(store);
}

/// Lets the plan go on with a recorded session: its tools work where they worked.
void go_on(RunArguments& arguments, SessionPlan& plan) {
  ContinuedSession session = continue_session(arguments.continued, store_options(arguments));
  if (arguments.workspace.empty()) arguments.workspace = session.metadata.workspace;
  plan.session_id = session.metadata.session_id;
  plan.messages = std::move(session.messages);
  plan.last_event = std::move(session.last_event);
  plan.store = std::move(session.store);
}

void say_who_answers(const RunArguments& arguments, const ModelChoice& choice,
                     const SessionPlan& plan) {
  const std::string kind = choice.script ? "scripted model " : "model ";
  say(kind + choice.model + " (" + plan.redactor.redact(choice.source) + ")");
  if (arguments.no_redaction)
    say("redaction is off: keys, tokens and passwords are shown and recorded as they are");
  if (!arguments.continued.empty())
    say("goes on with " + arguments.continued + ": " + std::to_string(plan.messages.size()) +
        (plan.messages.size() == 1 ? " message" : " messages"));
}

}  // namespace

ExitCode run_command(RunArguments arguments, ProcessEnvironment& environment) {
  SessionPlan plan;
  plan.terminal = Terminal::detect();
  plan.conversation =
      !arguments.prompt && !arguments.json && plan.terminal.input && plan.terminal.output;
  const std::string prompt = plan.conversation ? std::string() : read_prompt(arguments.prompt);
  ModelChoice choice = make_model(arguments, environment);
  const bool begins = arguments.continued.empty();
  if (!plan.conversation && begins) check_prompt(choice, prompt);
  plan.session_id = make_unique_id("session");
  if (!begins) go_on(arguments, plan);
  plan.redactor = redactor_of(arguments, environment, choice);
  plan.provider = std::move(choice.provider);
  plan.options = options_of(arguments, plan.terminal);
  plan.options.logger = redacting_logger(plan.options.logger, plan.redactor);
  plan.tools = tools_of(arguments, environment, plan.options.workspace);
  plan.options.model = choice.model;
  plan.approval_terminal = approval_terminal(plan.options.approval);
  plan.json = arguments.json;
  plan.dialect = arguments.dialect;
  plan.verbose = arguments.verbose;
  if (!arguments.session.empty()) plan.store = store_of(arguments, plan, prompt);
  say_who_answers(arguments, choice, plan);
  if (plan.conversation) return converse(std::move(plan), choice);
  LiveSession session(std::move(plan));
  session.process(prompt);
  return session.end();
}

}  // namespace strandbus::cli
