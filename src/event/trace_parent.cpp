#include "event/trace_parent.hpp"

#include <cstddef>

namespace strandbus::detail {
namespace {

constexpr std::size_t length = 55;  // 00-<32>-<16>-<2>

/// Lower case only: the standard allows no other.
std::optional<std::uint64_t> hex(std::string_view text) noexcept {
  std::uint64_t value = 0;
  for (const char c : text) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit && (c < 'a' || c > 'f')) return std::nullopt;
    const int nibble = digit ? c - '0' : c - 'a' + 10;
    value = value << 4U | static_cast<std::uint64_t>(nibble);
  }
  return value;
}

/// The id of what a trace of its own begins with. Of a run whose parent is not here it is the
/// parent's, so that both are in one trace.
std::string_view root_id(const RunContext& context) noexcept {
  if (context.run_id.empty())
    return context.workflow_id.empty() ? context.session_id : context.workflow_id;
  return context.parent_run_id.empty() ? context.run_id : context.parent_run_id;
}

}  // namespace

std::optional<TraceParent> parse_trace_parent(std::string_view text) noexcept {
  if (text.size() < length) return std::nullopt;
  if (text[2] != '-' || text[35] != '-' || text[52] != '-') return std::nullopt;
  const auto version = hex(text.substr(0, 2));
  const auto high = hex(text.substr(3, 16));
  const auto low = hex(text.substr(19, 16));
  const auto span = hex(text.substr(36, 16));
  const auto flags = hex(text.substr(53, 2));
  if (!version || !high || !low || !span || !flags) return std::nullopt;
  constexpr std::uint64_t forbidden_version = 0xff;
  if (*version == forbidden_version) return std::nullopt;
  if (text.size() > length && (*version == 0 || text[length] != '-')) return std::nullopt;
  if ((*high == 0 && *low == 0) || *span == 0) return std::nullopt;
  return TraceParent{TraceId{*high, *low}, *span, (*flags & 1U) != 0};
}

std::string to_text(const TraceParent& parent) {
  std::string text = "00-";
  append_hex(text, parent.trace.high);
  append_hex(text, parent.trace.low);
  text += '-';
  append_hex(text, parent.span);
  return text += parent.sampled ? "-01" : "-00";
}

std::optional<TraceParent> outer_trace(const RunContext& context) {
  const json::value* const value = context.attributes.if_contains(trace_parent_key);
  if (!value || !value->is_string()) return std::nullopt;
  return parse_trace_parent(value->get_string());
}

TraceParent root_trace(const RunContext& context) {
  if (const auto outer = outer_trace(context)) return *outer;
  return TraceParent{trace_of(root_id(context)), 0, true};
}

void append_hex(std::string& out, std::uint64_t value) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (int shift = 60; shift >= 0; shift -= 4) out += digits[value >> shift & 0xfU];
}

}  // namespace strandbus::detail
