#pragma once

#include "strandbus/llm/provider_error.hpp"
#include "strandbus/llm/retrying_provider.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace strandbus::detail {

/// What has happened to a request so far.
struct FailedAttempts {
  std::int64_t count{};                 ///< at least 1
  bool delta_shown{};                   ///< the last one handed over a piece of its answer
  std::chrono::milliseconds elapsed{};  ///< since the first one began
};

/// Throws std::invalid_argument for the first option that cannot be.
void check(const RetryOptions& options);

/// After which delay the request is sent again; no value: not at all. `random` is a number from 0
/// to 1. What the server asks for counts when it is more than 0: "at once" is no plan.
std::optional<std::chrono::milliseconds> retry_delay(const RetryOptions& options,
                                                     const FailedAttempts& failed,
                                                     const ProviderError& error, double random);

}  // namespace strandbus::detail
