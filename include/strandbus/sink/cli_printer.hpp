#pragma once

#include "strandbus/event/stream_event.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace strandbus {

/// What standard output is.
enum class PrintTarget {
  /// `out` gets the answer of each run and nothing else; everything else goes to `err`.
  pipe,
  /// `out` gets the live view: text as it comes, one line per tool call, a status line.
  terminal,
};

/// Whether the lines of a stream carry colours. The text says everything without them.
enum class PrintColour { never, always };

/// Whether the last line of a terminal shows what is going on. It is rewritten in place with "\r"
/// and erase-line, so a terminal that knows neither needs `never`.
enum class StatusLine { never, live };

/// Whether a prompt is shown as the first line of its run. A front end where the prompt was typed
/// on the same screen needs `never`.
enum class PromptEcho { never, always };

/// How much is shown.
enum class PrintDetail {
  /// The assistant's text, and why there is none.
  answer,
  /// Tools, notices, reasoning and a summary too.
  normal,
  /// Model requests, tool output, file changes and housekeeping too.
  full,
};

/// Why no more events come.
enum class PrintEnd {
  stream_ended,
  stopped,  ///< whoever watched has seen enough; what is open may well go on
};

struct CliPrinterOptions {
  PrintTarget target = PrintTarget::pipe;
  PrintColour colour = PrintColour::never;        ///< on `out`; a pipe never has any
  PrintColour error_colour = PrintColour::never;  ///< on `err`
  StatusLine status = StatusLine::live;           ///< on a terminal; a pipe never has one
  PromptEcho prompts = PromptEcho::always;
  PrintDetail detail = PrintDetail::normal;
  int width = 80;             ///< columns; tool lines and the status line are cut to it
  std::string status_hint{};  ///< last part of the status line, for example "Ctrl-C stops"
};

/// Prints an event stream for people: a live run, a replay, a followed session. Only the events
/// matter, so a replay prints what the live run printed.
///
/// Text from models, tools and files is passed through terminal_safe. Lines of tools and notices
/// are cut to the width and never wrap; text is left to the terminal to wrap. Text that a run has
/// streamed is repaired from the event that repeats the whole when pieces were missed. Text of
/// nested runs (depth > 0) is indented and comes line by line.
///
/// In a pipe `out` gets an answer when it is complete, so that what a retry discards and what
/// precedes a tool call never get there; an answer that stays incomplete is shown on `err`.
///
/// A run that fails or is cancelled says so in a last line on `err`.
///
/// Threads: one strand; the callbacks are called inside the calls below.
/// Errors:  what a callback throws passes through; the view may then be incomplete.
class CliPrinter {
 public:
  /// Takes whole pieces of output: text with "\n" as line end, valid UTF-8.
  using Write = std::function<void(std::string_view)>;

  /// `out` and `err` are standard output and standard error, or stand for them.
  CliPrinter(CliPrinterOptions options, Write out, Write err);
  CliPrinter(const CliPrinter&) = delete;
  CliPrinter& operator=(const CliPrinter&) = delete;
  ~CliPrinter();

  /// Shows one event. Events come in the order of their seq.
  void on_event(const StreamEvent& event);

  /// Says that `count` events before the next one are lost for this reader; nothing if it is 0.
  void on_missed(std::uint64_t count);

  /// Shows a line that is no event on `err`, between the events: a text that is open ends its line.
  void note(std::string_view line);

  /// Moves the clock of the status line forward between events. Optional; ten times a second is
  /// plenty. Writes only if the status line changes.
  void tick(Timestamp now);

  /// The terminal has a new width.
  void set_width(int columns);

  /// Ends the output: ends an open line, takes the status line away, says of a stream that has
  /// ended which runs did not. on_event may follow, for a next stream.
  void finish(PrintEnd end = PrintEnd::stream_ended);

  /// How many events on_missed has reported.
  std::uint64_t missed() const noexcept;

 private:
  class View;
  std::unique_ptr<View> view_;
};

}  // namespace strandbus
