#include "wire/ag_ui_root.hpp"

namespace strandbus::detail {
namespace {

/// Of a workflow and of no run in it.
bool is_of_a_workflow(const StreamEvent& event) {
  return event.run_id().empty() && !event.context().workflow_id.empty();
}

const std::string& id_of(const StreamEvent& event) {
  return is_of_a_workflow(event) ? event.context().workflow_id : event.run_id();
}

}  // namespace

AgUiRoot::Place AgUiRoot::place(const StreamEvent& event) {
  const std::string& id = id_of(event);
  if (id.empty()) return Place::outside;
  if (event.context().depth > 0) return shown_ ? Place::inside : Place::outside;
  const bool again = event.is<WorkflowStarted>();  // one that goes on keeps its id
  if (id == ended_id_ && id != id_ && !again) return Place::outside;
  if (shown_ && id_.empty() && !is_of_a_workflow(event)) begin(event);
  if (shown_ && (id == id_ || is_in_workflow(event))) return Place::inside;
  return !shown_ || again || event.is<RunStarted>() ? Place::begins : Place::outside;
}

/// Whether an event belongs to a workflow of what is shown; one that a run starts belongs to the
/// run.
bool AgUiRoot::is_in_workflow(const StreamEvent& event) {
  const RunContext& context = event.context();
  if (context.workflow_id.empty()) return false;
  if (inside_.contains(context.workflow_id)) return true;
  const bool started_by_run = !workflow_ && is_of_a_workflow(event) &&
                              context.parent_workflow_id.empty() && event.is<WorkflowStarted>();
  if (!started_by_run && !inside_.contains(context.parent_workflow_id)) return false;
  inside_.insert(context.workflow_id);
  return true;
}

void AgUiRoot::begin() { shown_ = true; }

void AgUiRoot::begin(const StreamEvent& event) {
  const RunContext& context = event.context();
  shown_ = true;
  workflow_ = is_of_a_workflow(event);
  id_ =
      workflow_ && !context.parent_workflow_id.empty() ? context.parent_workflow_id : id_of(event);
  if (!context.workflow_id.empty()) inside_.insert(context.workflow_id);
  if (workflow_) inside_.insert(id_);
}

void AgUiRoot::end() {
  std::string ended = std::move(id_);
  *this = AgUiRoot();
  ended_id_ = std::move(ended);
}

bool AgUiRoot::is_below(const StreamEvent& event) const {
  return !event.run_id().empty() && event.run_id() != id_;
}

bool AgUiRoot::is_of_workflow(const StreamEvent& event) const {
  return workflow_ && event.run_id().empty() && event.context().workflow_id == id_;
}

}  // namespace strandbus::detail
