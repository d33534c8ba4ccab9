#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// The one-time links that were given out.
///
/// Threads: any thread.
class LoginBook {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr std::chrono::minutes code_lifetime{5};
  static constexpr std::size_t max_codes = 16;

  /// A code that works once, for five minutes. Beyond 16 the oldest one ends.
  std::string new_code(Clock::time_point now);

  /// Whether the code lets somebody in; false for one that is not known, was used, or is too old.
  bool redeem(std::string_view code, Clock::time_point now);

 private:
  struct Code {
    std::string text;
    Clock::time_point end;
  };

  std::mutex mutex_;
  std::deque<Code> codes_;
};

}  // namespace strandbus::detail
