#include "sink/workflow_depths.hpp"

#include <algorithm>

namespace strandbus::detail {
namespace {

constexpr std::size_t max_open = 1024;  // beyond, what begins is not remembered
constexpr int max_depth = 16;

bool is_work(const StreamEvent& event) noexcept {
  return event.scope() == Scope::workflow || event.scope() == Scope::workflow_step;
}

bool is_end(const StreamEvent& event) noexcept {
  return is_work(event) && event.stage() != Stage::started && event.stage() != Stage::progress;
}

/// Of something whose surroundings are unknown.
int likely_depth(const StreamEvent& event) {
  if (event.context().workflow_id.empty()) return 0;
  const int workflow = event.context().parent_workflow_id.empty() ? 0 : 2;
  if (event.scope() == Scope::workflow) return workflow;
  return event.run_id().empty() ? workflow + 1 : workflow + 2;
}

}  // namespace

void WorkflowDepths::begin(const StreamEvent& event) {
  if (!is_work(event) || event.stage() != Stage::started) return;
  if (event.scope() == Scope::workflow && open_.size() < max_open)
    open_.insert(event.context().workflow_id);
  const int* const around = find(event.parent_span_id());
  const int depth = around ? std::min(*around + 1, max_depth) : likely_depth(event);
  if (event.span_id() != 0 && depths_.size() < max_open) depths_[event.span_id()] = depth;
}

void WorkflowDepths::end(const StreamEvent& event) {
  if (!is_end(event)) return;
  if (event.scope() == Scope::workflow) open_.erase(event.context().workflow_id);
  depths_.erase(event.span_id());
}

int WorkflowDepths::depth(const StreamEvent& event) const {
  if (const int* const own = find(event.span_id())) return is_work(event) ? *own : *own + 1;
  if (const int* const around = find(event.parent_span_id())) return *around + 1;
  return likely_depth(event);
}

void WorkflowDepths::clear() noexcept {
  depths_.clear();
  open_.clear();
}

const int* WorkflowDepths::find(SpanId span) const {
  const auto known = span == 0 ? depths_.end() : depths_.find(span);
  return known == depths_.end() ? nullptr : &known->second;
}

bool ends_root_workflow(const StreamEvent& event) noexcept {
  return event.scope() == Scope::workflow && is_end(event) &&
         event.context().parent_workflow_id.empty();
}

}  // namespace strandbus::detail
