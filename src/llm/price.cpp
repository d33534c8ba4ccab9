#include "strandbus/llm/price.hpp"

#include <algorithm>
#include <limits>

namespace strandbus {
namespace {

// Four products of two numbers up to 10^15 fit.
__extension__ using Wide = __int128;

std::int64_t bounded(std::int64_t value) noexcept {
  return std::clamp<std::int64_t>(value, 0, 1'000'000'000'000'000);
}

Wide product(std::int64_t tokens, std::int64_t pico_usd) noexcept {
  return static_cast<Wide>(bounded(tokens)) * bounded(pico_usd);
}

}  // namespace

NanoUsd cost_of(const Usage& usage, const Price& price) noexcept {
  const std::int64_t cached = bounded(usage.cached.value_or(0));
  const std::int64_t written = bounded(usage.cache_write.value_or(0));
  const std::int64_t reasoning = bounded(usage.reasoning.value_or(0));

  const Wide pico = product(bounded(usage.prompt) - cached - written, price.input_pico_usd) +
                    product(cached, price.cached_pico_usd.value_or(price.input_pico_usd)) +
                    product(written, price.cache_write_pico_usd.value_or(price.input_pico_usd)) +
                    product(bounded(usage.completion) - reasoning, price.output_pico_usd) +
                    product(reasoning, price.reasoning_pico_usd.value_or(price.output_pico_usd));

  const Wide nano = (pico + 500) / 1000;
  constexpr Wide largest = std::numeric_limits<std::int64_t>::max();
  return {static_cast<std::int64_t>(std::min(nano, largest))};
}

}  // namespace strandbus
