#pragma once

#include "server/store_pool.hpp"
#include "strandbus/server/session_hub.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <atomic>
#include <cstdint>
#include <memory>

namespace strandbus::detail {

/// What the sessions of a hub share.
struct HubServices {
  asio::any_io_executor executor;
  std::shared_ptr<EventStore> store;
  std::shared_ptr<StorePool> pool;
  SessionFactory factory;
  SessionHubOptions options;
  std::atomic<std::size_t> running{0};
  std::atomic<std::size_t> readers{0};
  std::atomic<std::uint64_t> runs_started{0};
  std::atomic<std::uint64_t> events{0};

  /// Takes a place for a run; false if there is none.
  bool begin_run() noexcept {
    if (running.fetch_add(1) < options.max_runs || options.max_runs == 0) {
      ++runs_started;
      return true;
    }
    --running;
    return false;
  }
  void end_run() noexcept { --running; }
};

}  // namespace strandbus::detail
