#include "wire/completer_step.hpp"
#include "wire/line_fault.hpp"

#include <algorithm>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::string_view untold = "the trace does not say how this ended";

/// A step's id is its number and the key of its workflow.
std::string_view workflow_of(std::string_view step_id) {
  return step_id.substr(step_id.find('\n') + 1);
}

auto find_part(auto& parts, std::string_view id) {
  return std::ranges::find_if(parts, [&](const auto& part) { return part.id == id; });
}

}  // namespace

// Tools.

void TraceCompleter::Step::operator()(const ApprovalRequested& p) const {
  if (const auto open = find_part(run->approvals, p.approval_id); open != run->approvals.end())
    self.close_approval(*run, Part(*open));
  run->approvals.push_back({p.approval_id, p.call_id, self.fresh_place(*run, &event)});
  say(p, run->approvals.back().place);
}

void TraceCompleter::Step::operator()(const ApprovalResolved& p) const {
  auto open = find_part(run->approvals, p.approval_id);
  if (open == run->approvals.end()) {
    run->approvals.push_back({p.approval_id, p.call_id, self.fresh_place(*run, &event)});
    open = std::prev(run->approvals.end());
    self.put(*run, ApprovalRequested{.approval_id = p.approval_id, .call_id = p.call_id},
             open->place);
  }
  const Part part = *open;
  run->approvals.erase(open);
  ApprovalResolved resolved = p;
  resolved.call_id = part.name;
  say(std::move(resolved), part.place);
}

void TraceCompleter::Step::operator()(const ToolCallStarted& p) const {
  if (const auto open = find_part(run->calls, p.call_id); open != run->calls.end())
    self.close_call(*run, Part(*open));
  run->calls.push_back({p.call_id, p.tool_name, self.fresh_place(*run, &event)});
  ++run->tool_calls;
  ToolCallStarted started = p;
  const auto asked = std::ranges::find(run->asked, p.call_id, &ToolCall::call_id);
  if (started.arguments.is_null() && asked != run->asked.end())
    started.arguments = asked->arguments;
  say(std::move(started), run->calls.back().place);
}

/// The call that runs; put in if the trace does not say that it has started.
TraceCompleter::Part& TraceCompleter::Step::open_call(const std::string& call_id,
                                                      const std::string& tool_name) const {
  const auto open = find_part(run->calls, call_id);
  if (open != run->calls.end()) return *open;
  const auto asked = std::ranges::find(run->asked, call_id, &ToolCall::call_id);
  const bool known = asked != run->asked.end();
  const std::string name = tool_name.empty() && known ? asked->tool_name : tool_name;
  run->calls.push_back({call_id, name, self.fresh_place(*run, &event)});
  ++run->tool_calls;
  ToolCallStarted started{.tool_name = name, .call_id = call_id};
  if (known) started.arguments = asked->arguments;
  self.put(*run, std::move(started), run->calls.back().place);
  return run->calls.back();
}

template <class T>
void TraceCompleter::Step::inside_call(T payload) const {
  std::string name;
  if constexpr (requires { payload.tool_name; }) name = payload.tool_name;
  const Place place = open_call(payload.call_id, name).place;
  say(std::move(payload), place);
}

void TraceCompleter::Step::operator()(const ToolOutput& p) const { inside_call(p); }
void TraceCompleter::Step::operator()(const BashStarted& p) const { inside_call(p); }
void TraceCompleter::Step::operator()(const BashExecuted& p) const { inside_call(p); }
void TraceCompleter::Step::operator()(const CellExecuted& p) const { inside_call(p); }

template <class T>
void TraceCompleter::Step::end_call(T payload) const {
  const Part call = open_call(payload.call_id, payload.tool_name);
  std::erase_if(run->calls, [&](const Part& part) { return part.id == call.id; });
  payload.tool_name = call.name;
  say(std::move(payload), call.place);
}

void TraceCompleter::Step::operator()(const ToolCallCompleted& p) const { end_call(p); }
void TraceCompleter::Step::operator()(const ToolCallCancelled& p) const { end_call(p); }

void TraceCompleter::Step::operator()(const ToolCallDenied& p) const {
  if (find_part(run->calls, p.call_id) == run->calls.end()) {
    ToolCallDenied denied = p;
    const auto asked = std::ranges::find(run->asked, p.call_id, &ToolCall::call_id);
    if (denied.tool_name.empty() && asked != run->asked.end()) denied.tool_name = asked->tool_name;
    return say(std::move(denied), self.fresh_place(*run, &event));
  }
  ToolCallCompleted failed;
  failed.tool_name = p.tool_name;
  failed.call_id = p.call_id;
  failed.error = p.reason;
  if (p.error_code != ErrorCode::none) failed.error_code = p.error_code;
  end_call(std::move(failed));
}

// Work of others.

void TraceCompleter::Step::operator()(const SubagentStarted& p) const {
  self.expect_child(*run, p.child_run_id);
  if (const auto open = find_part(run->subagents, p.child_run_id); open != run->subagents.end())
    self.close_subagent(*run, Part(*open));
  Place place = self.fresh_place(*run, &event);
  if (!p.call_id.empty()) {
    // Its span lies in that of the call, which the trace may not have told.
    const bool unknown =
        event.parent_span_id() != 0 && !self.spans_.contains(event.parent_span_id());
    const auto open = find_part(run->calls, p.call_id);
    if (open == run->calls.end() && (unknown || event.span_id() == 0)) {
      Part call{p.call_id, {}, self.fresh_place(*run)};
      if (unknown) call.place.span = event.parent_span_id();
      const auto asked = std::ranges::find(run->asked, p.call_id, &ToolCall::call_id);
      ToolCallStarted started{.call_id = p.call_id};
      if (asked != run->asked.end()) {
        call.name = asked->tool_name;
        started.arguments = asked->arguments;
      }
      started.tool_name = call.name;
      ++run->tool_calls;
      run->calls.push_back(call);
      self.put(*run, std::move(started), call.place);
      if (event.span_id() == 0) place.parent = call.place.span;
    } else if (open != run->calls.end() && event.span_id() == 0) {
      place.parent = open->place.span;
    }
  }
  run->subagents.push_back({p.child_run_id, p.agent, place});
  say(p, place);
}

void TraceCompleter::Step::operator()(const SubagentFinished& p) const {
  self.expect_child(*run, p.child_run_id);
  if (find_part(run->subagents, p.child_run_id) == run->subagents.end()) {
    run->subagents.push_back({p.child_run_id, p.agent, self.fresh_place(*run, &event)});
    self.put(*run, SubagentStarted{.agent = p.agent, .child_run_id = p.child_run_id},
             run->subagents.back().place);
  }
  self.end_child(p.child_run_id, p.outcome);
  const auto open = find_part(run->subagents, p.child_run_id);
  const Part part = *open;
  run->subagents.erase(open);
  SubagentFinished finished = p;
  finished.agent = part.name;
  if (const auto ended = self.ended_.find(p.child_run_id); ended != self.ended_.end())
    finished.outcome = ended->second.outcome;
  say(std::move(finished), part.place);
}

/// The run that has started a task, which may be another one than the run that says so.
TraceCompleter::Run& TraceCompleter::Step::owner_of_task(const std::string& task_id) const {
  for (auto& [id, other] : self.runs_) {
    if (find_part(other.tasks, task_id) != other.tasks.end()) return other;
  }
  return *run;
}

void TraceCompleter::Step::operator()(const BackgroundTaskStarted& p) const {
  Run& owner = owner_of_task(p.task_id);
  if (const auto open = find_part(owner.tasks, p.task_id); open != owner.tasks.end())
    self.close_task(owner, Part(*open));
  run->tasks.push_back({p.task_id, p.name, self.fresh_place(*run, &event)});
  say(p, run->tasks.back().place);
}

template <class T>
void TraceCompleter::Step::end_task(T payload) const {
  Run& owner = owner_of_task(payload.task_id);
  if (find_part(owner.tasks, payload.task_id) == owner.tasks.end()) {
    owner.tasks.push_back({payload.task_id, payload.name, self.fresh_place(owner, &event)});
    self.put(
        owner,
        BackgroundTaskStarted{
            .task_id = payload.task_id, .name = payload.name, .child_run_id = payload.child_run_id},
        owner.tasks.back().place);
  }
  const auto open = find_part(owner.tasks, payload.task_id);
  const Part part = *open;
  owner.tasks.erase(open);
  payload.name = part.name;
  say(std::move(payload), part.place);
}

void TraceCompleter::Step::operator()(const BackgroundTaskFinished& p) const {
  BackgroundTaskFinished finished = p;
  self.expect_child(*run, p.child_run_id);
  if (const auto outcome = to_outcome(p.outcome)) {
    self.end_child(p.child_run_id, *outcome);
    if (const auto ended = self.ended_.find(p.child_run_id); ended != self.ended_.end())
      finished.outcome = to_task_outcome(ended->second.outcome);
  }
  end_task(std::move(finished));
}

void TraceCompleter::Step::operator()(const BackgroundTaskCancelled& p) const { end_task(p); }

// Workflows.

void TraceCompleter::Step::expect_few_workflows() const {
  constexpr std::size_t most = 4096;
  if (self.workflows_.size() + self.steps_.size() >= most)
    fail_line("more than " + std::to_string(most) + " workflows and steps have no end");
}

std::string TraceCompleter::Step::workflow_key(const std::string& workflow) const {
  return std::to_string(workflow.size()) + ':' + workflow + event.context().workflow_id;
}

TraceCompleter::Part& TraceCompleter::Step::open_workflow(const std::string& workflow) const {
  const std::string key = workflow_key(workflow);
  const auto open = find_part(self.workflows_, key);
  if (open != self.workflows_.end()) return *open;
  expect_few_workflows();
  self.workflows_.push_back({key, workflow, {self.fresh_span(), 0, 0}});
  RunContext workflow_context = *this->context();
  if (!self.workflow_ids_.contains(workflow_context.parent_workflow_id))
    workflow_context.parent_workflow_id.clear();
  self.workflow_ids_.insert(workflow_context.workflow_id);
  self.emit(StreamEvent(WorkflowStarted{.workflow = workflow}),
            std::make_shared<const RunContext>(std::move(workflow_context)),
            self.workflows_.back().place, false);
  return self.workflows_.back();
}

void TraceCompleter::Step::operator()(const WorkflowStarted& p) const {
  const std::string key = workflow_key(p.workflow);
  if (find_part(self.workflows_, key) != self.workflows_.end()) {
    StreamEvent again(WorkflowCancelled{.workflow = p.workflow, .reason = std::string(untold)},
                      event.shared_context());
    Step{self, again, run}(*again.get_if<WorkflowCancelled>());
  }
  expect_few_workflows();
  Place place = own_place();
  if (place.span == 0) place.span = self.fresh_span();
  self.workflows_.push_back({key, p.workflow, place});
  RunContext workflow_context = *this->context();
  if (!self.workflow_ids_.contains(workflow_context.parent_workflow_id))
    workflow_context.parent_workflow_id.clear();
  self.workflow_ids_.insert(workflow_context.workflow_id);
  self.emit(event, std::make_shared<const RunContext>(std::move(workflow_context)), place, true);
}

void TraceCompleter::Step::close_step(const Part& step) const {
  WorkflowStepCancelled cancelled;
  cancelled.step = std::stoll(step.id);  // which begins with it
  const auto workflow = find_part(self.workflows_, workflow_of(step.id));
  if (workflow != self.workflows_.end()) cancelled.workflow = workflow->name;
  cancelled.step_name = step.name;
  cancelled.reason = untold;
  self.emit(StreamEvent(std::move(cancelled)), context(), step.place, false);
}

template <class T>
void TraceCompleter::Step::end_workflow(const T& payload) const {
  const Part workflow = open_workflow(payload.workflow);
  for (const Part& step : Parts(self.steps_)) {
    if (workflow_of(step.id) != workflow.id) continue;
    close_step(step);
    std::erase_if(self.steps_, [&](const Part& part) { return part.id == step.id; });
  }
  std::erase_if(self.workflows_, [&](const Part& part) { return part.id == workflow.id; });
  say(payload, workflow.place);
}

void TraceCompleter::Step::operator()(const WorkflowCompleted& p) const { end_workflow(p); }
void TraceCompleter::Step::operator()(const WorkflowFailed& p) const { end_workflow(p); }
void TraceCompleter::Step::operator()(const WorkflowCancelled& p) const { end_workflow(p); }

void TraceCompleter::Step::operator()(const WorkflowStepStarted& p) const {
  expect_few_workflows();
  const Part workflow = open_workflow(p.workflow);
  const std::string id = std::to_string(p.step) + '\n' + workflow.id;
  if (const auto open = find_part(self.steps_, id); open != self.steps_.end()) {
    close_step(Part(*open));
    self.steps_.erase(open);
  }
  Place place = own_place();
  if (place.span == 0) place = {self.fresh_span(), workflow.place.span, 0};
  self.steps_.push_back({id, p.step_name, place});
  say(p, place);
}

template <class T>
void TraceCompleter::Step::end_step(T payload) const {
  const std::string id = std::to_string(payload.step) + '\n' + workflow_key(payload.workflow);
  if (find_part(self.steps_, id) == self.steps_.end()) {
    StreamEvent start(
        WorkflowStepStarted{
            .workflow = payload.workflow, .step = payload.step, .step_name = payload.step_name},
        event.shared_context());
    const Part workflow = open_workflow(payload.workflow);
    const Place place{self.fresh_span(), workflow.place.span, 0};
    self.steps_.push_back({id, payload.step_name, place});
    self.emit(std::move(start), context(), place, false);
  }
  const auto open = find_part(self.steps_, id);
  const Part part = *open;
  self.steps_.erase(open);
  payload.step_name = part.name;
  say(std::move(payload), part.place);
}

void TraceCompleter::Step::operator()(const WorkflowStepCompleted& p) const { end_step(p); }
void TraceCompleter::Step::operator()(const WorkflowStepFailed& p) const { end_step(p); }
void TraceCompleter::Step::operator()(const WorkflowStepCancelled& p) const { end_step(p); }

}  // namespace strandbus::detail
