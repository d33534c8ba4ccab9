#include "event/utf8.hpp"

#include "strandbus/event/json_codec.hpp"

namespace strandbus {
namespace detail {
namespace {

/// What may follow a lead byte (Unicode 15, table 3-7).
struct Sequence {
  std::size_t size = 0;  // 0: not a lead byte
  unsigned char second_min = 0x80;
  unsigned char second_max = 0xBF;
};

Sequence sequence_of(unsigned char lead) noexcept {
  if (lead < 0x80) return {1};
  if (lead < 0xC2) return {0};
  if (lead < 0xE0) return {2};
  if (lead == 0xE0) return {3, 0xA0, 0xBF};
  if (lead == 0xED) return {3, 0x80, 0x9F};  // no surrogates
  if (lead < 0xF0) return {3};
  if (lead == 0xF0) return {4, 0x90, 0xBF};
  if (lead < 0xF4) return {4};
  if (lead == 0xF4) return {4, 0x80, 0x8F};  // not beyond U+10FFFF
  return {0};
}

}  // namespace

Utf8Step utf8_step(std::string_view text) noexcept {
  using enum Utf8Step::Kind;
  const Sequence sequence = sequence_of(static_cast<unsigned char>(text[0]));
  if (sequence.size == 0) return {invalid, 1};
  for (std::size_t i = 1; i < sequence.size; ++i) {
    if (i == text.size()) return {incomplete, i};
    const auto byte = static_cast<unsigned char>(text[i]);
    const unsigned char min = i == 1 ? sequence.second_min : 0x80;
    const unsigned char max = i == 1 ? sequence.second_max : 0xBF;
    if (byte < min || byte > max) return {invalid, i};
  }
  return {valid, sequence.size};
}

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
