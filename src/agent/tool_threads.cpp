#include "agent/tool_threads.hpp"

#include <stdexcept>
#include <string>
#include <utility>

namespace strandbus::detail {

ToolThreads::ToolThreads(ToolRegistryOptions options) : options_(std::move(options)) {
  constexpr std::size_t max_threads = 1024;
  if (options_.threads == 0 || options_.threads > max_threads) {
    throw std::invalid_argument("ToolRegistryOptions::threads is " +
                                std::to_string(options_.threads) + "; allowed: 1 to " +
                                std::to_string(max_threads));
  }
}

ToolThreads::~ToolThreads() {
  stop_.request_stop();
  if (!pool_) return;
  pool_->stop();
  pool_->join();
}

asio::any_io_executor ToolThreads::executor() {
  if (options_.executor) return options_.executor;
  std::call_once(started_, [this] { pool_.emplace(options_.threads); });
  return pool_->get_executor();
}

}  // namespace strandbus::detail
