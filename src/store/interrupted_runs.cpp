#include "store/interrupted_runs.hpp"

#include "event/saturating_sum.hpp"
#include "strandbus/event/event_id.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::string_view unknown_result =
    "The call was interrupted; whether it ran, and its result, are unknown.";
constexpr std::string_view not_approved =
    "The call was interrupted while it waited for an approval; it did not run.";

std::int64_t milliseconds_between(Timestamp from, Timestamp to) {
  const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(to - from).count();
  return std::max<std::int64_t>(0, time);
}

Outcome outcome_of(EventType terminal) noexcept {
  switch (terminal) {
    case EventType::run_completed: return Outcome::completed;
    case EventType::run_cancelled: return Outcome::cancelled;
    default: return Outcome::failed;
  }
}

/// An event that ends what `start` has started.
template <class Payload>
StreamEvent end_of(const StreamEvent& start, Payload payload) {
  StreamEvent end(std::move(payload), start.shared_context());
  end.set_turn(start.turn()).set_span(start.span_id(), start.parent_span_id());
  return end;
}

/// Makes the end of one part from its start.
struct EndMaker {
  const StreamEvent& start;
  Timestamp now;
  const Usage& turn_usage;
  const std::map<std::string, Outcome, std::less<>>& children;

  template <class Payload>
  StreamEvent operator()(const Payload&) const {
    return StreamEvent();
  }
  StreamEvent operator()(const TurnStarted& p) const {
    TurnEnded ended;
    ended.turn = p.turn;
    ended.stop_reason = FinishReason::error;
    ended.usage = turn_usage;
    ended.duration_ms = elapsed();
    return end_of(start, std::move(ended));
  }
  StreamEvent operator()(const ModelStarted&) const {
    ModelFailed failed;
    failed.error = InterruptedRuns::reason;
    failed.error_code = ErrorCode::interrupted;
    failed.duration_ms = elapsed();
    return end_of(start, std::move(failed));
  }
  StreamEvent operator()(const ApprovalRequested& p) const {
    ApprovalResolved resolved;
    resolved.approval_id = p.approval_id;
    resolved.call_id = p.call_id;
    resolved.decision = ApprovalDecision::cancelled;
    resolved.reason = InterruptedRuns::reason;
    return end_of(start, std::move(resolved));
  }
  StreamEvent operator()(const ToolCallStarted& p) const {
    ToolCallCancelled cancelled;
    cancelled.tool_name = p.tool_name;
    cancelled.call_id = p.call_id;
    cancelled.reason = InterruptedRuns::reason;
    cancelled.duration_ms = elapsed();
    return end_of(start, std::move(cancelled));
  }
  StreamEvent operator()(const BackgroundTaskStarted& p) const {
    const auto child = children.find(p.child_run_id);
    if (child != children.end() && child->second != Outcome::cancelled) {
      BackgroundTaskFinished finished;
      finished.task_id = p.task_id;
      finished.name = p.name;
      finished.child_run_id = p.child_run_id;
      const bool completed = child->second == Outcome::completed;
      finished.outcome = completed ? TaskOutcome::completed : TaskOutcome::failed;
      return end_of(start, std::move(finished));
    }
    BackgroundTaskCancelled cancelled;
    cancelled.task_id = p.task_id;
    cancelled.name = p.name;
    cancelled.child_run_id = p.child_run_id;
    cancelled.reason = InterruptedRuns::reason;
    return end_of(start, std::move(cancelled));
  }
  StreamEvent operator()(const WorkflowStarted& p) const {
    WorkflowFailed failed;
    failed.workflow = p.workflow;
    failed.error = InterruptedRuns::reason;
    failed.error_code = ErrorCode::interrupted;
    failed.duration_ms = elapsed();
    return end_of(start, std::move(failed));
  }
  StreamEvent operator()(const WorkflowStepStarted& p) const {
    WorkflowStepFailed failed;
    failed.workflow = p.workflow;
    failed.step = p.step;
    failed.step_name = p.step_name;
    failed.error = InterruptedRuns::reason;
    failed.error_code = ErrorCode::interrupted;
    failed.duration_ms = elapsed();
    return end_of(start, std::move(failed));
  }
  StreamEvent operator()(const SubagentStarted& p) const {
    SubagentFinished finished;
    finished.agent = p.agent;
    finished.child_run_id = p.child_run_id;
    const auto child = children.find(p.child_run_id);
    finished.outcome = child == children.end() ? Outcome::failed : child->second;
    return end_of(start, std::move(finished));
  }

  std::int64_t elapsed() const { return milliseconds_between(start.ts(), now); }
};

/// What stands for a secret is no argument that a tool may get.
bool is_redacted(const json::value& arguments) {
  return json::serialize(arguments).find("[redacted") != std::string::npos;
}

StreamEvent answer_to(const StreamEvent& where, const std::string& call_id,
                      std::string_view content) {
  MessageCommitted committed;
  committed.message.id = make_message_id();
  committed.message.role = Role::tool;
  committed.message.content = content;
  committed.message.tool_call_id = call_id;
  return end_of(where, std::move(committed));
}

}  // namespace

/// What each type says about what is open.
struct InterruptedRuns::Visitor {
  OpenRun& run;
  std::vector<Part>& parts;
  const StreamEvent& event;

  template <class Payload>
  void operator()(const Payload&) const {}

  void operator()(const TurnStarted&) const {
    ++run.turns;
    run.turn_usage = Usage{};
    start("turn");
  }
  void operator()(const TurnEnded&) const { end(EventType::turn_started, "turn"); }
  void operator()(const ModelStarted&) const {
    ++run.requests;
    start(std::to_string(event.span_id()));
  }
  void operator()(const ModelCompleted& p) const {
    add_to(run.usage, p.usage);
    add_to(run.turn_usage, p.usage);
    end(EventType::model_started, std::to_string(event.span_id()));
  }
  void operator()(const UsageUpdate& p) const { run.cost = p.cost; }
  void operator()(const ModelFailed&) const {
    end(EventType::model_started, std::to_string(event.span_id()));
  }
  void operator()(const ApprovalRequested& p) const {
    start(p.approval_id);
    // In a turn in which no model was asked, the call is one of the run before, taken up again.
    const bool in_turn =
        std::ranges::find(parts, EventType::turn_started, &Part::type) != parts.end();
    const bool known = std::ranges::find(run.unanswered, p.call_id) != run.unanswered.end();
    if (run.requests == 0 && in_turn && !known) run.unanswered.push_back(p.call_id);
  }
  void operator()(const ApprovalResolved& p) const {
    end(EventType::approval_requested, p.approval_id);
  }
  void operator()(const ToolCallStarted& p) const {
    ++run.calls;
    start(p.call_id);
  }
  void operator()(const ToolCallCompleted& p) const { end_call(p.call_id); }
  void operator()(const ToolCallCancelled& p) const { end_call(p.call_id); }
  void operator()(const SubagentStarted& p) const { start(p.child_run_id); }
  void operator()(const SubagentFinished& p) const {
    end(EventType::subagent_started, p.child_run_id);
  }
  void operator()(const BackgroundTaskStarted& p) const { start(p.task_id); }
  void operator()(const BackgroundTaskFinished& p) const { end_task(p.task_id); }
  void operator()(const BackgroundTaskCancelled& p) const { end_task(p.task_id); }
  void operator()(const WorkflowStarted& p) const { start(workflow_id(p)); }
  void operator()(const WorkflowCompleted& p) const { end_workflow(workflow_id(p)); }
  void operator()(const WorkflowFailed& p) const { end_workflow(workflow_id(p)); }
  void operator()(const WorkflowCancelled& p) const { end_workflow(workflow_id(p)); }
  void operator()(const WorkflowStepStarted& p) const { start(step_id(p)); }
  void operator()(const WorkflowStepCompleted& p) const { end_step(step_id(p)); }
  void operator()(const WorkflowStepFailed& p) const { end_step(step_id(p)); }
  void operator()(const WorkflowStepCancelled& p) const { end_step(step_id(p)); }
  void operator()(const MessageCommitted& p) const {
    if (p.message.role == Role::tool) {
      std::erase(run.unanswered, p.message.tool_call_id);
      return;
    }
    run.unanswered.clear();
    for (const ToolCall& call : p.message.tool_calls) run.unanswered.push_back(call.call_id);
  }

  void start(std::string id) const {
    parts.push_back({.type = event.type(), .id = std::move(id), .start = event});
  }
  void end(EventType start_type, const std::string& id) const {
    std::erase_if(parts,
                  [&](const Part& part) { return part.type == start_type && part.id == id; });
  }
  void end_call(const std::string& call_id) const { end(EventType::tool_call_started, call_id); }
  void end_task(const std::string& id) const { end(EventType::background_task_started, id); }
  void end_workflow(const std::string& id) const { end(EventType::workflow_started, id); }
  void end_step(const std::string& id) const { end(EventType::workflow_step_started, id); }

  /// Several workflows of one name may be open at once.
  template <class Work>
  std::string workflow_id(const Work& p) const {
    return event.context().workflow_id + ':' + p.workflow;
  }
  template <class Step>
  std::string step_id(const Step& p) const {
    return workflow_id(p) + ':' + std::to_string(p.step);
  }
};

InterruptedRuns::OpenRun* InterruptedRuns::run_of(const StreamEvent& event) {
  const auto run = std::ranges::find_if(
      runs_, [&](const OpenRun& open) { return open.start.run_id() == event.run_id(); });
  return run == runs_.end() ? nullptr : &*run;
}

void InterruptedRuns::add(const StreamEvent& event) {
  if (event.is<SessionRestored>()) {  // whoever wrote it has put an end to what was open
    runs_.clear();
    work_.clear();
    return;
  }
  OpenRun none;
  OpenRun* const run = event.run_id().empty() ? &none : run_of(event);
  if (event.is_terminal()) {
    end(event.run_id(), outcome_of(event.type()));
  } else if (run) {
    auto& parts = run == &none ? work_ : run->parts;
    event.visit([&](const auto& payload) { Visitor{*run, parts, event}(payload); });
  } else if (event.is<RunStarted>()) {
    OpenRun opened;
    opened.start = event;
    runs_.push_back(std::move(opened));
  }
}

void InterruptedRuns::end(const std::string& run_id, Outcome outcome) {
  std::erase_if(runs_, [&](const OpenRun& open) { return open.start.run_id() == run_id; });
  if (runs_.empty()) {
    children_.clear();
  } else {
    children_.insert_or_assign(run_id, outcome);
  }
}

/// Ends either the turns or what is inside them.
void InterruptedRuns::end_parts(const std::vector<Part>& parts, bool turns, const Usage& turn_usage,
                                Timestamp now, std::vector<StreamEvent>& ends) const {
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    if ((part->type == EventType::turn_started) == turns)
      ends.push_back(part->start.visit(EndMaker{part->start, now, turn_usage, children_}));
  }
}

void InterruptedRuns::end_run(const OpenRun& run, Timestamp now,
                              std::vector<StreamEvent>& ends) const {
  end_parts(run.parts, false, run.turn_usage, now, ends);
  const auto turn = std::ranges::find(run.parts, EventType::turn_started, &Part::type);
  const StreamEvent& where = turn == run.parts.end() ? run.start : turn->start;
  for (const std::string& call_id : run.unanswered) {
    const bool waited = waiting_call(run, call_id) != nullptr;
    ends.push_back(answer_to(where, call_id, waited ? not_approved : unknown_result));
  }
  end_parts(run.parts, true, run.turn_usage, now, ends);
  RunFailed failed;
  failed.error = reason;
  failed.error_code = ErrorCode::interrupted;
  failed.iterations = run.turns;
  failed.usage = run.usage;
  failed.cost = run.cost;
  failed.llm_calls = run.requests;
  failed.tool_calls = run.calls;
  failed.duration_ms = milliseconds_between(run.start.ts(), now);
  ends.push_back(end_of(run.start, std::move(failed)));
}

/// The question whether a call may run; null if there is none. What is asked while it runs is about
/// its result.
const ApprovalRequested* InterruptedRuns::waiting_call(const OpenRun& run,
                                                       const std::string& call_id) {
  const ApprovalRequested* request = nullptr;
  for (const Part& part : run.parts) {
    if (part.type == EventType::tool_call_started && part.id == call_id) return nullptr;
    const auto* const asked = part.start.get_if<ApprovalRequested>();
    if (asked && asked->call_id == call_id) request = asked;
  }
  return request;
}

std::vector<ApprovalRequested> InterruptedRuns::unapproved() const {
  std::vector<ApprovalRequested> waiting;
  for (const OpenRun& run : runs_) {
    if (run.start.context().depth > 0) continue;
    for (const std::string& call_id : run.unanswered) {
      const ApprovalRequested* const request = waiting_call(run, call_id);
      if (request && !is_redacted(request->arguments)) waiting.push_back(*request);
    }
  }
  return waiting;
}

bool InterruptedRuns::only_waits() const {
  std::size_t approvals = 0;
  for (const OpenRun& run : runs_) {
    for (const Part& part : run.parts) {
      if (part.type == EventType::turn_started) continue;
      if (part.type != EventType::approval_requested) return false;
      ++approvals;
    }
  }
  return approvals > 0 && work_.empty() && approvals == unapproved().size();
}

std::vector<StreamEvent> InterruptedRuns::ends(Timestamp now) const {
  std::vector<StreamEvent> ends;
  // A nested run has started after the one around it.
  for (auto run = runs_.rbegin(); run != runs_.rend(); ++run) end_run(*run, now, ends);
  end_parts(work_, false, Usage{}, now, ends);
  return ends;
}

}  // namespace strandbus::detail
