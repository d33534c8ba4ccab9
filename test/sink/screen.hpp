#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace strandbus::testing {

/// A terminal that knows what the printer uses: text that wraps at the last column, "\n", "\r",
/// "\t", erase to the end of the line, colours (ignored). Everything else is counted as foreign.
class Screen {
 public:
  explicit Screen(int width) : width_(width) {}

  void write(std::string_view text);

  /// The lines, without blanks at their ends.
  std::vector<std::string> lines() const;
  /// The lines as one text, each with its "\n", without empty ones at the end.
  std::string text() const;
  /// How often a line went on in the next one because it reached the last column.
  int wraps() const { return wraps_; }
  /// Escape sequences and controls that the printer has no business to write.
  int foreign() const { return foreign_; }

 private:
  using Line = std::vector<std::string>;  // one text per column; the second of a wide one is empty

  std::size_t escape(std::string_view text);
  void put(std::string_view character);
  Line& line() { return lines_[row_]; }

  int width_;
  int wraps_ = 0;
  int foreign_ = 0;
  std::size_t row_ = 0;
  std::size_t column_ = 0;
  std::vector<Line> lines_{Line{}};
};

}  // namespace strandbus::testing
