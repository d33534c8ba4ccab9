#pragma once

// What the bus sources are compiled with in test_bus_interleave, in place of the standard mutex and
// atomics: each operation is a step before which the scheduler may let another thread run. Memory
// orders are accepted and treated as sequentially consistent, because one thread runs at a time;
// weaker orders are the business of the thread sanitizer, and so is plain memory: what happens
// between two operations, the counting of references to events included, is part of one step.
// Outside a scheduled run these behave like the standard ones.

#include "bus/interleave/place.hpp"

#include <atomic>
#include <chrono>
#include <mutex>
#include <utility>

namespace strandbus::detail::sync {

class Mutex {
 public:
  void lock() {
    if (!interleave::scheduled()) return mutex_.lock();
    place_.step(interleave::Access::write);
    while (held_) place_.sleep();
    held_ = true;
  }

  bool try_lock() {
    if (!interleave::scheduled()) return mutex_.try_lock();
    place_.step(interleave::Access::write);
    return !std::exchange(held_, true);
  }

  void unlock() {
    if (!interleave::scheduled()) return mutex_.unlock();
    held_ = false;
    place_.wake_all();
  }

 private:
  interleave::Place place_;
  bool held_ = false;  ///< in a scheduled run
  std::mutex mutex_;   ///< outside one
};

template <class T>
class Atomic {
  using Order = std::memory_order;
  static constexpr Order seq_cst = std::memory_order_seq_cst;

 public:
  Atomic() noexcept = default;
  Atomic(T value) noexcept : value_(value) {}  // NOLINT: implicit, as in std::atomic

  T load(Order = seq_cst) const noexcept { return reading().load(); }
  operator T() const noexcept { return load(); }  // NOLINT: implicit, as in std::atomic
  void store(T value, Order = seq_cst) noexcept { writing().store(value); }
  T exchange(T value, Order = seq_cst) noexcept { return writing().exchange(value); }

  T fetch_add(T value, Order = seq_cst) noexcept { return writing().fetch_add(value); }
  T fetch_sub(T value, Order = seq_cst) noexcept { return writing().fetch_sub(value); }
  T fetch_or(T value, Order = seq_cst) noexcept { return writing().fetch_or(value); }
  T fetch_and(T value, Order = seq_cst) noexcept { return writing().fetch_and(value); }

  bool compare_exchange_strong(T& expected, T desired, Order = seq_cst, Order = seq_cst) noexcept {
    return writing().compare_exchange_strong(expected, desired);
  }
  bool compare_exchange_weak(T& expected, T desired, Order = seq_cst, Order = seq_cst) noexcept {
    return writing().compare_exchange_strong(expected, desired);
  }

  /// A sleeping thread looks again only when it is notified, so a forgotten notification shows.
  void wait(T old, Order = seq_cst) const noexcept {
    if (!interleave::scheduled()) return value_.wait(old);
    for (place_.step(interleave::Access::read); value_.load() == old;) place_.sleep();
  }
  void notify_one() noexcept {
    writing().notify_one();
    place_.wake_one();
  }
  void notify_all() noexcept {
    writing().notify_all();
    place_.wake_all();
  }

 private:
  const std::atomic<T>& reading() const noexcept {
    place_.step(interleave::Access::read);
    return value_;
  }
  std::atomic<T>& writing() noexcept {
    place_.step(interleave::Access::write);
    return value_;
  }

  interleave::Place place_;
  std::atomic<T> value_{};
};

// Here one step follows the other.
inline void light_barrier() noexcept {}
inline void heavy_barrier() noexcept {}

inline void pause_until(std::chrono::steady_clock::time_point) noexcept { interleave::yield(); }

/// Lets another thread run.
inline void yield() noexcept { interleave::yield(); }

}  // namespace strandbus::detail::sync
