#pragma once

#include <cstdint>

// What the instrumented sources say to the scheduler. Outside a scheduled run nothing of this does
// anything.

namespace strandbus::interleave {

enum class Access : std::uint8_t { read, write };

/// Whether the calling thread is a virtual thread of a scheduled run.
bool scheduled() noexcept;

/// Lets the others go first; for the body of a loop that waits for them.
void yield() noexcept;

/// Something that threads meet at: a mutex or an atomic.
///
/// Threads: any virtual thread.
class Place {
 public:
  Place() noexcept;
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place();

  /// Before the caller touches this place: another thread may go first.
  void step(Access access) const noexcept;
  /// The caller goes on after a wake_all() or wake_one() that is called later.
  void sleep() const noexcept;
  void wake_all() const noexcept;
  void wake_one() const noexcept;

  // A thread makes the same places in the same order in each execution, but for what depends on the
  // schedule: so a place is known again.
  std::uint32_t creator() const noexcept { return creator_; }
  std::uint32_t ordinal() const noexcept { return ordinal_; }

 private:
  static constexpr std::uint32_t in_use = 0x11AC'E000;

  std::uint32_t creator_ = 0;
  std::uint32_t ordinal_ = 0;
  // Volatile: what a destructor writes would be optimised away.
  volatile std::uint32_t tag_ = in_use;
};

}  // namespace strandbus::interleave
