#include "background_task.hpp"

#include "agent_below.hpp"
#include "task_pool.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/prefer.hpp>

#include <utility>

namespace strandbus::detail {
namespace {

TaskState state_of(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::completed: return TaskState::completed;
    case Outcome::failed: return TaskState::failed;
    case Outcome::cancelled: return TaskState::cancelled;
  }
  return TaskState::failed;
}

std::chrono::milliseconds since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               start);
}

}  // namespace

Result<std::uint64_t> BackgroundTask::publish_start() {
  const BackgroundTaskInfo& info = parts_.info;
  BackgroundTaskStarted started;
  started.task_id = info.task_id;
  started.name = info.name;
  started.child_run_id = info.child_run_id;
  auto published = parts_.publisher.publish(std::move(started));
  if (!published) parts_.info.state = TaskState::failed;
  return published;
}

void BackgroundTask::begin() {
  if (parts_.info.state != TaskState::waiting) return;
  parts_.info.state = TaskState::running;
  started_ = Clock::now();
  start_below(parts_.core, parts_.info.child_run_id, std::move(parts_.prompt),
              [self = shared_from_this()](error_code ec, const RunResult& run) {
                self->on_run_ended(ec, run);
              });
  keeps_running_ = nullptr;  // its run does
}

bool BackgroundTask::cancel(const std::string& reason) {
  if (ended()) return false;
  if (parts_.info.state == TaskState::running) {
    if (!std::exchange(cancelling_, true)) parts_.core->cancel(reason, CancelWhen::now);
    return true;
  }
  parts_.info.state = TaskState::cancelled;
  parts_.info.error = reason;
  publish_end();
  leave(nullptr);
  return true;
}

void BackgroundTask::detach() {
  BackgroundTaskInfo& info = parts_.info;
  info.detached = true;
  if (info.state == TaskState::waiting)
    keeps_running_ = asio::prefer(strand(), asio::execution::outstanding_work.tracked);
  BackgroundTaskFinished detached;
  detached.task_id = info.task_id;
  detached.name = info.name;
  detached.child_run_id = info.child_run_id;
  detached.outcome = TaskOutcome::detached;
  parts_.publisher.publish(std::move(detached));
}

BackgroundTaskInfo BackgroundTask::info() const {
  BackgroundTaskInfo now = parts_.info;
  if (now.state == TaskState::running) now.running_time = since(started_);
  return now;
}

void BackgroundTask::on_run_ended(error_code ec, const RunResult& run) {
  BackgroundTaskInfo& info = parts_.info;
  const bool ran = !run.run_id.empty();
  info.state = ran ? state_of(run.outcome) : TaskState::failed;
  info.output = run.output;
  info.error = ran ? run.error : "the task did not start: " + ec.message();
  info.running_time = since(started_);
  publish_end();
  leave(ran ? &run : nullptr);
}

void BackgroundTask::publish_end() const {
  const BackgroundTaskInfo& info = parts_.info;
  if (info.detached) return;
  if (info.state == TaskState::cancelled) {
    BackgroundTaskCancelled cancelled;
    cancelled.task_id = info.task_id;
    cancelled.name = info.name;
    cancelled.child_run_id = info.child_run_id;
    cancelled.reason = info.error;
    parts_.publisher.publish(std::move(cancelled));
    return;
  }
  BackgroundTaskFinished finished;
  finished.task_id = info.task_id;
  finished.name = info.name;
  finished.child_run_id = info.child_run_id;
  finished.outcome =
      info.state == TaskState::completed ? TaskOutcome::completed : TaskOutcome::failed;
  parts_.publisher.publish(std::move(finished));
}

/// Gives its place to the next one, and tells whoever waits for it.
void BackgroundTask::leave(const RunResult* run) {
  keeps_running_ = nullptr;
  if (const auto pool = parts_.pool.lock()) pool->release(id());
  if (const auto caller = parts_.caller.lock()) {
    if (run && !parts_.info.detached) caller->note_below(parts_.info.agent, *run);
    caller->tasks().changed();
  }
}

}  // namespace strandbus::detail
