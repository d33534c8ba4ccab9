#pragma once

#include "net/connection.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <memory>

namespace strandbus::detail {

/// Closes a connection when its time is over, as long as this object lives.
///
/// Threads: one strand, that of the executor.
class Deadline {
 public:
  using Clock = std::chrono::steady_clock;

  /// Never, with Clock::time_point::max().
  Deadline(const asio::any_io_executor& executor, Clock::time_point when,
           const std::shared_ptr<Connection>& connection);
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
  ~Deadline();

  /// Whether it has closed the connection.
  bool expired() const noexcept;

 private:
  struct State;

  std::shared_ptr<State> state_;
};

}  // namespace strandbus::detail
