#include "sink/workflow_depths.hpp"

#include "strandbus/event/event_type.hpp"

namespace strandbus::detail {
namespace {

constexpr std::size_t max_open = 256;  // beyond, what begins is not remembered
constexpr int max_depth = 16;
constexpr int below_step = 2;  // a workflow, its step, what is inside that

bool is_end(const StreamEvent& event) noexcept {
  const EventType type = event.type();
  return type == EventType::workflow_completed || type == EventType::workflow_failed ||
         type == EventType::workflow_cancelled;
}

}  // namespace

void WorkflowDepths::add(const StreamEvent& event) {
  const RunContext& context = event.context();
  if (event.is<WorkflowStarted>()) {
    const int depth = context.parent_workflow_id.empty()
                          ? 0
                          : depth_of(context.parent_workflow_id, false) + below_step;
    if (depths_.size() < max_open) depths_[context.workflow_id] = depth;
  } else if (is_end(event)) {
    depths_.erase(context.workflow_id);
  }
}

int WorkflowDepths::depth(const StreamEvent& event) const {
  const RunContext& context = event.context();
  if (context.workflow_id.empty()) return 0;
  const int depth = depth_of(context.workflow_id, !context.parent_workflow_id.empty());
  switch (event.scope()) {
    case Scope::workflow: return depth;
    case Scope::workflow_step: return depth + 1;
    default: return event.run_id().empty() ? depth + 1 : depth + below_step;
  }
}

int WorkflowDepths::depth_of(const std::string& workflow_id, bool nested) const {
  const auto known = depths_.find(workflow_id);
  if (known == depths_.end()) return nested ? below_step : 0;
  return known->second < max_depth ? known->second : max_depth;
}

bool ends_root_workflow(const StreamEvent& event) noexcept {
  return is_end(event) && event.context().parent_workflow_id.empty();
}

}  // namespace strandbus::detail
