#pragma once

#include "strandbus/agent/tool_registry.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/thread_pool.hpp>

#include <mutex>
#include <optional>
#include <stop_token>

namespace strandbus::detail {

/// Where plain functions run.
///
/// Threads: any thread; destroyed by none of its own.
class ToolThreads {
 public:
  explicit ToolThreads(ToolRegistryOptions options);
  ToolThreads(const ToolThreads&) = delete;
  ToolThreads& operator=(const ToolThreads&) = delete;
  /// Asks every function that runs to stop, and waits for those on our own threads.
  ~ToolThreads();

  /// Starts our own threads when asked for the first time.
  asio::any_io_executor executor();

  /// Tells a function that nobody will want its result any more.
  std::stop_token stopping() const noexcept { return stop_.get_token(); }

 private:
  ToolRegistryOptions options_;
  std::stop_source stop_;
  std::once_flag started_;
  std::optional<asio::thread_pool> pool_;
};

}  // namespace strandbus::detail
