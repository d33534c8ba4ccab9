#pragma once

#include <cstddef>
#include <cstdint>
#include <immintrin.h>
#include <pthread.h>
#include <sched.h>
#include <time.h>

namespace strandbus::bench {

inline std::int64_t clock_ns(clockid_t clock) noexcept {
  timespec now{};
  clock_gettime(clock, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

/// Nanoseconds of a clock that never jumps.
inline std::int64_t now_ns() noexcept { return clock_ns(CLOCK_MONOTONIC); }

/// Binds the calling thread to one processor.
inline void pin_to(std::size_t cpu) noexcept {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

enum class Pinned : bool { no, yes };

/// How every contender waits where it must spin: 64 pauses, then the other threads' turn.
class BackOff {
 public:
  void wait() noexcept {
    if (++count_ < 64) {
      _mm_pause();
    } else {
      count_ = 0;
      sched_yield();
    }
  }

 private:
  int count_ = 0;
};

/// Does nothing for a while without giving up the processor.
inline void spin_for(std::int64_t nanoseconds) noexcept {
  for (const std::int64_t end = now_ns() + nanoseconds; now_ns() < end;) _mm_pause();
}

/// Makes the compiler believe that somebody reads this.
template <class T>
void keep(const T& value) noexcept {
  asm volatile("" : : "r,m"(value) : "memory");
}

}  // namespace strandbus::bench
