#include "sink/styled_line.hpp"

#include "strandbus/sink/terminal_text.hpp"

#include <utility>

namespace strandbus::detail {
namespace {

/// Select Graphic Rendition, ECMA-48 section 8.3.117.
std::string_view escape_of(Style style) noexcept {
  switch (style) {
    case Style::plain: return {};
    case Style::dim: return "\x1b[2m";
    case Style::bold: return "\x1b[1m";
    case Style::good: return "\x1b[32m";
    case Style::bad: return "\x1b[31m";
    case Style::warning: return "\x1b[33m";
    case Style::accent: return "\x1b[36m";
  }
  return {};
}

}  // namespace

void append_styled(std::string& out, Style style, std::string_view text, bool colour) {
  const std::string_view escape = colour ? escape_of(style) : std::string_view();
  out += escape;
  out += text;
  if (!escape.empty()) out += "\x1b[0m";
}

StyledLine& StyledLine::add(Style style, std::string_view text) {
  push(style, terminal_safe_line(text));
  return *this;
}

StyledLine& StyledLine::add_fitted(Style style, std::string_view text, int columns) {
  push(style, fit_columns(terminal_safe_line(text), columns));
  return *this;
}

StyledLine& StyledLine::append(const StyledLine& other) {
  for (const Part& part : other.parts_) push(part.style, part.text);
  return *this;
}

void StyledLine::push(Style style, std::string safe) {
  if (safe.empty()) return;
  const int width = display_width(safe);
  width_ += width;
  if (!parts_.empty() && parts_.back().style == style) {
    parts_.back().text += safe;
    parts_.back().width += width;
  } else {
    parts_.push_back({style, std::move(safe), width});
  }
}

std::string StyledLine::render(int columns, bool colour) const {
  if (width_ <= columns) return render(colour);
  std::string out;
  int used = 0;
  for (const Part& part : parts_) {
    if (used + part.width >= columns) {
      // A blank after the part makes it too wide even where it would just fit: something follows.
      append_styled(out, part.style, fit_columns(part.text + " ", columns - used), colour);
      break;
    }
    append_styled(out, part.style, part.text, colour);
    used += part.width;
  }
  return out;
}

std::string StyledLine::render(bool colour) const {
  std::string out;
  for (const Part& part : parts_) append_styled(out, part.style, part.text, colour);
  return out;
}

}  // namespace strandbus::detail
