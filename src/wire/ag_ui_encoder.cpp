#include "wire/ag_ui_encoder.hpp"

#include "wire/ag_ui_line.hpp"

#include <boost/describe/enum_to_string.hpp>

#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::string_view protocol_version = "1.0";

std::string reasoning_id(std::string_view message_id) {
  return "reasoning-" + std::string(message_id);
}

std::string step_of_turn(std::int64_t turn) { return "turn " + std::to_string(turn); }

template <class T>
std::string step_of_workflow(const T& p) {
  return shown_step(p.workflow, p.step, p.step_name);
}

/// What is shown as CUSTOM, since AG-UI has no event for it.
constexpr bool is_custom(EventType type) noexcept {
  switch (type) {
    case EventType::message_discarded:
    case EventType::compaction:
    case EventType::compaction_failed:
    case EventType::compaction_circuit_opened:
    case EventType::doom_loop_detected:
    case EventType::budget_exceeded:
    case EventType::plan_updated:
    case EventType::memory_written:
    case EventType::guardrail_triggered:
    case EventType::background_task_started:
    case EventType::background_task_finished:
    case EventType::background_task_cancelled:
    case EventType::execution_summary:
    case EventType::workflow_progress:
    case EventType::workflow_step_progress:
    case EventType::error:
    case EventType::agent_error:
    case EventType::retry:
    case EventType::approval_requested:
    case EventType::approval_resolved:
    case EventType::tool_output:
    case EventType::bash_started:
    case EventType::bash_executed:
    case EventType::cell_executed:
    case EventType::system_notice: return true;
    default: return scope_of(type) == Scope::file || scope_of(type) == Scope::deploy;
  }
}

}  // namespace

/// What one event becomes.
struct AgUiEncoder::Step {
  AgUiEncoder& self;
  std::string& out;
  const StreamEvent& event;
  std::string owner;  // empty = the run itself

  AgUiOpen& open() const { return self.open_; }

  template <class F>
  void line(std::string_view type, const F& fill) const {
    append_ag_ui_line(out, type, event.ts(), owner, fill);
  }

  void close(const std::vector<AgUiItem>& items) const {
    for (const AgUiItem& item : items) self.close(out, event.ts(), item);
  }

  void custom(std::string_view name, std::string_view value) const {
    line("CUSTOM", [&](JsonMembers& members) { members.text("name", name).raw("value", value); });
  }

  template <class T>
  void operator()(const T&) const {
    if constexpr (is_custom(T::event_type)) custom(event.wire_type(), payload_to_json(event));
  }

  void operator()(const Custom& p) const {
    std::string value;
    append_json(value, p.data);
    custom(event.wire_type() == "custom" ? std::string_view(p.name) : event.wire_type(), value);
  }

  // Only what is out of the ordinary: that a model is asked is seen from what follows.
  void operator()(const StatusUpdate& p) const {
    const bool ordinary = p.status == AgentStatus::thinking || p.status == AgentStatus::idle;
    if (!ordinary) custom("status_update", payload_to_json(event));
  }

  // Steps.

  void start_step(const std::string& name) const {
    if (!open().open(AgUiKind::step, name, owner)) return;
    line("STEP_STARTED", [&](JsonMembers& members) { members.text("stepName", name); });
  }
  void finish_step(const std::string& name) const {
    if (!open().close(AgUiKind::step, name, owner)) return;
    line("STEP_FINISHED", [&](JsonMembers& members) { members.text("stepName", name); });
  }

  /// The end of a step does not say that it went wrong.
  void break_off_step(const std::string& name) const {
    custom(event.wire_type(), payload_to_json(event));
    finish_step(name);
  }

  void operator()(const TurnStarted& p) const { start_step(step_of_turn(p.turn)); }
  void operator()(const TurnEnded& p) const {
    close_request();
    finish_step(step_of_turn(p.turn));
  }
  void operator()(const WorkflowStepStarted& p) const { start_step(step_of_workflow(p)); }
  void operator()(const WorkflowStepCompleted& p) const { finish_step(step_of_workflow(p)); }
  void operator()(const WorkflowStepFailed& p) const { break_off_step(step_of_workflow(p)); }
  void operator()(const WorkflowStepCancelled& p) const { break_off_step(step_of_workflow(p)); }

  // What a model says.

  void operator()(const ModelStarted& p) const {
    self.requests_[owner] = {p.provider, p.model};
    self.newest_messages_.erase(owner);
    self.new_calls_.erase(owner);
  }

  std::string shown_message(std::string_view id) const {
    return open().shown_message(shown_id(owner, id));
  }

  void text(std::string_view message_id, std::string_view delta) const {
    if (delta.empty()) return;
    close(open().take(AgUiKind::reasoning, owner));
    const std::string id = shown_message(message_id);
    if (open().open(AgUiKind::text, id, owner)) {
      line("TEXT_MESSAGE_START",
           [&](JsonMembers& members) { members.text("messageId", id).text("role", "assistant"); });
    }
    self.shown_messages_.insert(id);
    self.newest_messages_[owner] = id;
    line("TEXT_MESSAGE_CONTENT",
         [&](JsonMembers& members) { members.text("messageId", id).text("delta", delta); });
  }

  void operator()(const TokenDelta& p) const { text(p.message_id, p.text); }
  void operator()(const AssistantDelta& p) const { text(p.message_id, p.text); }
  void operator()(const StructuredDelta& p) const { text(p.message_id, p.text); }

  void operator()(const ReasoningDelta& p) const {
    if (p.text.empty()) return;
    const std::string id = reasoning_id(shown_message(p.message_id));
    if (open().open(AgUiKind::reasoning, id, owner)) {
      line("REASONING_START", [&](JsonMembers& members) { members.text("messageId", id); });
      line("REASONING_MESSAGE_START",
           [&](JsonMembers& members) { members.text("messageId", id).text("role", "reasoning"); });
    }
    line("REASONING_MESSAGE_CONTENT",
         [&](JsonMembers& members) { members.text("messageId", id).text("delta", p.text); });
  }

  void close_request() const {
    close(open().take(AgUiKind::text, owner));
    close(open().take(AgUiKind::reasoning, owner));
  }

  void operator()(const ModelCompleted& p) const {
    close_request();
    const auto asked = self.requests_.find(owner);
    std::string provider = asked == self.requests_.end() ? "" : asked->second.first;
    std::string model = event.model_id();
    if (model.empty() && asked != self.requests_.end()) model = asked->second.second;
    self.usage_.add(std::move(provider), std::move(model), p.usage);
  }

  /// A call that was begun and never made gets an answer, or it would wait for one for ever.
  void operator()(const ModelFailed&) const {
    close_request();
    close(open().take(AgUiKind::tool_call, owner));
    for (const std::string& id : std::exchange(self.new_calls_[owner], {})) {
      result(id, "void: the answer of the model was discarded");
    }
  }

  void operator()(const MessageDiscarded& p) const {
    const std::string id = shown_message(p.message_id);
    if (open().close(AgUiKind::text, id, owner)) {
      line("TEXT_MESSAGE_END", [&](JsonMembers& members) { members.text("messageId", id); });
    }
    close(open().take(AgUiKind::reasoning, owner));
    std::string value;
    append_json_object(value, [&](JsonMembers& members) {
      members.text("message_id", id).number("attempt", p.attempt).text("reason", p.reason);
    });
    custom("message_discarded", value);
    open().discard_message(shown_id(owner, p.message_id));
  }

  /// A message whose pieces nobody has seen is shown at once.
  void operator()(const MessageCommitted& p) const {
    if (p.message.role != Role::assistant) return;
    const std::string id = shown_message(p.message.id);
    if (!self.shown_messages_.contains(id)) text(p.message.id, p.message.content);
    close_request();
  }

  // Calls.

  void start_call(const std::string& id, std::string_view tool_name) const {
    if (!open().open(AgUiKind::tool_call, id, owner)) return;
    close_request();
    self.new_calls_[owner].push_back(id);
    const auto parent = self.newest_messages_.find(owner);
    line("TOOL_CALL_START", [&](JsonMembers& members) {
      members.text("toolCallId", id).text("toolCallName", tool_name);
      if (parent != self.newest_messages_.end()) members.text("parentMessageId", parent->second);
    });
  }

  void arguments(const std::string& id, std::string_view delta) const {
    line("TOOL_CALL_ARGS",
         [&](JsonMembers& members) { members.text("toolCallId", id).text("delta", delta); });
  }

  void operator()(const ToolCallBegin& p) const {
    const std::string id = shown_id(owner, p.call_id);
    self.calls_with_arguments_.erase(id);
    start_call(id, p.tool_name);
  }

  /// Of a call whose beginning nobody has seen all arguments come when it is ready.
  void operator()(const ToolCallDelta& p) const {
    const std::string id = shown_id(owner, p.call_id);
    if (p.delta.empty() || !open().is_open(AgUiKind::tool_call, id, owner)) return;
    self.calls_with_arguments_.insert(id);
    arguments(id, p.delta);
  }

  void operator()(const ToolCallReady& p) const {
    const std::string id = shown_id(owner, p.call_id);
    start_call(id, p.tool_name);
    if (self.calls_with_arguments_.erase(id) == 0) {
      std::string text;
      append_json(text, p.arguments);
      arguments(id, text);
    }
    open().close(AgUiKind::tool_call, id, owner);
    line("TOOL_CALL_END", [&](JsonMembers& members) { members.text("toolCallId", id); });
  }

  void result(const std::string& id, std::string_view content) const {
    line("TOOL_CALL_RESULT", [&](JsonMembers& members) {
      members.text("messageId", id + "-result")
          .text("toolCallId", id)
          .text("content", content)
          .text("role", "tool");
    });
  }

  void operator()(const ToolCallCompleted& p) const {
    if (owner.empty() && self.known_results_.contains(p.call_id)) return;
    std::string content = p.output;
    if (!p.error.empty()) content = content.empty() ? p.error : p.error + "\n" + content;
    result(shown_id(owner, p.call_id), content);
  }
  void operator()(const ToolCallDenied& p) const {
    result(shown_id(owner, p.call_id), std::string(to_string(p.error_code)) + ": " + p.reason);
  }
  void operator()(const ToolCallCancelled& p) const {
    result(shown_id(owner, p.call_id), "The call was cancelled: " + p.reason);
  }

  // Sub-agents.

  void operator()(const SubagentStarted& p) const {
    if (!open().open(AgUiKind::subagent, p.child_run_id, owner)) return;
    append_ag_ui_line(out, "SUBAGENT_STARTED", event.ts(), p.child_run_id,
                      [&](JsonMembers& members) {
                        members.text("name", p.agent).text_if("parentSubagentRunId", owner);
                        if (!p.call_id.empty())
                          members.text("parentToolCallId", shown_id(owner, p.call_id));
                      });
  }

  /// Before its end everything of it is closed.
  bool close_subagent(const std::string& run_id) const {
    if (!open().is_open(AgUiKind::subagent, run_id, {})) return false;
    close(open().take_owned(run_id));
    return open().close(AgUiKind::subagent, run_id, {});
  }

  void finish_subagent(const std::string& run_id, std::string_view output) const {
    if (!close_subagent(run_id)) return;
    append_ag_ui_line(out, "SUBAGENT_FINISHED", event.ts(), run_id, [&](JsonMembers& members) {
      members.text_if("result", output).raw("outcome", R"({"type":"success"})");
    });
  }

  void fail_subagent(const std::string& run_id, std::string_view why, std::string_view code) const {
    if (!close_subagent(run_id)) return;
    append_ag_ui_line(out, "SUBAGENT_ERROR", event.ts(), run_id, [&](JsonMembers& members) {
      members.text("message", why.empty() ? code : why).text_if("code", code);
    });
  }

  void operator()(const SubagentFinished& p) const {
    if (p.outcome == Outcome::completed) return finish_subagent(p.child_run_id, p.output);
    fail_subagent(p.child_run_id, p.output, boost::describe::enum_to_string(p.outcome, "failed"));
  }

  // The end of a run.

  void operator()(const RunCompleted& p) const {
    if (!owner.empty()) return finish_subagent(owner, p.output);
    self.finish(out, event.ts(), R"({"type":"success"})", json::string(p.output));
  }
  void operator()(const RunCancelled& p) const {
    if (!owner.empty()) return fail_subagent(owner, p.reason, "cancelled");
    self.finish(out, event.ts(), R"({"type":"cancelled"})", {});
  }
  void operator()(const RunFailed& p) const {
    if (!owner.empty()) return fail_subagent(owner, p.error, to_string(p.error_code));
    self.fail(out, event.ts(), p.error, to_string(p.error_code));
  }

  // The end of a workflow that is shown as a run.

  void operator()(const WorkflowCompleted& p) const {
    if (self.root_.is_of_workflow(event))
      self.finish(out, event.ts(), R"({"type":"success"})", p.output);
  }
  void operator()(const WorkflowCancelled&) const {
    if (self.root_.is_of_workflow(event))
      self.finish(out, event.ts(), R"({"type":"cancelled"})", {});
  }
  void operator()(const WorkflowFailed& p) const {
    if (self.root_.is_of_workflow(event))
      self.fail(out, event.ts(), p.error, to_string(p.error_code));
  }
};

void AgUiEncoder::append(std::string& out, const StreamEvent& event) {
  if (!enter(out, event)) return;
  const bool nested = root_.is_below(event);
  const Step step{*this, out, event, nested ? event.run_id() : std::string()};
  if (nested && !open_.is_open(AgUiKind::subagent, step.owner, {})) {
    if (open_.knows_subagent(step.owner)) return;  // it has ended
    open_.open(AgUiKind::subagent, step.owner, {});
    append_ag_ui_line(out, "SUBAGENT_STARTED", event.ts(), step.owner,
                      [&](JsonMembers& members) { members.text("name", event.agent()); });
  }
  event.visit([&](const auto& payload) { step(payload); });
}

/// Whether an event belongs to the run that is shown; if none is, one may begin with it.
bool AgUiEncoder::enter(std::string& out, const StreamEvent& event) {
  const AgUiRoot::Place place = root_.place(event);
  if (place != AgUiRoot::Place::begins) return place == AgUiRoot::Place::inside;
  if (running()) fail(out, event.ts(), "the run was interrupted", "interrupted");
  root_.begin(event);
  start(out, event.ts(), event.session_id());
  return true;
}

void AgUiEncoder::begin(std::string& out, Timestamp now) {
  root_.begin();
  start(out, now, {});
}

void AgUiEncoder::start(std::string& out, Timestamp now, std::string_view session_id) {
  thread_id_ = options_.thread_id.empty() ? std::string(session_id) : options_.thread_id;
  run_id_ = options_.run_id.empty() ? root_.id() : options_.run_id;
  append_ag_ui_line(out, "RUN_STARTED", now, {}, [&](JsonMembers& members) {
    members.text("threadId", thread_id_)
        .text("runId", run_id_)
        .text("protocolVersion", protocol_version);
  });
}

/// The end of something that its own end does not reach any more.
void AgUiEncoder::close(std::string& out, Timestamp now, const AgUiItem& item,
                        std::span<const std::string> interrupts) {
  const auto line = [&](std::string_view type, std::string_view key) {
    append_ag_ui_line(out, type, now, item.owner,
                      [&](JsonMembers& members) { members.text(key, item.id); });
  };
  switch (item.kind) {
    case AgUiKind::text: return line("TEXT_MESSAGE_END", "messageId");
    case AgUiKind::reasoning:
      line("REASONING_MESSAGE_END", "messageId");
      return line("REASONING_END", "messageId");
    case AgUiKind::tool_call: return line("TOOL_CALL_END", "toolCallId");
    case AgUiKind::step: return line("STEP_FINISHED", "stepName");
    case AgUiKind::subagent:
      append_ag_ui_line(out, "SUBAGENT_FINISHED", now, item.id, [&](JsonMembers& members) {
        members.object("outcome", [&](JsonMembers& outcome) {
          outcome.text("type", "suspended");
          if (!interrupts.empty()) outcome.raw("interruptIds", json_texts(interrupts));
        });
      });
  }
}

void AgUiEncoder::close_all(std::string& out, Timestamp now,
                            std::span<const std::string> interrupts) {
  const auto items = open_.take_all();
  // A sub-agent's own things first, whatever was opened when.
  for (const AgUiItem& item : items) {
    if (item.kind != AgUiKind::subagent) close(out, now, item);
  }
  for (const AgUiItem& item : items) {
    if (item.kind == AgUiKind::subagent) close(out, now, item, interrupts);
  }
}

void AgUiEncoder::finish(std::string& out, Timestamp now, std::string_view outcome,
                         const json::value& result) {
  const bool says_nothing = result.is_null() || (result.is_string() && result.get_string().empty());
  close_all(out, now);
  append_ag_ui_line(out, "RUN_FINISHED", now, {}, [&](JsonMembers& members) {
    members.text("threadId", thread_id_).text("runId", run_id_);
    if (!says_nothing) members.value("result", result);
    members.raw("outcome", outcome);
    if (!usage_.empty()) members.raw("usage", usage_.json());
  });
  end_run();
}

void AgUiEncoder::interrupt(std::string& out, Timestamp now,
                            std::span<const AgUiInterrupt> interrupts) {
  std::vector<std::string> ids;
  for (const AgUiInterrupt& interrupt : interrupts) ids.push_back(interrupt.id);
  close_all(out, now, ids);
  finish(out, now, ag_ui_outcome(interrupts), {});
}

void AgUiEncoder::wait_for_calls(std::string& out, Timestamp now,
                                 std::span<const std::string> call_ids) {
  finish(out, now, R"({"type":"success","pendingToolCallIds":)" + json_texts(call_ids) + '}', {});
}

void AgUiEncoder::fail(std::string& out, Timestamp now, std::string_view message,
                       std::string_view code) {
  append_ag_ui_line(out, "RUN_ERROR", now, {}, [&](JsonMembers& members) {
    members.text("message", message).text_if("code", code);
    if (!usage_.empty()) members.raw("usage", usage_.json());
  });
  end_run();
}

void AgUiEncoder::end_run() {
  root_.end();
  open_ = AgUiOpen();
  shown_messages_.clear();
  calls_with_arguments_.clear();
  known_results_.clear();
  requests_.clear();
  newest_messages_.clear();
  new_calls_.clear();
  usage_ = AgUiUsage();
}

}  // namespace strandbus::detail
