#include "task_book.hpp"

#include "background_task.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::size_t most_ended = 100;

}  // namespace

void TaskBook::add(Task task) {
  tasks_.push_back(std::move(task));
  auto ended = std::ranges::count_if(tasks_, [](const Task& known) { return known->ended(); });
  std::erase_if(tasks_, [&](const Task& known) {
    return known->ended() && ended-- > static_cast<std::ptrdiff_t>(most_ended);
  });
}

TaskBook::Task TaskBook::find(const std::string& task_id) const {
  const auto task =
      std::ranges::find_if(tasks_, [&](const Task& known) { return known->id() == task_id; });
  return task == tasks_.end() ? nullptr : *task;
}

std::vector<TaskBook::Task> TaskBook::held_by(const std::string& run_id) const {
  std::vector<Task> held;
  for (const Task& task : tasks_) {
    if (task->holds_run() && task->parent_run_id() == run_id) held.push_back(task);
  }
  return held;
}

void TaskBook::changed() {
  for (asio::steady_timer* timer : waiting_) timer->cancel();
  if (on_change) on_change();
}

asio::awaitable<void> TaskBook::async_change(asio::any_io_executor strand,
                                             Clock::time_point latest) {
  asio::steady_timer timer(std::move(strand), latest);
  struct Entry {
    std::vector<asio::steady_timer*>& list;
    asio::steady_timer* timer;
    ~Entry() { std::erase(list, timer); }
  };
  waiting_.push_back(&timer);
  const Entry entry{waiting_, &timer};
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

}  // namespace strandbus::detail
