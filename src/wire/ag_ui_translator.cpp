#include "wire/ag_ui_translator.hpp"

#include "wire/ag_ui_line.hpp"
#include "wire/line_fault.hpp"
#include "wire/payload_object.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::string_view void_result = "void: the answer of the model was discarded";
constexpr std::string_view cancelled_result = "The call was cancelled: ";
constexpr std::string_view reasoning_prefix = "reasoning-";

/// The id without that of the sub-agent before it, with which it is shown.
std::string own_id(std::string_view owner, std::string_view id) {
  if (!owner.empty() && id.size() > owner.size() && id.starts_with(owner) &&
      id[owner.size()] == '.')
    id.remove_prefix(owner.size() + 1);
  return std::string(id);
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() ||
      number < 0)
    return std::nullopt;
  return number;
}

ErrorCode error_code_of(std::string_view word) {
  const auto& names = enum_names<ErrorCode>;
  const auto found = std::ranges::find(names, word);
  return found == names.end() ? ErrorCode::none : static_cast<ErrorCode>(found - names.begin());
}

/// Whether it is the end of a step of a workflow that went wrong.
bool is_broken_off(EventType type) {
  return type == EventType::workflow_step_failed || type == EventType::workflow_step_cancelled;
}

/// Whether our encoder says events of this type as CUSTOM.
bool is_told_as_custom(EventType type) {
  const Scope scope = scope_of(type);
  if (scope == Scope::session) return false;
  if (scope == Scope::workflow) return type == EventType::workflow_progress;
  if (scope == Scope::workflow_step)
    return type == EventType::workflow_step_progress || is_broken_off(type);
  return !is_terminal(type) && type != EventType::run_started && type != EventType::turn_started &&
         type != EventType::turn_ended && type != EventType::custom &&
         type != EventType::subagent_started && type != EventType::subagent_finished &&
         type != EventType::tool_call_started && type != EventType::tool_call_completed &&
         type != EventType::tool_call_cancelled && type != EventType::tool_call_denied &&
         type != EventType::model_started && type != EventType::model_completed &&
         type != EventType::model_failed && (!is_delta(type) || type == EventType::tool_output);
}

/// The name under which our encoder shows a step that went wrong.
std::string step_of(const StreamEvent& event) {
  const auto shown = [](const auto& p) { return shown_step(p.workflow, p.step, p.step_name); };
  if (const auto* failed = event.get_if<WorkflowStepFailed>()) return shown(*failed);
  return shown(*event.get_if<WorkflowStepCancelled>());
}

/// Which step of which workflow a name says, as in "build:2 test".
struct StepName {
  std::string workflow{};
  std::int64_t step = 0;
  std::string name{};
};

std::optional<StepName> workflow_step(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  const std::size_t space = text.find(' ', colon);
  if (space == std::string_view::npos) return std::nullopt;
  const auto step = whole_number(text.substr(colon + 1, space - colon - 1));
  if (!step) return std::nullopt;
  return StepName{std::string(text.substr(0, colon)), *step, std::string(text.substr(space + 1))};
}

}  // namespace

void AgUiTranslator::set_usage(const json::value& usage, bool ends_badly) {
  usage_.clear();
  ends_badly_ = ends_badly;
  next_usage_ = 0;
  if (!usage.is_array()) return;
  for (const json::value& item : usage.get_array()) {
    if (!item.is_object()) continue;
    const LineMembers members(item.get_object(), "/usage");
    UsageEntry entry;
    entry.provider = members.text("provider");
    entry.model = members.text("model");
    entry.usage.prompt = members.integer("inputTokens");
    entry.usage.completion = members.integer("outputTokens");
    entry.usage.total = members.has("totalTokens") ? members.integer("totalTokens") : 0;
    if (members.has("reasoningTokens")) entry.usage.reasoning = members.integer("reasoningTokens");
    if (members.has("cachedInputTokens")) entry.usage.cached = members.integer("cachedInputTokens");
    if (members.has("cacheWriteInputTokens"))
      entry.usage.cache_write = members.integer("cacheWriteInputTokens");
    usage_.push_back(std::move(entry));
  }
}

void AgUiTranslator::read(const LineMembers& line) {
  const std::string_view type = line.needed_text("type");
  if (line.has("timestamp")) {
    const std::int64_t ms = line.integer("timestamp");
    constexpr std::int64_t most = 9'000'000'000'000;  // in the year 2255
    if (ms > most || ms < -most) line.fail("timestamp", "milliseconds of the years 1685 to 2255");
    time_ = Timestamp(std::chrono::milliseconds(ms));
  }
  trace_.at(time_);
  if (type == "RUN_STARTED") return run_started(line);
  if (type == "RUN_ERROR" && !inside_run_) run_started(line);
  if (!inside_run_) fail_line("it stands outside of a run; RUN_STARTED must come first");
  if (type == "SUBAGENT_STARTED") return subagent_started(line);
  if (type == "SUBAGENT_FINISHED") return subagent_ended(line, false);
  if (type == "SUBAGENT_ERROR") return subagent_ended(line, true);
  Agent& agent = agent_of(line.text("subagentRunId"));
  if (is_spoken(agent, type, line)) return;
  settle(agent, type, line);
  if (type == "RUN_FINISHED") return run_finished(line);
  if (type == "RUN_ERROR") return run_error(line);
  if (type == "STEP_STARTED") return step(agent, line, true);
  if (type == "STEP_FINISHED") return step(agent, line, false);
  if (type == "TEXT_MESSAGE_CONTENT" || type == "TEXT_MESSAGE_CHUNK") return text(agent, line);
  if (type == "REASONING_MESSAGE_CONTENT" || type == "REASONING_MESSAGE_CHUNK")
    return reasoning(agent, line);
  if (type == "TOOL_CALL_START") return call_start(agent, line);
  if (type == "TOOL_CALL_ARGS") return call_arguments(agent, line);
  if (type == "TOOL_CALL_CHUNK") {
    if (line.has("toolCallName")) call_start(agent, line);
    return line.has("delta") ? call_arguments(agent, line) : void();
  }
  if (type == "TOOL_CALL_END") return call_end(agent, line);
  if (type == "TOOL_CALL_RESULT") return call_result(agent, line);
  if (type == "CUSTOM") return custom(agent, line);
  // What is left (starts of texts, states, activities, snapshots, raw events) says nothing here.
}

void AgUiTranslator::finish() {
  for (auto& [owner, agent] : agents_) {
    if (agent.answered) end_request(agent, false);
  }
}

// Agents.

AgUiTranslator::Agent& AgUiTranslator::agent_of(std::string_view owner) {
  const auto known = agents_.find(owner);
  if (known != agents_.end()) return known->second;
  Agent agent;
  agent.run_id = owner;
  agent.parent_run_id = agents_[""].run_id;
  return agents_.emplace(owner, std::move(agent)).first->second;
}

void AgUiTranslator::add_event(Agent& agent, StreamEvent event) {
  RunContext context;
  context.session_id = session_id_;
  context.run_id = agent.run_id;
  context.parent_run_id = agent.parent_run_id;
  context.agent = agent.name;
  context.model_id = agent.model;
  event.set_context(std::make_shared<const RunContext>(std::move(context)));
  trace_.add(std::move(event));
}

template <class T>
void AgUiTranslator::add(Agent& agent, T payload) {
  add_event(agent, StreamEvent(std::move(payload)));
}

// Requests.

/// Whether a line can be a piece of the answer that seems to be whole.
bool AgUiTranslator::goes_on(const Agent& agent, std::string_view type,
                             const LineMembers& line) const {
  if (type.starts_with("TOOL_CALL_")) return type != "TOOL_CALL_RESULT";
  if (!type.starts_with("TEXT_MESSAGE_") && !type.starts_with("REASONING_")) return false;
  std::string_view id = line.text("messageId");
  if (type.starts_with("REASONING_") && id.starts_with(reasoning_prefix))
    id.remove_prefix(reasoning_prefix.size());
  const bool sub = agent.run_id != agents_.find("")->second.run_id;
  return id.empty() || agent.message_id.empty() ||
         own_id(sub ? agent.run_id : std::string(), id) == agent.message_id;
}

/// Ends the request where this line shows that it is over.
void AgUiTranslator::settle(Agent& agent, std::string_view type, const LineMembers& line) {
  if (!trace_.has_open_request(agent.run_id)) return;
  if (goes_on(agent, type, line)) {
    const bool ends = type == "TEXT_MESSAGE_END" || type == "REASONING_END" ||
                      type == "REASONING_MESSAGE_END" || type == "TOOL_CALL_END";
    agent.answered = ends ? std::optional(time_) : std::nullopt;
    return;
  }
  const std::string_view name = type == "CUSTOM" ? line.text("name") : std::string_view();
  const bool void_call = type == "TOOL_CALL_RESULT" && line.value("content").is_string() &&
                         line.text("content") == void_result;
  // What an application says of its own does not end an answer that is still going on.
  if (type == "CUSTOM" && !agent.answered && name != "message_discarded" && name != "retry") return;
  end_request(agent, void_call || name == "message_discarded" || name == "retry");
}

void AgUiTranslator::need_request(Agent& agent) {
  if (trace_.has_open_request(agent.run_id)) return;
  agent.message_id.clear();
  agent.answered.reset();
  agent.calls.clear();
  agent.arguments.clear();
  agent.usage = Usage();
  agent.uses_entry = next_usage_ < usage_.size();
  std::string provider;
  if (!usage_.empty()) {
    const UsageEntry& entry = usage_[std::min(next_usage_, usage_.size() - 1)];
    provider = entry.provider;
    agent.model = entry.model;
    if (agent.uses_entry) agent.usage = entry.usage;
    next_usage_ += agent.uses_entry ? 1 : 0;
  }
  add(agent, ModelStarted{.provider = provider,
                          .model = agent.model,
                          .iteration = std::max<std::int64_t>(trace_.turns_of(agent.run_id), 1)});
}

void AgUiTranslator::end_request(Agent& agent, bool failed) {
  trace_.at(std::exchange(agent.answered, std::nullopt).value_or(time_));
  // An answer without calls ends a run well, and it counts: this one was not whole.
  if (ends_badly_ && usage_.empty() && agent.calls.empty()) failed = true;
  if (failed) {
    if (agent.uses_entry) --next_usage_;  // it is for one that does not fail
    add(agent,
        ModelFailed{.error = "the answer was not whole", .error_code = ErrorCode::interrupted});
  } else {
    add(agent, ModelCompleted{.finish_reason = agent.calls.empty() ? FinishReason::stop
                                                                   : FinishReason::tool_calls,
                              .usage = agent.usage});
  }
  trace_.at(time_);
}

// Runs.

void AgUiTranslator::run_started(const LineMembers& line) {
  finish();
  agents_.clear();
  spoken_.clear();
  inside_run_ = true;
  Agent root;
  root.run_id = line.text("runId");
  if (root.run_id.empty()) root.run_id = "run";
  if (trace_.is_open(root.run_id) || trace_.has_ended(root.run_id))
    root.run_id += ' ' + std::to_string(++runs_);
  RunStarted started;
  if (!usage_.empty()) {
    started.provider = usage_.front().provider;
    started.model = root.model = usage_.front().model;
  }
  add(agents_[""] = std::move(root), std::move(started));
}

void AgUiTranslator::run_finished(const LineMembers& line) {
  Agent& root = agents_[""];
  inside_run_ = false;
  std::string_view outcome = "success";
  if (line.value("outcome").is_object()) outcome = line.object("outcome").text("type");
  if (outcome == "cancelled") {
    end_workflows(root, WorkflowCancelled{.reason = "the run was cancelled"});
    return add(root, RunCancelled{});
  }
  end_workflows(root, WorkflowCompleted{});
  json::object result;
  result["output"] = line.value("result").is_null() ? json::value("") : line.value("result");
  make_text(result, "output");
  add(root, RunCompleted{.output = std::string(result.at("output").as_string())});
}

void AgUiTranslator::run_error(const LineMembers& line) {
  Agent& root = agents_[""];
  inside_run_ = false;
  const std::string error(line.text("message"));
  const ErrorCode code = error_code_of(line.text("code"));
  end_workflows(root, WorkflowFailed{.error = error, .error_code = code});
  add(root, RunFailed{.error = error, .error_code = code});
}

/// Workflows that are seen from their steps only end with the run.
template <class T>
void AgUiTranslator::end_workflows(Agent& agent, T end) {
  while (!agent.workflows.empty()) {
    end.workflow = std::move(agent.workflows.back());
    agent.workflows.pop_back();
    add(agent, end);
  }
}

void AgUiTranslator::step(Agent& agent, const LineMembers& line, bool starts) {
  const std::string_view name = line.needed_text("stepName");
  constexpr std::string_view turn_prefix = "turn ";
  if (name.starts_with(turn_prefix)) {
    if (const auto turn = whole_number(name.substr(turn_prefix.size()))) {
      return starts ? add(agent, TurnStarted{.turn = *turn}) : add(agent, TurnEnded{.turn = *turn});
    }
  }
  if (!starts && agent.broken_off_steps.erase(std::string(name)) > 0) return;  // it has ended
  auto said = workflow_step(name);
  if (!said) {
    const auto number = static_cast<std::int64_t>(agent.steps.size());
    const std::int64_t known = agent.steps.emplace(name, number).first->second;
    said = StepName{"ag-ui", known, std::string(name)};
  }
  if (std::ranges::find(agent.workflows, said->workflow) == agent.workflows.end())
    agent.workflows.push_back(said->workflow);
  if (starts) {
    add(agent, WorkflowStepStarted{
                   .workflow = said->workflow, .step = said->step, .step_name = said->name});
  } else {
    add(agent, WorkflowStepCompleted{
                   .workflow = said->workflow, .step = said->step, .step_name = said->name});
  }
}

// The model.

/// A message of somebody else than the model is said as a whole.
bool AgUiTranslator::is_spoken(Agent& agent, std::string_view type, const LineMembers& line) {
  if (!type.starts_with("TEXT_MESSAGE_")) return false;
  const std::string id(line.text("messageId"));
  const std::string_view role = line.text("role");
  if (type == "TEXT_MESSAGE_START" && !role.empty() && role != "assistant")
    spoken_[id] = {.message_id = id, .role = role == "user" ? Role::user : Role::system};
  const auto spoken = spoken_.find(id);
  if (spoken == spoken_.end()) return false;
  spoken->second.content += line.text("delta");
  if (type == "TEXT_MESSAGE_END") add(agent, spoken_.extract(spoken).mapped());
  return true;
}

void AgUiTranslator::text(Agent& agent, const LineMembers& line) {
  const std::string id = own_id(line.text("subagentRunId"), line.text("messageId"));
  need_request(agent);
  if (!id.empty()) agent.message_id = id;
  add(agent, TokenDelta{.text = std::string(line.text("delta")), .message_id = id});
}

void AgUiTranslator::reasoning(Agent& agent, const LineMembers& line) {
  std::string_view shown = line.text("messageId");
  if (shown.starts_with(reasoning_prefix)) shown.remove_prefix(reasoning_prefix.size());
  const std::string id = own_id(line.text("subagentRunId"), shown);
  need_request(agent);
  if (!id.empty()) agent.message_id = id;
  add(agent, ReasoningDelta{.text = std::string(line.text("delta")), .message_id = id});
}

void AgUiTranslator::call_start(Agent& agent, const LineMembers& line) {
  const std::string id = own_id(line.text("subagentRunId"), line.needed_text("toolCallId"));
  need_request(agent);
  agent.calls.push_back(id);
  agent.arguments[id];
  add(agent,
      ToolCallBegin{.call_id = id, .tool_name = std::string(line.needed_text("toolCallName"))});
}

void AgUiTranslator::call_arguments(Agent& agent, const LineMembers& line) {
  const std::string id = own_id(line.text("subagentRunId"), line.needed_text("toolCallId"));
  const auto call = agent.arguments.find(id);
  if (call == agent.arguments.end())
    fail_line("arguments of the call " + id + ", which is not open");
  call->second += line.text("delta");
  add(agent, ToolCallDelta{.call_id = id, .delta = std::string(line.text("delta"))});
}

void AgUiTranslator::call_end(Agent& agent, const LineMembers& line) {
  const std::string id = own_id(line.text("subagentRunId"), line.needed_text("toolCallId"));
  const auto call = agent.arguments.find(id);
  if (call == agent.arguments.end()) fail_line("the end of the call " + id + ", which is not open");
  ToolCallReady ready{.call_id = id};
  if (call->second.empty()) ready.arguments = json::object();
  agent.arguments.erase(call);
  agent.answered = time_;
  add(agent, std::move(ready));
}

void AgUiTranslator::call_result(Agent& agent, const LineMembers& line) {
  const std::string id = own_id(line.text("subagentRunId"), line.needed_text("toolCallId"));
  json::object said;
  said["content"] = line.value("content").is_null() ? json::value("") : line.value("content");
  make_text(said, "content");
  const std::string content(said.at("content").as_string());
  const bool asked = std::ranges::find(agent.calls, id) != agent.calls.end();
  if (content == void_result && asked) return;  // the failed request has said it
  if (content.starts_with(cancelled_result))
    return add(agent,
               ToolCallCancelled{.call_id = id, .reason = content.substr(cancelled_result.size())});
  const std::size_t colon = content.find(": ");
  const ErrorCode code = error_code_of(std::string_view(content).substr(0, colon));
  if (colon != std::string::npos && code != ErrorCode::none &&
      !trace_.has_open_call(agent.run_id, id))
    return add(agent, ToolCallDenied{
                          .call_id = id, .error_code = code, .reason = content.substr(colon + 2)});
  add(agent, ToolCallCompleted{.call_id = id, .success = true, .output = content});
}

// Everything else.

void AgUiTranslator::custom(Agent& agent, const LineMembers& line) {
  const std::string_view name = line.needed_text("name");
  const json::value& value = line.value("value");
  const auto type = event_type_from(name);
  if (type && is_told_as_custom(*type) && value.is_object()) {
    if (auto event = event_of(*type, value.get_object())) {
      if (is_broken_off(*type)) agent.broken_off_steps.insert(step_of(*event));
      return add_event(agent, *std::move(event));
    }
  }
  add(agent, Custom{.name = std::string(name), .data = value});
}

void AgUiTranslator::subagent_started(const LineMembers& line) {
  const std::string child(line.needed_text("subagentRunId"));
  Agent& parent = agent_of(line.text("parentSubagentRunId"));
  settle(parent, "SUBAGENT_STARTED", line);
  Agent agent;
  agent.run_id = child;
  agent.parent_run_id = parent.run_id;
  agent.name = line.text("name");
  const std::string call_id =
      own_id(line.text("parentSubagentRunId"), line.text("parentToolCallId"));
  add(parent, SubagentStarted{.agent = agent.name, .child_run_id = child, .call_id = call_id});
  agents_[child] = std::move(agent);
}

void AgUiTranslator::subagent_ended(const LineMembers& line, bool failed) {
  const std::string child(line.needed_text("subagentRunId"));
  if (child.empty()) line.fail("subagentRunId", "the id of a sub-agent");
  Agent& agent = agent_of(child);
  settle(agent, "SUBAGENT_FINISHED", line);
  Outcome outcome = Outcome::completed;
  std::string output(line.value("result").is_string() ? line.text("result") : std::string_view());
  const std::string_view code = line.text("code");
  if (failed) {
    outcome = code == "cancelled" ? Outcome::cancelled : Outcome::failed;
    output = line.text("message");
  } else if (line.value("outcome").is_object() &&
             line.object("outcome").text("type") == "suspended") {
    outcome = Outcome::cancelled;
  }
  const bool has_run = trace_.is_open(child);
  if (outcome == Outcome::completed) {
    end_workflows(agent, WorkflowCompleted{});
    add(agent, RunCompleted{.output = output});
  } else if (outcome == Outcome::cancelled) {
    end_workflows(agent, WorkflowCancelled{.reason = output});
    add(agent, RunCancelled{.reason = output});
  } else if (has_run || code != "failed") {
    add(agent, RunFailed{.error = output, .error_code = error_code_of(code)});
  }
  const auto parent = std::ranges::find_if(
      agents_, [&](const auto& other) { return other.second.run_id == agent.parent_run_id; });
  Agent& around = parent == agents_.end() ? agents_[""] : parent->second;
  add(around,
      SubagentFinished{
          .agent = agent.name, .child_run_id = child, .outcome = outcome, .output = output});
}

}  // namespace strandbus::detail
