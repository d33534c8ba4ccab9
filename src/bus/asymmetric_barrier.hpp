#pragma once

#include <atomic>

namespace strandbus::detail {

/// A store that must not be overtaken by a load that follows it, where one thread does this for
/// each event and another one hardly ever: the first calls light_barrier() between the two, which
/// only keeps the compiler from moving them, and the second calls heavy_barrier(), which makes the
/// system interrupt all running threads (membarrier(2)). Where the system cannot, both are full
/// barriers.
class AsymmetricBarrier {
 public:
  static void light() noexcept {
    if (system_interrupts_.load(std::memory_order_relaxed)) {
      std::atomic_signal_fence(std::memory_order_seq_cst);
    } else {
      full();
    }
  }
  static void heavy() noexcept;
  /// For both sides where each may do this often.
  static void full() noexcept;

 private:
  static std::atomic<bool> system_interrupts_;
};

}  // namespace strandbus::detail
