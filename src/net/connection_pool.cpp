#include "net/connection_pool.hpp"

#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

namespace strandbus::detail {
namespace {

/// Part of an execution context: takes its connections out of the pools when it ends. Sockets
/// must not outlive their context.
class ContextWatch final : public asio::execution_context::service {
 public:
  static asio::execution_context::id id;

  explicit ContextWatch(asio::execution_context& context) : service(context), context_(context) {}

  void add(const std::shared_ptr<ConnectionPool::Shelf>& shelf) {
    const std::lock_guard lock(mutex_);
    std::erase_if(shelves_, [](const auto& known) {
      const std::lock_guard inside(known->mutex);
      return known->closed;
    });
    if (std::ranges::find(shelves_, shelf) == shelves_.end()) shelves_.push_back(shelf);
  }

 private:
  void shutdown() override {
    for (const auto& shelf : shelves_) {
      const std::lock_guard lock(shelf->mutex);
      std::erase_if(shelf->idle,
                    [&](const auto& idle) { return &idle.connection->context() == &context_; });
    }
  }

  asio::execution_context& context_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<ConnectionPool::Shelf>> shelves_;
};

asio::execution_context::id ContextWatch::id;

}  // namespace

ConnectionPool::~ConnectionPool() {
  const std::lock_guard lock(shelf_->mutex);
  shelf_->idle.clear();
  shelf_->closed = true;
}

std::shared_ptr<Connection> ConnectionPool::take(const std::string& origin,
                                                 const asio::any_io_executor& executor,
                                                 Clock::time_point now) {
  const asio::execution_context& context = asio::query(executor, asio::execution::context);
  const std::lock_guard lock(shelf_->mutex);
  sweep(now);
  const auto found =
      std::find_if(shelf_->idle.rbegin(), shelf_->idle.rend(), [&](const Idle& idle) {
        return idle.origin == origin && &idle.connection->context() == &context;
      });
  if (found == shelf_->idle.rend()) return nullptr;
  auto connection = std::move(found->connection);
  shelf_->idle.erase(std::next(found).base());
  return connection;
}

void ConnectionPool::put(const std::string& origin, std::shared_ptr<Connection> connection,
                         Clock::time_point now) {
  asio::use_service<ContextWatch>(connection->context()).add(shelf_);
  const std::lock_guard lock(shelf_->mutex);
  sweep(now);
  if (limits_.per_origin == 0 || !connection->is_quiet()) return;
  make_room(origin);
  shelf_->idle.push_back({origin, now, std::move(connection)});
}

void ConnectionPool::clear() {
  const std::lock_guard lock(shelf_->mutex);
  shelf_->idle.clear();
}

std::size_t ConnectionPool::size() const {
  const std::lock_guard lock(shelf_->mutex);
  return shelf_->idle.size();
}

void ConnectionPool::sweep(Clock::time_point now) {
  std::erase_if(shelf_->idle, [&](const Idle& idle) {
    return now - idle.since >= limits_.idle_time || !idle.connection->is_quiet();
  });
}

void ConnectionPool::make_room(const std::string& origin) {
  const auto same = [&](const Idle& idle) { return idle.origin == origin; };
  const auto count =
      static_cast<std::size_t>(std::count_if(shelf_->idle.begin(), shelf_->idle.end(), same));
  auto oldest = shelf_->idle.end();
  if (count >= limits_.per_origin) {
    oldest = std::find_if(shelf_->idle.begin(), shelf_->idle.end(), same);
  } else if (shelf_->idle.size() >= max_idle) {
    oldest = shelf_->idle.begin();
  }
  if (oldest != shelf_->idle.end()) shelf_->idle.erase(oldest);
}

}  // namespace strandbus::detail
