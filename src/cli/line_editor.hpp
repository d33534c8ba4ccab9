#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace strandbus::cli {

/// Reads messages at the terminal of standard input and output: keys edit the line as in a shell,
/// old messages come back, and a pasted text of many lines is one message.
///
/// Threads: one thread.
class LineEditor {
 public:
  /// Waits until standard input has something to read; false when nobody shall type any more.
  using Wait = std::function<bool()>;

  /// `history_file` keeps the messages for the next time; empty = they are forgotten. A file that
  /// cannot be read or written is done without.
  LineEditor(const std::string& history_file, Wait wait);
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;
  ~LineEditor();

  /// The next message: valid UTF-8, not blank, without the line end. Ctrl-C drops what was typed so
  /// far. Nothing when the user has ended the input (Ctrl-D on an empty line), the terminal is gone
  /// or the wait has ended.
  std::optional<std::string> read();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Gives the terminal back as it was before somebody began to type; for an end that cannot wait. In
/// the thread of the editor.
void restore_terminal() noexcept;

}  // namespace strandbus::cli
