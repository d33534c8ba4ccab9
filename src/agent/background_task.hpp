#pragma once

#include "agent_core.hpp"
#include "strandbus/agent/background_tasks.hpp"
#include "strandbus/bus/publisher.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace strandbus::detail {

/// A task from its start to its end: a run beside the one that has started it, and the events of
/// that one that tell of it.
///
/// Threads: the strand of the agent that has started it, on which its own agent runs too.
class BackgroundTask : public std::enable_shared_from_this<BackgroundTask> {
 public:
  struct Parts {
    std::shared_ptr<AgentCore> core{};  ///< who works on it
    std::weak_ptr<AgentCore> caller{};  ///< who has started it
    std::weak_ptr<TaskPool> pool{};     ///< that gives places
    Publisher publisher{};              ///< of the caller's run, in a span of the task's own
    std::string prompt{};
    WhenRunEnds when_run_ends{};
    BackgroundTaskInfo info{};
  };

  explicit BackgroundTask(Parts parts) : parts_(std::move(parts)) {}

  /// Tells that the task was accepted. If that is refused, the task is over.
  Result<std::uint64_t> publish_start();

  /// It has a place: its run begins, unless it was cancelled meanwhile.
  void begin();

  /// False if it has ended.
  bool cancel(const std::string& reason);

  /// Lets it go on after the run that has started it.
  void detach();

  BackgroundTaskInfo info() const;
  const std::string& id() const noexcept { return parts_.info.task_id; }
  const std::string& agent() const noexcept { return parts_.info.agent; }
  /// The run that has started it.
  const std::string& parent_run_id() const noexcept { return parts_.publisher.context().run_id; }
  WhenRunEnds when_run_ends() const noexcept { return parts_.when_run_ends; }
  bool ended() const noexcept { return parts_.info.ended(); }
  /// Whether the run that has started it has to care for its end.
  bool holds_run() const noexcept { return !ended() && !parts_.info.detached; }
  const asio::any_io_executor& strand() const noexcept { return parts_.core->strand(); }

 private:
  using Clock = std::chrono::steady_clock;

  void on_run_ended(error_code ec, const RunResult& run);
  void publish_end() const;
  void leave(const RunResult* run);

  Parts parts_;
  Clock::time_point started_{};
  /// While it waits without a run that does: whoever runs its executor does not stop.
  asio::any_io_executor keeps_running_{};
  bool cancelling_ = false;
};

}  // namespace strandbus::detail
