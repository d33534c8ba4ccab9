#include "task_queue.hpp"

#include <algorithm>

namespace strandbus::detail {

TaskQueue::Place TaskQueue::add(const std::string& task_id, const std::string& agent) {
  // Who waits could not run, or it would: a place that this agent has is nobody else's.
  if (may_run(agent)) {
    run(task_id, agent);
    return Place::runs;
  }
  if (waiting_.size() >= limits_.waiting) return Place::refused;
  waiting_.push_back({.task_id = task_id, .agent = agent});
  return Place::waits;
}

std::vector<std::string> TaskQueue::remove(const std::string& task_id) {
  if (const auto ended = running_.find(task_id); ended != running_.end()) {
    const auto count = of_agent_.find(ended->second);
    if (--count->second == 0) of_agent_.erase(count);
    running_.erase(ended);
  } else {
    std::erase_if(waiting_, [&](const Waiting& task) { return task.task_id == task_id; });
  }
  std::vector<std::string> begun;
  std::erase_if(waiting_, [&](const Waiting& task) {
    if (!may_run(task.agent)) return false;
    run(task.task_id, task.agent);
    begun.push_back(task.task_id);
    return true;
  });
  return begun;
}

bool TaskQueue::may_run(const std::string& agent) const {
  if (running_.size() >= limits_.running) return false;
  const auto count = of_agent_.find(agent);
  return count == of_agent_.end() || count->second < limits_.running_per_agent;
}

void TaskQueue::run(const std::string& task_id, const std::string& agent) {
  running_.emplace(task_id, agent);
  ++of_agent_[agent];
}

}  // namespace strandbus::detail
