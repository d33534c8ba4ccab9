#pragma once

#include "asymmetric_barrier.hpp"

#include <atomic>
#include <cstdint>

namespace strandbus::detail {

/// Tells the processor that this thread waits for another one.
inline void pause_briefly() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("isb");
#endif
}

/// A mutex for a few dozen instructions: who finds it taken looks again for a few microseconds
/// before it sleeps, because sleeping and waking take longer than that. Unlocking is a plain store.
class AdaptiveMutex {
 public:
  AdaptiveMutex() = default;
  AdaptiveMutex(const AdaptiveMutex&) = delete;
  AdaptiveMutex& operator=(const AdaptiveMutex&) = delete;

  void lock() noexcept {
    if (!try_lock()) [[unlikely]]
      lock_slowly();
  }

  bool try_lock() noexcept {
    std::uint32_t expected = 0;
    return locked_.compare_exchange_strong(expected, 1, std::memory_order_acquire,
                                           std::memory_order_relaxed);
  }

  [[gnu::always_inline]] void unlock() noexcept {
    locked_.store(0, std::memory_order_release);
    // Pairs with the heavy barrier in lock_slowly(): either the sleeper is seen here, or it sees
    // that the mutex is free.
    AsymmetricBarrier::light();
    if (sleepers_.load(std::memory_order_relaxed) > 0) [[unlikely]]
      wake_one();
  }

 private:
  static constexpr int patience = 100;

  [[gnu::cold]] void wake_one() noexcept {
    // notify_one() does nothing where the library has counted nobody who waits. It must not look
    // before the store of unlock() is seen: whoever counts himself later finds the mutex free.
    AsymmetricBarrier::full();
    locked_.notify_one();
  }

  [[gnu::cold]] void lock_slowly() noexcept {
    for (int i = 0; i < patience; ++i) {
      pause_briefly();
      if (locked_.load(std::memory_order_relaxed) == 0 && try_lock()) return;
    }
    sleepers_.fetch_add(1, std::memory_order_relaxed);
    AsymmetricBarrier::heavy();
    while (!try_lock()) locked_.wait(1, std::memory_order_relaxed);
    sleepers_.fetch_sub(1, std::memory_order_relaxed);
  }

  std::atomic<std::uint32_t> locked_{0};  ///< what sleepers wait for; four bytes: a futex
  std::atomic<std::uint32_t> sleepers_{0};
};

}  // namespace strandbus::detail
