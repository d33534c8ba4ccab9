#pragma once

#include <string>
#include <string_view>

namespace strandbus {

// Text that comes from a model, a tool or a file may hold escape sequences that rewrite the screen
// or the clipboard, and invisible characters that make a command look like another one. These
// functions show such text instead of obeying it:
//
//   C0 controls and DEL       the Unicode control pictures: ␀ … ␟, ␡ (ESC is ␛)
//   C1 controls               <U+0080> … <U+009F>
//   bidirectional controls, zero-width and format characters, fillers, variation selectors, tags,
//   annotation marks, line and paragraph separators, noncharacters
//                             <U+202E> and so on
//   bytes that are not UTF-8  U+FFFD
//
// "\r\n" is a line end; any other "\r" is shown. The zero-width joiner and non-joiner stay where
// they belong to the spelling of a script or to an emoji, an emoji's presentation selector after
// it.

/// `text` with nothing in it that could steer a terminal. Newlines and tabs stay.
///
/// Applying it twice changes nothing more.
std::string terminal_safe(std::string_view text);

/// `text` as one line, for places where every character counts: a line end becomes ␤, a tab a
/// space, joiners are shown too.
std::string terminal_safe_line(std::string_view text);

/// What a terminal gets to see of a line end, a tab and a joiner.
enum class TerminalForm { text, line };

/// terminal_safe (or terminal_safe_line) for text that arrives in pieces, cut at any byte.
///
/// The concatenated results of all feed() and of finish() are terminal_safe of the concatenated
/// pieces: an incomplete UTF-8 sequence and a "\r" at the end of a piece wait for the next one.
///
/// Threads: distinct objects.
class TerminalText {
 public:
  explicit TerminalText(TerminalForm form = TerminalForm::text) : form_(form) {}

  /// What is known to be shown after these bytes.
  std::string feed(std::string_view bytes);
  /// What is still held; afterwards the object is as new.
  std::string finish();

 private:
  void consume(std::string& out, std::string_view bytes);
  void put(std::string& out, std::string_view sequence, char32_t code_point);
  void flush_return(std::string& out);

  TerminalForm form_;
  bool return_pending_ = false;
  char32_t previous_ = 0;
  std::string held_;  // an incomplete UTF-8 sequence
};

/// How many columns safe text without line ends takes on a terminal (UAX #11; ambiguous = 1).
int display_width(std::string_view text) noexcept;

/// The beginning of safe text that fits into `columns`, with "…" at its end where something was
/// cut.
std::string fit_columns(std::string_view text, int columns);

}  // namespace strandbus
