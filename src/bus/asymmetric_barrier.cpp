#include "asymmetric_barrier.hpp"

#ifdef __linux__
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace strandbus::detail {
namespace {

#ifdef __linux__

bool membarrier(int command) noexcept { return syscall(SYS_membarrier, command, 0, 0) == 0; }

bool enlist() noexcept { return membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED); }

bool interrupt() noexcept {
  return membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) ||
         (enlist() && membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED));  // in a forked process
}

#else

bool enlist() noexcept { return false; }
bool interrupt() noexcept { return false; }

#endif

}  // namespace

// Before that is known, say in the initialisation of somebody else's globals, everybody is careful.
std::atomic<bool> AsymmetricBarrier::system_interrupts_{enlist()};

void AsymmetricBarrier::heavy() noexcept {
  if (!interrupt()) system_interrupts_.store(false, std::memory_order_relaxed);
  full();
}

// The thread sanitizer does not know fences; nothing but atomics is ordered by this one.
void AsymmetricBarrier::full() noexcept { std::atomic_thread_fence(std::memory_order_seq_cst); }

}  // namespace strandbus::detail
