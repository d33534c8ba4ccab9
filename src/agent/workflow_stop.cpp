#include "workflow_stop.hpp"

#include <utility>

namespace strandbus::detail {

WorkflowStop WorkflowStop::below() const {
  auto state = std::make_shared<State>();
  state->requested = state_->requested;
  state->when = state_->when;
  state->reason = state_->reason;
  std::erase_if(state_->below, [](const auto& weak) { return weak.expired(); });
  state_->below.push_back(state);
  return WorkflowStop(std::move(state));
}

void WorkflowStop::stop(const std::string& reason, CancelWhen when) const {
  if (requested_now() || (requested() && when == CancelWhen::after_turn)) return;
  const auto state = state_;  // whoever is told may let go of this
  if (!state->requested) state->reason = reason;
  state->requested = true;
  state->when = when;
  const auto listeners = state->listeners;  // and may change the lists
  const auto below = state->below;
  for (const auto& weak : listeners) {
    if (const auto listener = weak.lock()) (*listener)(state->reason, when);
  }
  for (const auto& weak : below) {
    if (auto inside = weak.lock()) WorkflowStop(std::move(inside)).stop(state->reason, when);
  }
}

WorkflowStop::Listening WorkflowStop::listen(Listener listener) const {
  auto listening = std::make_shared<Listener>(std::move(listener));
  std::erase_if(state_->listeners, [](const auto& weak) { return weak.expired(); });
  state_->listeners.push_back(listening);
  return listening;
}

}  // namespace strandbus::detail
