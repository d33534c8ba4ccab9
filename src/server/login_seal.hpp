#pragma once

#include "server/digest.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// Makes what the cookie of a browser holds that came in by a one-time link, and knows it again
/// without keeping it: logins outlive the process. Whoever changes the server's token ends them
/// all.
///
/// A login is `ID.END.MAC`: a random id, the second (Unix time) from which on it does not count,
/// and HMAC-SHA256 of `ID.END` with a key that is made out of the token, in hexadecimal.
///
/// Threads: any thread.
class LoginSeal {
 public:
  using Clock = std::chrono::system_clock;

  static constexpr std::chrono::hours lifetime{30 * 24};

  explicit LoginSeal(std::string_view token);

  /// A login that counts for 30 days.
  std::string new_login(Clock::time_point now) const;

  bool is_login(std::string_view value, Clock::time_point now) const;

 private:
  std::string mac_of(std::string_view text) const;

  const Sha256 key_;
};

}  // namespace strandbus::detail
