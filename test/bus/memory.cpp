#include "bus/memory.hpp"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <malloc.h>
#include <new>

namespace strandbus::test {
namespace {

enum class State : std::uint8_t { plenty, counting, failed_once, failing };

struct Supply {
  State state = State::plenty;
  Shortage kind = Shortage::once;
  int successes = 0;
};

thread_local Supply supply;
std::atomic<std::int64_t> live{0};

/// Whether the next allocation of this thread fails.
bool fails() noexcept {
  if (supply.state == State::failing) return true;
  if (supply.state != State::counting || supply.successes-- > 0) return false;
  supply.state = supply.kind == Shortage::once ? State::failed_once : State::failing;
  return true;
}

void* aligned(std::size_t alignment, std::size_t size) noexcept {
  void* memory = nullptr;
  if (alignment < sizeof(void*)) alignment = sizeof(void*);
  if (fails() || ::posix_memalign(&memory, alignment, size) != 0) return nullptr;
  return memory;
}

void* allocate(std::size_t size, std::size_t alignment) {
  void* memory = aligned(alignment, size);
  if (!memory) throw std::bad_alloc();
  live.fetch_add(static_cast<std::int64_t>(::malloc_usable_size(memory)),
                 std::memory_order_relaxed);
  return memory;
}

void release(void* memory) noexcept {
  if (!memory) return;
  live.fetch_sub(static_cast<std::int64_t>(::malloc_usable_size(memory)),
                 std::memory_order_relaxed);
  std::free(memory);
}

}  // namespace

std::int64_t live_bytes() noexcept { return live.load(std::memory_order_relaxed); }

MemoryShortage::MemoryShortage(int successes, Shortage kind) noexcept {
  supply = {State::counting, kind, successes};
}

MemoryShortage::~MemoryShortage() { supply = {}; }

bool MemoryShortage::happened() const noexcept { return supply.state != State::counting; }

}  // namespace strandbus::test

void* operator new(std::size_t size) {
  return strandbus::test::allocate(size, alignof(std::max_align_t));
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return strandbus::test::allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { strandbus::test::release(memory); }
void operator delete(void* memory, std::size_t) noexcept { strandbus::test::release(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { strandbus::test::release(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  strandbus::test::release(memory);
}

extern "C" void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  return strandbus::test::aligned(alignment, size);
}
