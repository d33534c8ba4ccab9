#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace strandbus::detail {

enum class Style { plain, dim, bold, good, bad, warning, accent };

/// `text` between the escape sequences of `style`, or as it is where colours are off.
void append_styled(std::string& out, Style style, std::string_view text, bool colour);

/// One line in several styles. Every part is made safe for a terminal when it is added.
class StyledLine {
 public:
  StyledLine() = default;
  StyledLine(Style style, std::string_view text) { add(style, text); }

  StyledLine& add(Style style, std::string_view text);
  /// add(), but at most `columns` of the text, with an ellipsis where it was cut.
  StyledLine& add_fitted(Style style, std::string_view text, int columns);
  StyledLine& append(const StyledLine& other);

  bool empty() const noexcept { return parts_.empty(); }
  int width() const noexcept { return width_; }

  /// The line without its end, cut to `columns` with an ellipsis.
  std::string render(int columns, bool colour) const;
  /// The whole line without its end.
  std::string render(bool colour) const;

 private:
  struct Part {
    Style style;
    std::string text;
    int width;
  };

  void push(Style style, std::string safe);

  std::vector<Part> parts_;
  int width_ = 0;
};

}  // namespace strandbus::detail
