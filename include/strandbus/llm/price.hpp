#pragma once

#include "strandbus/event/types.hpp"

#include <cstdint>
#include <optional>

namespace strandbus {

/// What the tokens of a model cost, in 10^-12 US dollars per token: 1 USD per million tokens is
/// 1'000'000.
///
/// Integers, so that a cost is exact and the same everywhere.
struct Price {
  std::int64_t input_pico_usd{};
  std::int64_t output_pico_usd{};
  std::optional<std::int64_t> cached_pico_usd{};  ///< input read from a cache; absent = as input
  std::optional<std::int64_t>
      cache_write_pico_usd{};  ///< input written to a cache; absent = as input
  std::optional<std::int64_t> reasoning_pico_usd{};  ///< reasoning; absent = as output
};

/// What this usage costs, rounded half up to a billionth of a dollar. `usage.prompt` holds the
/// cached tokens and `usage.completion` the reasoning tokens, as everywhere. Negative counts are
/// taken as 0; counts and prices above 10^15 as 10^15.
NanoUsd cost_of(const Usage& usage, const Price& price) noexcept;

}  // namespace strandbus
