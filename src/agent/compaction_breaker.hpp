#pragma once

#include <cstdint>

namespace strandbus::detail {

/// Ends attempts that keep failing. One for each conversation, so that it outlives a run.
///
/// Threads: distinct objects.
class CompactionBreaker {
 public:
  explicit CompactionBreaker(std::int64_t max_failures) noexcept : max_failures_(max_failures) {}

  /// Whether nothing should be tried any more, unless the server demands it.
  bool open() const noexcept { return failures_ >= max_failures_; }
  std::int64_t consecutive_failures() const noexcept { return failures_; }

  /// An attempt has failed; true if it is this failure that opened the breaker.
  bool record_failure() noexcept { return ++failures_ == max_failures_; }
  /// An attempt has succeeded, which closes the breaker.
  void record_success() noexcept { failures_ = 0; }

 private:
  std::int64_t max_failures_;
  std::int64_t failures_ = 0;
};

}  // namespace strandbus::detail
