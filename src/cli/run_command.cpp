#include "cli/run_command.hpp"

#include "cli/agent_choice.hpp"
#include "cli/continued_session.hpp"
#include "cli/conversation.hpp"
#include "cli/forked_session.hpp"
#include "cli/live_session.hpp"
#include "cli/model_choice.hpp"
#include "cli/otlp_choice.hpp"
#include "cli/prompt_text.hpp"
#include "cli/recorded_script.hpp"
#include "cli/rule_check.hpp"
#include "cli/tool_choice.hpp"
#include "cli/usage_error.hpp"
#include "strandbus/agent/replay_provider.hpp"
#include "strandbus/event/json_codec.hpp"
#include "strandbus/sink/terminal_text.hpp"

#include <algorithm>
#include <chrono>
#include <span>
#include <stdexcept>
#include <utility>

namespace strandbus::cli {
namespace {

constexpr int title_columns = 80;

/// Tools work where they worked in the recorded session, unless the command line says where.
void take_workspace(RunArguments& arguments, const SessionMetadata& recorded) {
  if (!arguments.workspace.empty() || recorded.workspace.empty()) return;
  std::error_code failure;
  if (!std::filesystem::is_directory(recorded.workspace, failure)) {
    throw UsageError("the tools of the recorded session worked in " + recorded.workspace +
                     ", which is no directory here: choose another one with --workspace DIR");
  }
  arguments.workspace = recorded.workspace;
}

std::filesystem::path workspace_of(const RunArguments& arguments) {
  std::error_code failure;
  const std::string name = arguments.workspace.empty() ? "." : arguments.workspace;
  const std::filesystem::path path = std::filesystem::canonical(name, failure);
  if (!failure && std::filesystem::is_directory(path, failure)) return path;
  const std::string why = failure ? failure.message() : "it is no directory";
  throw UsageError("cannot work in " + name + ": " + why);
}

ApprovalMode approval_of(const RunArguments& arguments, const Terminal& terminal) {
  const bool somebody_is_there = terminal.input && terminal.errors;
  return arguments.approve.value_or(somebody_is_there ? ApprovalMode::ask : ApprovalMode::deny);
}

AgentOptions options_of(const RunArguments& arguments, const Terminal& terminal) {
  AgentOptions options = agent_options(arguments);
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
                    const std::string& prompt, const ForkedSession* fork) {
  SessionMetadata metadata;
  metadata.session_id = plan.session_id;
  metadata.created_at =
      std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
  metadata.workspace = repair_utf8(plan.options.workspace.native());
  metadata.provider = plan.provider->name();
  metadata.model = plan.options.model.empty() ? plan.provider->model() : plan.options.model;
  metadata.title = title_of(plan.redactor.redact(prompt));
  if (fork) {
    metadata.forked_from = fork->metadata.session_id;
    metadata.forked_at = fork->at;
  }
  const std::span<const StoredMessage> before =
      fork ? std::span<const StoredMessage>(fork->messages) : std::span<const StoredMessage>();
  auto store = JsonlStore::fork(arguments.session, metadata, before, store_options(arguments));
  if (!store) throw UsageError(store.error().message);
  return *std::move(store);
}

/// Takes up a session whose workflow goes on.
ContinuedWorkflow go_on_with_workflow(RunArguments& arguments, SessionPlan& plan) {
  ContinuedWorkflow session = continue_workflow(arguments.continued, store_options(arguments));
  take_workspace(arguments, session.metadata);
  plan.session_id = session.metadata.session_id;
  plan.store = std::move(session.store);
  return session;
}

/// Lets the plan go on with a recorded session: its tools work where they worked.
void go_on(RunArguments& arguments, SessionPlan& plan) {
  ContinuedSession session = continue_session(arguments.continued, store_options(arguments));
  take_workspace(arguments, session.metadata);
  plan.session_id = session.metadata.session_id;
  plan.messages = std::move(session.messages);
  plan.last_event = std::move(session.last_event);
  plan.store = std::move(session.store);
}

/// Lets the plan begin with what was said in a recorded session.
void begin_with(const ForkedSession& session, RunArguments& arguments, SessionPlan& plan) {
  take_workspace(arguments, session.metadata);
  for (const StoredMessage& stored : session.messages) plan.messages.push_back(stored.message);
}

bool is_conversation(const RunArguments& arguments) {
  const Terminal terminal = Terminal::detect();
  return !arguments.prompt && !arguments.json && terminal.input && terminal.output;
}

std::optional<ForkedSession> fork_of(RunArguments& arguments) {
  if (arguments.fork.empty()) return std::nullopt;
  ForkedSession session = fork_session(arguments.fork, arguments.fork_at);
  if (!arguments.prompt) arguments.prompt = session.prompt;
  if (!arguments.prompt && !is_conversation(arguments)) {
    const std::string at = arguments.fork_at
                               ? "from the event " + std::to_string(session.at) + " on"
                               : "behind its last event";
    throw UsageError("no prompt: the user says nothing in " + arguments.fork + ' ' + at +
                     "; say one, or name an earlier event with --fork-at");
  }
  return session;
}

void say_who_answers(const RunArguments& arguments, const ModelChoice& choice,
                     const SessionPlan& plan) {
  const std::string kind = choice.script ? "scripted model " : "model ";
  say(kind + choice.model + " (" + plan.redactor.redact(choice.source) + ")");
  if (arguments.no_redaction)
    say("redaction is off: keys, tokens and passwords are shown and recorded as they are");
  const std::string& file = arguments.continued.empty() ? arguments.fork : arguments.continued;
  if (plan.workflow && !file.empty()) {
    const auto finished = plan.workflow->from.steps.size();
    say("goes on with " + file + ": " + std::to_string(finished) +
        (finished == 1 ? " step has" : " steps have") + " finished");
  } else if (!file.empty())
    say("goes on with " + file + ": " + std::to_string(plan.messages.size()) +
        (plan.messages.size() == 1 ? " message" : " messages"));
}

void take_output(const RunArguments& arguments, SessionPlan& plan) {
  plan.json = arguments.json;
  plan.dialect = arguments.dialect;
  plan.verbose = arguments.verbose;
}

/// Lets a recorded session answer for the model, the tools and whoever approves.
SessionPlan plan_of(const RecordedScript& script, const RunArguments& arguments,
                    const ProcessEnvironment& environment) {
  SessionPlan plan;
  plan.terminal = Terminal::detect();
  plan.control = std::make_shared<RunControl>();
  const CancelReplay cancel = [control = plan.control](const std::string& reason) {
    control->cancel(reason);
  };
  const auto& recording = script.recording;
  plan.session_id = make_unique_id("session");
  plan.messages = recording->before();
  plan.provider = std::make_shared<ReplayProvider>(recording, cancel);
  plan.tools = recorded_tools(tools_of(*recording, environment, plan.provider), recording, cancel);
  plan.options.system_prompt = read_system_prompt(arguments.system);
  plan.options.max_rounds =
      arguments.max_rounds.value_or(std::max<std::int64_t>(1, recording->started().max_rounds));
  plan.options.max_tokens = arguments.max_tokens;
  plan.options.timeout = arguments.timeout;
  plan.options.model = recording->started().model;
  plan.options.workspace =
      arguments.workspace.empty() ? script.metadata.workspace : arguments.workspace;
  plan.options.logger = logger_of(arguments);
  plan.options.approval = recording->approval();
  plan.options.confirm = recorded_approvals(recording, cancel);
  take_output(arguments, plan);
  return plan;
}

/// Runs what was recorded again: with the recorded prompts, or with another one in place of the
/// first.
ExitCode run_recorded(const RecordedScript& script, const RunArguments& arguments,
                      ProcessEnvironment& environment) {
  std::vector<RecordedPrompt> prompts = script.recording->prompts();
  if (arguments.prompt) {
    prompts.resize(1);
    prompts.front().text = read_prompt(arguments.prompt);
  }
  SessionPlan plan = plan_of(script, arguments, environment);
  plan.otlp = choose_otlp(arguments.otlp, environment);
  if (plan.otlp) plan.otlp->logger = plan.options.logger;
  if (!arguments.session.empty())
    plan.store = store_of(arguments, plan, prompts.front().text, nullptr);
  say("model " + plan.options.model + " (recording " + arguments.script + ")");
  LiveSession session(std::move(plan));
  for (const RecordedPrompt& prompt : prompts) {
    session.process(prompt.text);
    const auto recorded = script.recording->end_of(prompt.run_id);
    if (!recorded || session.last_outcome() != recorded->outcome) break;
  }
  return session.end();
}

/// A rule that can match nothing is a mistake, and may be one about safety.
void check_rules(const RunArguments& arguments, const ProcessEnvironment& environment,
                 const ModelChoice& choice) {
  const auto faults = faults_of(arguments.rules, all_tools(environment, choice.provider));
  if (!faults.empty()) throw UsageError(faults.front());
}

/// What all agents of the plan have in common.
void take_model(RunArguments& arguments, ProcessEnvironment& environment, ModelChoice& choice,
                SessionPlan& plan) {
  plan.otlp = choose_otlp(arguments.otlp, environment);
  plan.redactor = redactor_of(arguments, environment, choice, secrets_of(plan.otlp));
  plan.provider = std::move(choice.provider);
  plan.options = options_of(arguments, plan.terminal);
  if (plan.otlp) plan.options.trace_propagation = TracePropagation::always;
  plan.options.logger = redacting_logger(plan.options.logger, plan.redactor);
  if (plan.otlp) plan.otlp->logger = plan.options.logger;
  plan.tools = tools_of(arguments, environment, plan.options.workspace);
  plan.options.model = choice.model;
  add_agents(plan.tools, arguments, plan.provider, plan.options);
  plan.approval_terminal = approval_terminal(plan.options.approval);
  take_output(arguments, plan);
}

ExitCode run_workflow(RunArguments& arguments, ProcessEnvironment& environment) {
  SessionPlan plan;
  plan.terminal = Terminal::detect();
  ModelChoice choice = make_model(arguments, environment);
  check_rules(arguments, environment, choice);
  plan.session_id = make_unique_id("session");
  std::optional<ContinuedWorkflow> session;
  if (!arguments.continued.empty()) session = go_on_with_workflow(arguments, plan);
  take_model(arguments, environment, choice, plan);
  WorkflowFile file =
      read_workflow(arguments.workflow,
                    {.provider = plan.provider, .tools = plan.tools, .options = plan.options});
  const std::string title = file.workflow.name();
  plan.workflow = session ? resume_workflow(std::move(file), *session, arguments.prompt)
                          : begin_workflow(std::move(file), arguments.prompt);
  if (!arguments.session.empty()) plan.store = store_of(arguments, plan, title, nullptr);
  say_who_answers(arguments, choice, plan);
  LiveSession live(std::move(plan));
  live.run_workflow();
  return live.end();
}

}  // namespace

ExitCode run_command(RunArguments arguments, ProcessEnvironment& environment) {
  if (const auto script = read_recorded_script(arguments))
    return run_recorded(*script, arguments, environment);
  if (!arguments.workflow.empty()) return run_workflow(arguments, environment);
  const auto fork = fork_of(arguments);
  SessionPlan plan;
  plan.terminal = Terminal::detect();
  plan.conversation = is_conversation(arguments);
  const std::string prompt = plan.conversation ? std::string() : read_prompt(arguments.prompt);
  ModelChoice choice = make_model(arguments, environment);
  check_rules(arguments, environment, choice);
  if (!plan.conversation) check_prompt(choice, prompt);
  plan.session_id = make_unique_id("session");
  if (!arguments.continued.empty()) go_on(arguments, plan);
  if (fork) begin_with(*fork, arguments, plan);
  take_model(arguments, environment, choice, plan);
  if (!arguments.session.empty())
    plan.store = store_of(arguments, plan, prompt, fork ? &*fork : nullptr);
  say_who_answers(arguments, choice, plan);
  if (plan.conversation) return converse(std::move(plan), choice);
  LiveSession session(std::move(plan));
  session.process(prompt);
  return session.end();
}

}  // namespace strandbus::cli
