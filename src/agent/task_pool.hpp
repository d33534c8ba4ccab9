#pragma once

#include "background_task.hpp"
#include "task_queue.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace strandbus::detail {

/// The tasks of a BackgroundTasks that have not ended, whoever has started them.
///
/// Threads: any thread.
class TaskPool {
 public:
  explicit TaskPool(TaskQueue::Limits limits) : queue_(limits) {}

  /// Keeps the task until release(), unless it is refused.
  TaskQueue::Place admit(std::shared_ptr<BackgroundTask> task);

  /// The task has ended. Those that now have a place begin, each on its strand.
  void release(const std::string& task_id);

  void cancel_all(const std::string& reason);

  std::size_t running() const;
  std::size_t waiting() const;

 private:
  mutable std::mutex mutex_;
  TaskQueue queue_;
  std::map<std::string, std::shared_ptr<BackgroundTask>> tasks_;
};

}  // namespace strandbus::detail
