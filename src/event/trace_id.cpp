#include "event/trace_id.hpp"

#include <charconv>
#include <cstddef>
#include <optional>
#include <system_error>

namespace strandbus::detail {
namespace {

std::uint64_t hash(std::string_view text, std::uint64_t seed) {
  std::uint64_t value = 0xcbf29ce484222325ULL ^ seed;  // FNV-1a
  for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  value = (value ^ value >> 30U) * 0xbf58476d1ce4e5b9ULL;  // and the end of SplitMix64
  value = (value ^ value >> 27U) * 0x94d049bb133111ebULL;
  return value ^ value >> 31U;
}

std::optional<std::uint64_t> hex(std::string_view text) {
  std::uint64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

TraceId trace_of(std::string_view id) {
  constexpr std::size_t digits = 32;
  if (id.size() > digits && id[id.size() - digits - 1] == '_') {
    const std::string_view uuid = id.substr(id.size() - digits);
    const auto high = hex(uuid.substr(0, digits / 2));
    const auto low = hex(uuid.substr(digits / 2));
    if (high && low && (*high != 0 || *low != 0)) return {*high, *low};
  }
  return {hash(id, 1) | 1U, hash(id, 2)};
}

SpanId span_of(std::string_view words) { return hash(words, 3) | 1U; }

}  // namespace strandbus::detail
