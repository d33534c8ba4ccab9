#include "strandbus/event/types.hpp"

#include "event/fixed_text.hpp"

#include <array>
#include <charconv>

namespace strandbus {

std::string_view to_string(ErrorCode value) noexcept { return wire_name(value); }
std::string_view to_string(FinishReason value) noexcept { return wire_name(value); }
std::string_view to_string(AgentStatus value) noexcept { return wire_name(value); }
std::string_view to_string(Role value) noexcept { return wire_name(value); }

namespace detail {

char* write_nano_usd(char* out, NanoUsd amount) noexcept {
  constexpr std::uint64_t nanos_per_dollar = 1'000'000'000;
  auto magnitude = static_cast<std::uint64_t>(amount.value);
  if (amount.value < 0) {
    *out++ = '-';
    magnitude = 0 - magnitude;  // Unsigned, so that the smallest value has a magnitude too.
  }
  out = std::to_chars(out, out + 10, magnitude / nanos_per_dollar).ptr;
  std::uint64_t fraction = magnitude % nanos_per_dollar;
  if (fraction == 0) return out;
  *out++ = '.';
  int width = 9;
  for (; fraction % 10 == 0; fraction /= 10) --width;
  for (int i = width - 1; i >= 0; --i, fraction /= 10)
    out[i] = static_cast<char>('0' + fraction % 10);
  return out + width;
}

}  // namespace detail

std::string to_string(NanoUsd amount) {
  std::array<char, detail::nano_usd_size> text;
  return {text.data(), detail::write_nano_usd(text.data(), amount)};
}

namespace {

// Absent plus absent stays absent: a provider that says nothing about caching has not cached 0.
void add(std::optional<std::int64_t>& sum, const std::optional<std::int64_t>& other) {
  if (other) sum = sum.value_or(0) + *other;
}

}  // namespace

Usage& Usage::operator+=(const Usage& other) {
  prompt += other.prompt;
  completion += other.completion;
  total += other.total;
  add(cached, other.cached);
  add(cache_write, other.cache_write);
  add(reasoning, other.reasoning);
  return *this;
}

}  // namespace strandbus
