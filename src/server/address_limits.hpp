#pragma once

#include "strandbus/error.hpp"

#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>

namespace strandbus::detail {

/// How much one address takes of the server: its connections, and a bucket of requests that fills
/// up at a constant rate. Loopback is not counted. The addresses of one IPv6 network (/64) are one.
///
/// Threads: any thread.
class AddressLimits {
 public:
  using Clock = std::chrono::steady_clock;

  /// 0 requests per second = no limit of them. Twice as many may come at once.
  AddressLimits(std::size_t max_connections, std::size_t requests_per_second)
      : max_connections_(max_connections), rate_(requests_per_second) {}

  /// Counts a connection, unless the address has as many as it may have.
  bool add_connection(const asio::ip::address& address, Clock::time_point now);
  void remove_connection(const asio::ip::address& address, Clock::time_point now);
  /// Takes a request out of the address's bucket, unless it is empty.
  bool take_request(const asio::ip::address& address, Clock::time_point now);

  /// Addresses about which something must be remembered.
  std::size_t remembered() const;

 private:
  struct Entry {
    std::size_t connections = 0;
    double requests = 0;
    Clock::time_point filled_at{};
  };

  Entry& entry(const asio::ip::address& address, Clock::time_point now);
  void refill(Entry& entry, Clock::time_point now) const;
  void forget_quiet(Clock::time_point now);

  const std::size_t max_connections_;
  const std::size_t rate_;
  mutable std::mutex mutex_;
  std::map<asio::ip::address, Entry> entries_;
  std::size_t forget_at_ = 1024;
};

}  // namespace strandbus::detail
