#pragma once

namespace strandbus::detail {

class BusCore;

/// While it exists, the thread is inside a callback of that bus, or where one may be called.
class CallbackScope {
 public:
  explicit CallbackScope(const BusCore& core) noexcept : core_(&core), outer_(innermost) {
    innermost = this;
  }
  ~CallbackScope() { innermost = outer_; }
  CallbackScope(const CallbackScope&) = delete;
  CallbackScope& operator=(const CallbackScope&) = delete;

  /// Whether the calling thread is inside a callback of this bus.
  static bool contains(const BusCore& core) noexcept {
    for (const CallbackScope* scope = innermost; scope; scope = scope->outer_) {
      if (scope->core_ == &core) return true;
    }
    return false;
  }

 private:
  static inline thread_local const CallbackScope* innermost = nullptr;

  const BusCore* core_;
  const CallbackScope* outer_;
};

}  // namespace strandbus::detail
