#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace strandbus::detail {

namespace asio = boost::asio;

class BackgroundTask;

/// The background tasks of an agent, of this run and of those before: all that have not ended, and
/// the newest of those that have.
///
/// Threads: the agent's strand.
class TaskBook {
 public:
  using Task = std::shared_ptr<BackgroundTask>;
  using Clock = std::chrono::steady_clock;

  void add(Task task);

  /// Null if there is none.
  Task find(const std::string& task_id) const;
  const std::deque<Task>& list() const noexcept { return tasks_; }
  /// Those that this run has started and that it may not end before.
  std::vector<Task> held_by(const std::string& run_id) const;

  /// A task has changed: wakes who waits.
  void changed();

  /// Waits for the next change, at most until then; or until it is cancelled.
  asio::awaitable<void> async_change(asio::any_io_executor strand, Clock::time_point latest);

  /// Is called at every change too.
  std::function<void()> on_change;

 private:
  std::deque<Task> tasks_;
  std::vector<asio::steady_timer*> waiting_;
};

}  // namespace strandbus::detail
