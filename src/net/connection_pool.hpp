#pragma once

#include "net/connection.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

namespace strandbus::detail {

/// Connections that wait for their next request.
///
/// Nothing is pending on them, so that they keep no context running. What the server has ended, and
/// what has waited for too long, is found and closed whenever the pool is used.
/// Threads: any thread.
/// Lifetime: any; an execution context that ends takes its connections along.
class ConnectionPool {
 public:
  using Clock = std::chrono::steady_clock;

  struct Limits {
    std::size_t per_origin;
    Clock::duration idle_time;
  };

  static constexpr std::size_t max_idle = 64;  ///< of all origins together; the oldest goes first

  explicit ConnectionPool(const Limits& limits)
      : limits_(limits), shelf_(std::make_shared<Shelf>()) {}
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;
  ~ConnectionPool();

  /// The newest connection to this origin that operations of this executor's context may use, and
  /// that nothing is known against; null if there is none.
  std::shared_ptr<Connection> take(const std::string& origin, const asio::any_io_executor& executor,
                                   Clock::time_point now);

  /// Keeps a connection on which nobody waits.
  void put(const std::string& origin, std::shared_ptr<Connection> connection,
           Clock::time_point now);

  void clear();
  std::size_t size() const;

  struct Idle {
    std::string origin;
    Clock::time_point since;
    std::shared_ptr<Connection> connection;
  };

  /// Where the connections are: of the pool, and of the contexts that have some here. They are
  /// closed under the mutex, so that no context can end while one of its sockets is being closed by
  /// another thread.
  struct Shelf {
    std::mutex mutex;
    std::deque<Idle> idle;  ///< the oldest first
    bool closed = false;    ///< the pool is gone
  };

 private:
  void sweep(Clock::time_point now);
  void make_room(const std::string& origin);

  const Limits limits_;
  const std::shared_ptr<Shelf> shelf_;
};

}  // namespace strandbus::detail
