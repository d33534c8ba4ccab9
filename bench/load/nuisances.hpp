#pragma once

#include "load/connection.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace strandbus::load {

/// Clients that no server likes, on a thread of their own. Whoever is cut off comes again.
///
/// Threads: one caller at a time.
class Nuisances {
 public:
  /// How many read everything from the beginning, but one byte a second or nothing; and how many
  /// send what is no request. The target must outlive them.
  Nuisances(const Target& target, std::size_t slow, std::size_t hostile);
  Nuisances(const Nuisances&) = delete;
  Nuisances& operator=(const Nuisances&) = delete;
  ~Nuisances();

  /// Waits until each has done something once.
  void wait_until_all_act();
  std::uint64_t connections() const noexcept { return connections_; }

 private:
  using Clock = std::chrono::steady_clock;
  enum class Kind : std::uint8_t {
    reads_nothing,
    reads_drops,
    half_request,
    garbage,
    huge_header,
    drips_header,
    resets
  };
  struct Client {
    Kind kind = Kind::reads_nothing;
    detail::FileDescriptor socket{};
    unsigned source = 1;
    std::size_t step = 0;  // since it connected
    Clock::time_point next{};
  };

  void work(const std::stop_token& stop);
  void act(Client& client, Clock::time_point now);
  void connect(Client& client);
  /// Goes on; returns after what time, or nothing when this connection is finished with.
  std::chrono::milliseconds go_on(Client& client) const;
  static void leave(Client& client);

  const Target& target_;
  std::vector<Client> clients_;
  std::atomic<std::uint64_t> connections_{0};
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace strandbus::load
