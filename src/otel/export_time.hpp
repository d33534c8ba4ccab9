#pragma once

#include "strandbus/error.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>

namespace strandbus::detail {

/// One who waits. Threads: one strand, that of the executor that it was made with.
class ExportWait {
 public:
  using Time = std::chrono::steady_clock::time_point;

  ExportWait() = default;
  ExportWait(const ExportWait&) = delete;
  ExportWait& operator=(const ExportWait&) = delete;
  virtual ~ExportWait() = default;

  /// Returns at this time, when it is woken, or when it is cancelled.
  virtual asio::awaitable<void> async_wait(Time until) = 0;
  virtual void wake() = 0;
};

/// Time as an exporter sees it.
class ExportTime {
 public:
  using Time = ExportWait::Time;

  ExportTime() = default;
  ExportTime(const ExportTime&) = delete;
  ExportTime& operator=(const ExportTime&) = delete;
  virtual ~ExportTime() = default;

  /// Threads: any thread.
  virtual Time now() const = 0;
  virtual std::unique_ptr<ExportWait> make_wait(const asio::any_io_executor& executor) = 0;
};

/// The real one.
std::shared_ptr<ExportTime> make_steady_time();

}  // namespace strandbus::detail
