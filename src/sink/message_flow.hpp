#pragma once

#include "strandbus/sink/terminal_text.hpp"

#include <string>
#include <string_view>

namespace strandbus::detail {

/// Follows one text that comes in pieces and is repeated as a whole when it ends, and says what of
/// it is still to be shown. Decides only; the text that it returns is already safe for a terminal.
class MessageFlow {
 public:
  /// What the whole adds to what was shown.
  struct Ending {
    std::string rest;  ///< still to be shown
    bool replaces{};   ///< the whole does not begin with what was shown: `rest` is all of it
  };

  /// A new text begins, nothing of it is lost.
  void begin();

  /// A piece came. Returns what can be shown now: nothing while a gap is open or the text is held.
  std::string piece(std::string_view text);
  /// A piece came that shall not be shown before it is known what the text is.
  void hold(std::string_view text);

  /// Events were lost, perhaps pieces of this text: what follows is held until the whole is known.
  void gap() noexcept { gap_ = true; }

  /// The whole is known. An empty whole says nothing: then what was held is the rest.
  Ending end(std::string_view whole);
  /// The text ended without its whole: returns what was held.
  std::string abandon();

  /// What was shown and held is void.
  void discard();

  bool shows_anything() const noexcept { return !shown_.empty(); }
  bool holds_anything() const noexcept { return !held_.empty(); }

 private:
  std::string shown_;  // as it came
  std::string held_;   // as it came
  bool gap_ = false;
  bool ended_ = false;
  TerminalText filter_;
};

}  // namespace strandbus::detail
