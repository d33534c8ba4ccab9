#include "net/connection_pool.hpp"

#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

namespace strandbus::detail {
namespace {

/// Part of an execution context: tells the pools that hold its connections when it ends. Sockets
/// must not outlive their context.
class ContextWatch final : public asio::execution_context::service {
 public:
  static asio::execution_context::id id;

  explicit ContextWatch(asio::execution_context& context) : service(context), context_(context) {}

  void add(const std::weak_ptr<ConnectionPool>& pool) {
    const std::lock_guard lock(mutex_);
    std::erase_if(pools_, [](const auto& known) { return known.expired(); });
    const bool known = std::any_of(pools_.begin(), pools_.end(), [&](const auto& other) {
      return !other.owner_before(pool) && !pool.owner_before(other);
    });
    if (!known) pools_.push_back(pool);
  }

 private:
  void shutdown() override {
    for (const auto& weak : pools_) {
      if (const auto pool = weak.lock()) pool->drop(context_);
    }
  }

  asio::execution_context& context_;
  std::mutex mutex_;
  std::vector<std::weak_ptr<ConnectionPool>> pools_;
};

asio::execution_context::id ContextWatch::id;

}  // namespace

std::shared_ptr<Connection> ConnectionPool::take(const std::string& origin,
                                                 const asio::any_io_executor& executor,
                                                 Clock::time_point now) {
  const asio::execution_context& context = asio::query(executor, asio::execution::context);
  const std::lock_guard lock(mutex_);
  sweep(now);
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
  if (const auto pool = weak_from_this(); !pool.expired())
    asio::use_service<ContextWatch>(connection->context()).add(pool);
  const std::lock_guard lock(mutex_);
  sweep(now);
  if (limits_.per_origin == 0 || !connection->is_quiet()) return;
  make_room(origin);
  idle_.push_back({origin, now, std::move(connection)});
}

void ConnectionPool::clear() {
  const std::lock_guard lock(mutex_);
  idle_.clear();
}

std::size_t ConnectionPool::size() const {
  const std::lock_guard lock(mutex_);
  return idle_.size();
}

void ConnectionPool::drop(const asio::execution_context& context) {
  const std::lock_guard lock(mutex_);
  std::erase_if(idle_, [&](const Idle& idle) { return &idle.connection->context() == &context; });
}

void ConnectionPool::sweep(Clock::time_point now) {
  std::erase_if(idle_, [&](const Idle& idle) {
    return now - idle.since >= limits_.idle_time || !idle.connection->is_quiet();
  });
}

void ConnectionPool::make_room(const std::string& origin) {
  const auto same = [&](const Idle& idle) { return idle.origin == origin; };
  const auto count = static_cast<std::size_t>(std::count_if(idle_.begin(), idle_.end(), same));
  auto oldest = idle_.end();
  if (count >= limits_.per_origin) {
    oldest = std::find_if(idle_.begin(), idle_.end(), same);
  } else if (idle_.size() >= max_idle) {
    oldest = idle_.begin();
  }
  if (oldest != idle_.end()) idle_.erase(oldest);
}

}  // namespace strandbus::detail
