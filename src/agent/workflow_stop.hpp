#pragma once

#include "strandbus/agent/run_control.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace strandbus::detail {

/// Tells a part of a workflow, and everything inside it, to end. Copies are the same one.
///
/// Threads: the workflow's strand.
class WorkflowStop {
 public:
  using Listener = std::function<void(const std::string& reason, CancelWhen when)>;
  /// While it lives the listener is called.
  using Listening = std::shared_ptr<Listener>;

  WorkflowStop() : state_(std::make_shared<State>()) {}

  /// One that is told what this one is, and may be told alone.
  WorkflowStop below() const;

  /// The first reason counts; a stop after the turn may become one at once.
  void stop(const std::string& reason, CancelWhen when) const;

  bool requested() const noexcept { return state_->requested; }
  bool requested_now() const noexcept {
    return state_->requested && state_->when == CancelWhen::now;
  }
  const std::string& reason() const noexcept { return state_->reason; }

  /// Calls `listener` when this is told to stop; it may be called a second time, with
  /// CancelWhen::now.
  [[nodiscard]] Listening listen(Listener listener) const;

 private:
  struct State {
    bool requested = false;
    CancelWhen when = CancelWhen::now;
    std::string reason;
    std::vector<std::weak_ptr<State>> below;
    std::vector<std::weak_ptr<Listener>> listeners;
  };

  explicit WorkflowStop(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}

  std::shared_ptr<State> state_;
};

}  // namespace strandbus::detail
