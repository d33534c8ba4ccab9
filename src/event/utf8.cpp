#include "event/utf8.hpp"

#include "strandbus/event/json_codec.hpp"

namespace strandbus {
namespace detail {
namespace {

/// Appends the repaired text up to an incomplete end, which is returned.
std::string_view append_repaired(std::string& out, std::string_view text) {
  using enum Utf8Step::Kind;
  while (!text.empty()) {
    const Utf8Step step = utf8_step(text);
    if (step.kind == incomplete) return text;
    out += step.kind == valid ? text.substr(0, step.size) : replacement_character;
    text.remove_prefix(step.size);
  }
  return {};
}

}  // namespace
}  // namespace detail

std::string repair_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  if (!detail::append_repaired(out, text).empty()) out += detail::replacement_character;
  return out;
}

std::string Utf8Assembler::feed(std::string_view bytes) {
  std::string out;
  out.reserve(held_.size() + bytes.size());
  held_ += bytes;
  held_ = std::string(detail::append_repaired(out, held_));
  return out;
}

std::string Utf8Assembler::finish() {
  std::string rest = repair_utf8(held_);
  held_.clear();
  return rest;
}

}  // namespace strandbus
