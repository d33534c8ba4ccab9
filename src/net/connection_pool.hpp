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
class ConnectionPool : public std::enable_shared_from_this<ConnectionPool> {
 public:
  using Clock = std::chrono::steady_clock;

  struct Limits {
    std::size_t per_origin;
    Clock::duration idle_time;
  };

  static constexpr std::size_t max_idle = 64;  ///< of all origins together; the oldest goes first

  explicit ConnectionPool(const Limits& limits) : limits_(limits) {}

  /// The newest connection to this origin that operations of this executor's context may use, and
  /// that nothing is known against; null if there is none.
  std::shared_ptr<Connection> take(const std::string& origin, const asio::any_io_executor& executor,
                                   Clock::time_point now);

  /// Keeps a connection on which nobody waits.
  void put(const std::string& origin, std::shared_ptr<Connection> connection,
           Clock::time_point now);

  void clear();
  /// Closes the connections of a context that ends.
  void drop(const asio::execution_context& context);
  std::size_t size() const;

 private:
  struct Idle {
    std::string origin;
    Clock::time_point since;
    std::shared_ptr<Connection> connection;
  };

  void sweep(Clock::time_point now);
  void make_room(const std::string& origin);

  const Limits limits_;
  mutable std::mutex mutex_;
  std::deque<Idle> idle_;  ///< the oldest first; closed under the mutex, so that no context can end
                           ///< while one of its sockets is being closed elsewhere
};

}  // namespace strandbus::detail
