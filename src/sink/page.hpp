#pragma once

#include "sink/styled_line.hpp"
#include "strandbus/sink/cli_printer.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// What streamed text is.
enum class TextKind { answer, reasoning };

/// Puts lines, streamed text and the status line on a terminal or into a pipe, so that they never
/// run into each other. Knows nothing of events.
class Page {
 public:
  Page(const CliPrinterOptions& options, CliPrinter::Write out, CliPrinter::Write err);

  int width() const noexcept { return width_; }
  void set_width(int columns) noexcept;
  /// Columns that a line at this depth has.
  int columns(int depth) const noexcept;

  /// A line of the live view, indented by depth and cut to the width.
  void line(const StyledLine& line, int depth = 0);
  /// A line of the live view that must not lose anything.
  void whole_line(const StyledLine& line, int depth = 0);
  void blank_line();

  /// A piece of text of the live view, already safe. Line ends at its beginning and end are
  /// dropped.
  void text(TextKind kind, std::string_view safe);
  /// A whole line of text, already safe, indented by depth.
  void text_line(TextKind kind, std::string_view safe, int depth);
  /// Ends streamed text; what comes next begins on a line of its own.
  void end_text();

  /// A whole answer for the pipe, already safe.
  void answer(std::string_view safe);
  /// A line for standard error, never cut.
  void problem(const StyledLine& line);

  /// The status line from the next flush on; empty: none.
  void set_status(const StyledLine& status);
  /// Hands over what is buffered and draws the status line if no text is open.
  void flush();

 private:
  bool on_terminal() const noexcept { return target_ == PrintTarget::terminal; }
  void write_line(std::string_view rendered, int depth);
  void write_text_line(std::string_view line);
  void begin_text_line();
  void clear_status();
  void hand_over();

  PrintTarget target_;
  bool colour_;        // of the live view
  bool error_colour_;  // of err
  bool has_status_;
  int width_;
  CliPrinter::Write out_;
  CliPrinter::Write err_;

  std::string buffer_;  // of the live view: out on a terminal, err beside a pipe
  bool text_open_ = false;
  TextKind text_kind_ = TextKind::answer;
  std::size_t line_ends_due_ = 0;  // seen at the end of the text, written when more text follows
  std::string status_;
  std::string status_shown_;
};

}  // namespace strandbus::detail
