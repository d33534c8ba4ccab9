#pragma once

#include <cstddef>
#include <string_view>

namespace strandbus::detail {

/// Tells whether a JSON object that comes in pieces is whole, without parsing it again and again.
class JsonBalance {
 public:
  void feed(std::string_view piece) noexcept {
    for (const char c : piece) step(c);
  }

  /// Whether a bracket was opened and all are closed again. Not whether the text is JSON.
  bool whole() const noexcept { return opened_ && depth_ == 0 && !in_text_; }

 private:
  void step(char c) noexcept {
    if (escaped_) {
      escaped_ = false;
    } else if (in_text_) {
      escaped_ = c == '\\';
      in_text_ = c != '"';
    } else if (c == '"') {
      in_text_ = true;
    } else if (c == '{' || c == '[') {
      opened_ = true;
      ++depth_;
    } else if ((c == '}' || c == ']') && depth_ != 0) {
      --depth_;
    }
  }

  std::size_t depth_ = 0;
  bool opened_ = false;
  bool in_text_ = false;
  bool escaped_ = false;
};

}  // namespace strandbus::detail
