#include "server/address_limits.hpp"

#include <algorithm>

namespace strandbus::detail {
namespace {

/// What is counted as one.
asio::ip::address counted(const asio::ip::address& address) {
  if (address.is_v4()) return address;
  const auto v6 = address.to_v6();
  if (v6.is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, v6);
  auto bytes = v6.to_bytes();
  if (!v6.is_loopback()) std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
  return asio::ip::address_v6(bytes);
}

}  // namespace

void AddressLimits::refill(Entry& entry, Clock::time_point now) const {
  const double rate = static_cast<double>(rate_);
  const std::chrono::duration<double> passed = now - entry.filled_at;
  entry.requests = std::min(2 * rate, entry.requests + std::max(0.0, passed.count()) * rate);
  entry.filled_at = std::max(entry.filled_at, now);
}

/// The address's entry, new with a full bucket.
AddressLimits::Entry& AddressLimits::entry(const asio::ip::address& address,
                                           Clock::time_point now) {
  if (entries_.size() >= forget_at_) forget_quiet(now);
  const auto [found, is_new] = entries_.try_emplace(address);
  if (is_new) {
    found->second.requests = 2 * static_cast<double>(rate_);
    found->second.filled_at = now;
  }
  return found->second;
}

/// Who has no connection and a full bucket is like somebody who never came.
void AddressLimits::forget_quiet(Clock::time_point now) {
  const double full = 2 * static_cast<double>(rate_);
  for (auto at = entries_.begin(); at != entries_.end();) {
    refill(at->second, now);
    const bool quiet = at->second.connections == 0 && at->second.requests >= full;
    at = quiet ? entries_.erase(at) : std::next(at);
  }
  forget_at_ = std::max<std::size_t>(1024, 2 * entries_.size());
}

bool AddressLimits::add_connection(const asio::ip::address& address, Clock::time_point now) {
  const asio::ip::address who = counted(address);
  if (who.is_loopback()) return true;
  const std::lock_guard lock(mutex_);
  Entry& known = entry(who, now);
  if (known.connections >= max_connections_) return false;
  ++known.connections;
  return true;
}

void AddressLimits::remove_connection(const asio::ip::address& address, Clock::time_point now) {
  const asio::ip::address who = counted(address);
  if (who.is_loopback()) return;
  const std::lock_guard lock(mutex_);
  Entry& known = entry(who, now);
  if (known.connections > 0) --known.connections;
}

bool AddressLimits::take_request(const asio::ip::address& address, Clock::time_point now) {
  const asio::ip::address who = counted(address);
  if (rate_ == 0 || who.is_loopback()) return true;
  const std::lock_guard lock(mutex_);
  Entry& known = entry(who, now);
  refill(known, now);
  if (known.requests < 1) return false;
  known.requests -= 1;
  return true;
}

std::size_t AddressLimits::remembered() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace strandbus::detail
