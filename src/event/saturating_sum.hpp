#pragma once

#include "strandbus/event/types.hpp"

#include <cstdint>
#include <limits>
#include <optional>

namespace strandbus::detail {

/// Adds to a sum of numbers that anyone may have written: it stops at the largest number instead of
/// overflowing.
inline void add_to(std::int64_t& sum, std::int64_t value) noexcept {
  if (!__builtin_add_overflow(sum, value, &sum)) return;
  sum = value > 0 ? std::numeric_limits<std::int64_t>::max()
                  : std::numeric_limits<std::int64_t>::min();
}

/// An absent value adds nothing; a sum of nothing stays absent.
inline void add_to(std::optional<std::int64_t>& sum,
                   const std::optional<std::int64_t>& value) noexcept {
  if (!value) return;
  std::int64_t known = sum.value_or(0);
  add_to(known, *value);
  sum = known;
}

inline void add_to(Usage& sum, const Usage& usage) noexcept {
  add_to(sum.prompt, usage.prompt);
  add_to(sum.completion, usage.completion);
  add_to(sum.total, usage.total);
  add_to(sum.cached, usage.cached);
  add_to(sum.cache_write, usage.cache_write);
  add_to(sum.reasoning, usage.reasoning);
}

}  // namespace strandbus::detail
