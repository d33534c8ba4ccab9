#pragma once

// What the threads of a bus meet at. The bus is written in these names so that one test can put
// itself between any two steps of it: that test compiles these sources with its own definitions and
// decides which thread takes the next step.

#ifdef STRANDBUS_INTERLEAVE

#include "bus/interleave/sync.hpp"

#else

#include <atomic>
#include <mutex>
#include <thread>

namespace strandbus::detail::sync {

using Mutex = std::mutex;
template <class T>
using Atomic = std::atomic<T>;

/// Lets another thread run.
inline void yield() noexcept { std::this_thread::yield(); }

}  // namespace strandbus::detail::sync

#endif
