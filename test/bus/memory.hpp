#pragma once

#include <cstdint>

// The memory of a test program: how much is in use, and what happens when there is none. A program
// that links memory.cpp has its operators new and delete and its aligned_alloc, which Asio uses.

namespace strandbus::test {

/// Bytes that operator new has given and that were not given back. Any thread.
std::int64_t live_bytes() noexcept;

enum class Shortage : std::uint8_t {
  once,     ///< one allocation fails, the following ones succeed
  lasting,  ///< all following ones fail too
};

/// As long as it lives, allocations of the thread that made it fail after the first `successes`.
class MemoryShortage {
 public:
  MemoryShortage(int successes, Shortage kind) noexcept;
  MemoryShortage(const MemoryShortage&) = delete;
  MemoryShortage& operator=(const MemoryShortage&) = delete;
  ~MemoryShortage();

  /// Whether an allocation has failed.
  bool happened() const noexcept;
};

}  // namespace strandbus::test
