#include "llm/server_json.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::size_t escape_size = 6;  // \ud83d

/// The code unit of the escape with which `text` begins; 0 if it is none.
std::uint32_t unit_of(std::string_view text) noexcept {
  if (text.size() < escape_size || !text.starts_with("\\u")) return 0;
  std::uint32_t unit = 0;
  const char* const end = text.data() + escape_size;
  const auto parsed = std::from_chars(text.data() + 2, end, unit, 16);
  return parsed.ec == std::errc{} && parsed.ptr == end ? unit : 0;
}

bool is_high(std::uint32_t unit) noexcept { return unit >= 0xD800 && unit <= 0xDBFF; }
bool is_low(std::uint32_t unit) noexcept { return unit >= 0xDC00 && unit <= 0xDFFF; }

/// How many bytes of `text` are one step, and what they become.
std::pair<std::size_t, std::string_view> step_of(std::string_view text) noexcept {
  if (!text.starts_with('\\')) return {1, text.substr(0, 1)};
  const std::uint32_t unit = unit_of(text);
  if (is_high(unit) && is_low(unit_of(text.substr(escape_size))))
    return {2 * escape_size, text.substr(0, 2 * escape_size)};
  if (is_high(unit) || is_low(unit)) return {escape_size, "\\ufffd"};
  return {std::min<std::size_t>(2, text.size()), text.substr(0, 2)};
}

std::string without_halves(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto [size, replacement] = step_of(text);
    out += replacement;
    text.remove_prefix(size);
  }
  return out;
}

}  // namespace

boost::system::result<json::value, DecodeError> parse_server_json(std::string_view text,
                                                                  const DecodeLimits& limits) {
  auto parsed = parse_json(text, limits);
  if (parsed || text.find("\\u") == std::string_view::npos) return parsed;
  return parse_json(without_halves(text), limits);
}

}  // namespace strandbus::detail
