#include "task_pool.hpp"

#include <boost/asio/post.hpp>

#include <utility>
#include <vector>

namespace strandbus::detail {

TaskQueue::Place TaskPool::admit(std::shared_ptr<BackgroundTask> task) {
  const std::lock_guard lock(mutex_);
  const TaskQueue::Place place = queue_.add(task->id(), task->agent());
  if (place != TaskQueue::Place::refused) tasks_.emplace(task->id(), std::move(task));
  return place;
}

void TaskPool::release(const std::string& task_id) {
  std::shared_ptr<BackgroundTask> ended;  // is destroyed outside of the lock
  std::vector<std::shared_ptr<BackgroundTask>> begun;
  {
    const std::lock_guard lock(mutex_);
    if (const auto task = tasks_.find(task_id); task != tasks_.end()) {
      ended = std::move(task->second);
      tasks_.erase(task);
    }
    for (const std::string& id : queue_.remove(task_id)) begun.push_back(tasks_.at(id));
  }
  for (auto& task : begun) {
    const auto strand = task->strand();
    asio::post(strand, [next = std::move(task)] { next->begin(); });
  }
}

void TaskPool::cancel_all(const std::string& reason) {
  std::vector<std::shared_ptr<BackgroundTask>> tasks;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, task] : tasks_) tasks.push_back(task);
  }
  for (auto& task : tasks) {
    const auto strand = task->strand();
    asio::post(strand, [cancelled = std::move(task), reason] { cancelled->cancel(reason); });
  }
}

std::size_t TaskPool::running() const {
  const std::lock_guard lock(mutex_);
  return queue_.running();
}

std::size_t TaskPool::waiting() const {
  const std::lock_guard lock(mutex_);
  return queue_.waiting();
}

}  // namespace strandbus::detail
