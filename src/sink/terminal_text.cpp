#include "strandbus/sink/terminal_text.hpp"

#include "event/utf8.hpp"
#include "sink/code_points.hpp"

#include <cstddef>
#include <utility>

namespace strandbus {
namespace {

using detail::utf8_step;
using detail::Utf8Step;

/// The code point of one valid UTF-8 sequence.
char32_t code_point_of(std::string_view sequence) noexcept {
  const auto lead = static_cast<unsigned char>(sequence[0]);
  if (sequence.size() == 1) return lead;
  char32_t result = lead & (0x7FU >> sequence.size());
  for (const char byte : sequence.substr(1)) {
    result = (result << 6) | (static_cast<unsigned char>(byte) & 0x3FU);
  }
  return result;
}

void append_control_picture(std::string& out, char32_t control) {
  const char32_t offset = control == 0x7F ? 0x21 : control;  // U+2400 + offset
  out += "\xE2\x90";
  out += static_cast<char>(0x80 + offset);
}

void append_number(std::string& out, char32_t code_point) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  out += "<U+";
  for (int shift = code_point > 0xFFFF ? (code_point > 0xFFFFF ? 20 : 16) : 12; shift >= 0;
       shift -= 4) {
    out += digits[(code_point >> shift) & 0xF];
  }
  out += '>';
}

bool is_control(char32_t c) noexcept { return c < 0x20 || (c >= 0x7F && c <= 0x9F); }

/// Whether a hidden character is part of ordinary writing after `previous`.
bool belongs_after(char32_t previous, char32_t c) noexcept {
  using namespace detail;
  switch (c) {
    case zero_width_non_joiner: return is_joining_letter(previous);
    case zero_width_joiner:
      return is_joining_letter(previous) || is_pictograph(previous) ||
             previous == emoji_presentation;
    case text_presentation:
    case emoji_presentation:
      return is_pictograph(previous) || (previous >= U'0' && previous <= U'9') ||
             previous == U'#' || previous == U'*';
    default: return false;
  }
}

std::string filtered(TerminalForm form, std::string_view text) {
  TerminalText filter(form);
  std::string out = filter.feed(text);
  out += filter.finish();
  return out;
}

/// Walks over a text that is expected to be valid UTF-8; bytes that are not count one column each.
class ColumnWalk {
 public:
  explicit ColumnWalk(std::string_view text) : rest_(text) {}

  bool at_end() const noexcept { return rest_.empty(); }
  std::size_t bytes_left() const noexcept { return rest_.size(); }

  /// Goes past one code point; returns the columns that it adds.
  int advance() noexcept {
    const Utf8Step step = utf8_step(rest_);
    const std::string_view sequence = rest_.substr(0, step.size);
    rest_.remove_prefix(step.size);
    if (step.kind != Utf8Step::Kind::valid) return last_ = 1;
    const char32_t c = code_point_of(sequence);
    if (c != detail::emoji_presentation) return last_ = detail::columns_of(c);
    // The selector makes a narrow character a wide emoji.
    return std::exchange(last_, 0) == 1 ? 1 : 0;
  }

 private:
  std::string_view rest_;
  int last_ = 0;
};

}  // namespace

std::string terminal_safe(std::string_view text) { return filtered(TerminalForm::text, text); }

std::string terminal_safe_line(std::string_view text) { return filtered(TerminalForm::line, text); }

std::string TerminalText::feed(std::string_view bytes) {
  std::string out;
  out.reserve(held_.size() + bytes.size());
  if (held_.empty()) {
    consume(out, bytes);
  } else {
    const std::string all = std::exchange(held_, {}).append(bytes);
    consume(out, all);
  }
  return out;
}

std::string TerminalText::finish() {
  std::string out;
  flush_return(out);
  if (!held_.empty()) out += detail::replacement_character;
  held_.clear();
  previous_ = 0;
  return out;
}

void TerminalText::consume(std::string& out, std::string_view bytes) {
  while (!bytes.empty()) {
    const Utf8Step step = utf8_step(bytes);
    if (step.kind == Utf8Step::Kind::incomplete) {
      held_ = bytes;
      return;
    }
    const std::string_view sequence = bytes.substr(0, step.size);
    bytes.remove_prefix(step.size);
    if (step.kind == Utf8Step::Kind::valid) {
      put(out, sequence, code_point_of(sequence));
    } else {
      flush_return(out);
      out += detail::replacement_character;
      previous_ = 0;
    }
  }
}

void TerminalText::put(std::string& out, std::string_view sequence, char32_t c) {
  const bool line = form_ == TerminalForm::line;
  if (c == U'\n') return_pending_ = false;
  flush_return(out);
  if (c == U'\r') {
    return_pending_ = true;
  } else if (c == U'\n') {
    out += line ? "␤" : "\n";
  } else if (c == U'\t') {
    out += line ? ' ' : '\t';
  } else if (is_control(c)) {
    c <= 0x7F ? append_control_picture(out, c) : append_number(out, c);
  } else if (detail::is_hidden(c) && (line || !belongs_after(previous_, c))) {
    append_number(out, c);
    c = 0;  // a joiner after it joins nothing
  } else {
    out += sequence;
  }
  previous_ = c;
}

void TerminalText::flush_return(std::string& out) {
  if (std::exchange(return_pending_, false)) append_control_picture(out, U'\r');
}

int display_width(std::string_view text) noexcept {
  int width = 0;
  for (ColumnWalk walk(text); !walk.at_end();) width += walk.advance();
  return width;
}

std::string fit_columns(std::string_view text, int columns) {
  std::size_t cut = 0;  // end of what fits beside the ellipsis
  int width = 0;
  ColumnWalk walk(text);
  while (!walk.at_end()) {
    width += walk.advance();
    if (width > columns)
      return columns > 0 ? std::string(text.substr(0, cut)) + "…" : std::string();
    if (width < columns) cut = text.size() - walk.bytes_left();
  }
  return std::string(text);
}

}  // namespace strandbus
