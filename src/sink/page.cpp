#include "sink/page.hpp"

#include <algorithm>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr int narrowest = 20;        // columns; below, lines say nothing any more
constexpr int indent_per_depth = 2;  // columns
constexpr int deepest_indent = 10;   // levels
constexpr std::string_view to_line_start = "\r";
constexpr std::string_view erase_line = "\x1b[K";  // to the end: EL, ECMA-48 section 8.3.41
constexpr std::string_view reasoning_margin = "┊ ";

int indent_of(int depth) noexcept {
  return std::clamp(depth, 0, deepest_indent) * indent_per_depth;
}

}  // namespace

Page::Page(const CliPrinterOptions& options, CliPrinter::Write out, CliPrinter::Write err)
    : target_(options.target),
      colour_((on_terminal() ? options.colour : options.error_colour) == PrintColour::always),
      error_colour_(options.error_colour == PrintColour::always),
      has_status_(on_terminal() && options.status == StatusLine::live &&
                  options.detail != PrintDetail::answer),
      width_(0),
      out_(std::move(out)),
      err_(std::move(err)) {
  set_width(options.width);
}

void Page::set_width(int columns) noexcept { width_ = std::max(columns, narrowest); }

int Page::columns(int depth) const noexcept {
  return std::max(width_ - indent_of(depth), narrowest / 2);
}

void Page::line(const StyledLine& line, int depth) {
  write_line(line.render(columns(depth), colour_), depth);
}

void Page::whole_line(const StyledLine& line, int depth) {
  write_line(line.render(colour_), depth);
}

void Page::blank_line() { write_line({}, 0); }

void Page::write_line(std::string_view rendered, int depth) {
  end_text();
  clear_status();
  if (!rendered.empty()) buffer_.append(static_cast<std::size_t>(indent_of(depth)), ' ');
  buffer_ += rendered;
  buffer_ += '\n';
}

void Page::text(TextKind kind, std::string_view safe) {
  if (text_open_ && kind != text_kind_) end_text();
  text_kind_ = kind;
  while (!safe.empty()) {
    const std::size_t end = safe.find('\n');
    if (end == 0) {
      if (text_open_) ++line_ends_due_;
      safe.remove_prefix(1);
    } else {
      write_text_line(safe.substr(0, end));
      safe.remove_prefix(std::min(end, safe.size()));
    }
  }
}

void Page::write_text_line(std::string_view line) {
  const bool at_start = !text_open_ || line_ends_due_ > 0;
  if (!text_open_) clear_status();
  for (; line_ends_due_ > 0; --line_ends_due_) {
    buffer_ += '\n';
    if (line_ends_due_ > 1) begin_text_line();
  }
  text_open_ = true;
  if (at_start) begin_text_line();
  append_styled(buffer_, text_kind_ == TextKind::reasoning ? Style::dim : Style::plain, line,
                colour_);
}

void Page::text_line(TextKind kind, std::string_view safe, int depth) {
  end_text();
  clear_status();
  buffer_.append(static_cast<std::size_t>(indent_of(depth)), ' ');
  text(kind, safe);
  end_text();
}

void Page::begin_text_line() {
  if (text_kind_ == TextKind::reasoning)
    append_styled(buffer_, Style::dim, reasoning_margin, colour_);
}

void Page::end_text() {
  if (text_open_) buffer_ += '\n';
  text_open_ = false;
  line_ends_due_ = 0;
}

void Page::answer(std::string_view safe) {
  flush();
  std::string whole(safe);
  if (!whole.empty() && whole.back() != '\n') whole += '\n';
  if (!whole.empty()) out_(whole);
}

void Page::problem(const StyledLine& line) {
  end_text();
  clear_status();
  hand_over();
  err_(line.render(error_colour_) + "\n");
}

void Page::set_status(const StyledLine& status) {
  if (!has_status_) return;
  status_.clear();
  // One column stays free: many terminals wrap as soon as the last one is written.
  if (!status.empty())
    append_styled(status_, Style::dim, status.render(width_ - 1, false), colour_);
}

void Page::flush() {
  if (!text_open_ && status_ != status_shown_) {
    if (status_.empty()) {
      clear_status();
    } else {
      if (!status_shown_.empty()) buffer_ += to_line_start;
      buffer_ += status_;
      if (!status_shown_.empty()) buffer_ += erase_line;
      status_shown_ = status_;
    }
  }
  hand_over();
}

void Page::clear_status() {
  if (std::exchange(status_shown_, {}).empty()) return;
  buffer_ += to_line_start;
  buffer_ += erase_line;
}

void Page::hand_over() {
  if (buffer_.empty()) return;
  const std::string piece = std::exchange(buffer_, {});
  on_terminal() ? out_(piece) : err_(piece);
}

}  // namespace strandbus::detail
