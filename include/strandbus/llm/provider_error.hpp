#pragma once

#include "strandbus/event/types.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

namespace strandbus {

/// Whether the same request may succeed when it is sent again, going by the code alone: true for
/// network, rate_limit, server_error and interrupted.
bool is_retryable(ErrorCode code) noexcept;

/// Why a model did not answer. Thrown by Provider::async_complete.
///
/// what() is a line for people and may be shown and stored: it says what happened and what to do,
/// and holds no key. Cancellation is not a ProviderError, see Provider.
///
/// Threads: distinct objects.
class ProviderError : public std::runtime_error {
 public:
  /// What a provider may know about a failure besides its code and its text.
  struct Details {
    std::optional<std::int64_t> http_status{};               ///< of the answer, if there was one
    std::optional<std::chrono::milliseconds> retry_after{};  ///< the server asked to wait this long
    std::optional<bool>
        retryable{};  ///< what the server said about it; wins over is_retryable(code)
  };

  ProviderError(ErrorCode code, const std::string& message)
      : ProviderError(code, message, Details{}) {}
  ProviderError(ErrorCode code, const std::string& message, const Details& details);

  /// One of the model codes of ErrorCode, never none, cancelled or an E_ code.
  ErrorCode code() const noexcept { return code_; }
  std::optional<std::int64_t> http_status() const noexcept { return details_.http_status; }
  std::optional<std::chrono::milliseconds> retry_after() const noexcept {
    return details_.retry_after;
  }
  /// Whether sending the same request again makes sense.
  bool retryable() const noexcept { return details_.retryable.value_or(is_retryable(code_)); }

 private:
  ErrorCode code_;
  Details details_;
};

}  // namespace strandbus
