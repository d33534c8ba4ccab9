#include "net/connection_pool.hpp"

#include <boost/asio/execution/context.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace strandbus::detail {

std::shared_ptr<Connection> ConnectionPool::take(const std::string& origin,
                                                 const asio::any_io_executor& executor,
                                                 Clock::time_point now) {
  const asio::execution_context& context = asio::query(executor, asio::execution::context);
  std::deque<Idle> closed;  // outlives the lock
  const std::lock_guard lock(mutex_);
  sweep(now, closed);
  const auto found = std::find_if(idle_.rbegin(), idle_.rend(), [&](const Idle& idle) {
    return idle.origin == origin && &idle.connection->context() == &context;
  });
  if (found == idle_.rend()) return nullptr;
  auto connection = std::move(found->connection);
  idle_.erase(std::next(found).base());
  return connection;
}

void ConnectionPool::put(const std::string& origin, std::shared_ptr<Connection> connection,
                         Clock::time_point now) {
  std::deque<Idle> closed;
  const std::lock_guard lock(mutex_);
  sweep(now, closed);
  if (limits_.per_origin == 0 || !connection->is_quiet()) return;
  make_room(origin, closed);
  idle_.push_back({origin, now, std::move(connection)});
}

void ConnectionPool::clear() {
  std::deque<Idle> closed;
  const std::lock_guard lock(mutex_);
  closed.swap(idle_);
}

std::size_t ConnectionPool::size() const {
  const std::lock_guard lock(mutex_);
  return idle_.size();
}

void ConnectionPool::sweep(Clock::time_point now, std::deque<Idle>& closed) {
  const auto useless = std::stable_partition(idle_.begin(), idle_.end(), [&](const Idle& idle) {
    return now - idle.since < limits_.idle_time && idle.connection->is_quiet();
  });
  std::move(useless, idle_.end(), std::back_inserter(closed));
  idle_.erase(useless, idle_.end());
}

void ConnectionPool::make_room(const std::string& origin, std::deque<Idle>& closed) {
  const auto same = [&](const Idle& idle) { return idle.origin == origin; };
  const auto count = static_cast<std::size_t>(std::count_if(idle_.begin(), idle_.end(), same));
  auto oldest = idle_.end();
  if (count >= limits_.per_origin) {
    oldest = std::find_if(idle_.begin(), idle_.end(), same);
  } else if (idle_.size() >= max_idle) {
    oldest = idle_.begin();
  }
  if (oldest == idle_.end()) return;
  closed.push_back(std::move(*oldest));
  idle_.erase(oldest);
}

}  // namespace strandbus::detail
