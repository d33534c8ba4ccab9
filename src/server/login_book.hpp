#pragma once

#include <chrono>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// Whether two texts are equal, in a time that does not depend on where they differ.
bool equal_secrets(std::string_view a, std::string_view b);

/// 32 random bytes in hexadecimal. Errors: throws std::runtime_error when there is no randomness.
std::string random_secret();

/// The one-time links that were given out, and the browsers that came in by one.
///
/// Threads: any thread.
class LoginBook {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr std::chrono::minutes code_lifetime{5};
  static constexpr std::size_t max_codes = 16;
  static constexpr std::size_t max_logins = 64;

  /// A code that works once, for five minutes. Beyond 16 the oldest one ends.
  std::string new_code(Clock::time_point now);

  /// What the browser's cookie holds from now on; nothing for a code that is not known, was used,
  /// or is too old. Beyond 64 the oldest login ends.
  std::optional<std::string> redeem(std::string_view code, Clock::time_point now);

  bool is_login(std::string_view cookie_value) const;

 private:
  struct Code {
    std::string text;
    Clock::time_point end;
  };

  mutable std::mutex mutex_;
  std::deque<Code> codes_;
  std::deque<std::string> logins_;
};

}  // namespace strandbus::detail
