#pragma once

// What the threads of a bus meet at. The bus is written in these names so that one test can put
// itself between any two steps of it: that test compiles these sources with its own definitions and
// decides which thread takes the next step.

#ifdef STRANDBUS_INTERLEAVE

#include "bus/interleave/sync.hpp"

#else

#include "adaptive_mutex.hpp"
#include "asymmetric_barrier.hpp"

#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

namespace strandbus::detail::sync {

using Mutex = AdaptiveMutex;
template <class T>
using Atomic = std::atomic<T>;

/// The two sides of an AsymmetricBarrier.
inline void light_barrier() noexcept { AsymmetricBarrier::light(); }
inline void heavy_barrier() noexcept { AsymmetricBarrier::heavy(); }

/// Keeps this thread busy without touching memory.
inline void pause_until(std::chrono::steady_clock::time_point end) noexcept {
  while (std::chrono::steady_clock::now() < end) pause_briefly();
}

/// Lets another thread run.
inline void yield() noexcept { std::this_thread::yield(); }

}  // namespace strandbus::detail::sync

#endif
