#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// The beginning and the end of a text of any length; what lies between is counted.
///
/// Cuts never fall inside a code point. Memory: at most the two parts and 64 KiB more.
class CapturedOutput {
 public:
  CapturedOutput(std::size_t head_bytes, std::size_t tail_bytes) noexcept
      : head_limit_(head_bytes), tail_limit_(tail_bytes) {}

  /// Adds a piece of valid UTF-8.
  void append(std::string_view text);

  bool truncated() const noexcept { return total_ > head_.size() + tail_limit_; }

  /// What was kept; where something was left out, a line says how much.
  std::string text() const;

 private:
  std::string_view tail() const noexcept;

  std::size_t head_limit_;
  std::size_t tail_limit_;
  std::string head_;
  bool head_full_ = false;
  std::string tail_;
  std::uint64_t total_ = 0;
};

/// The longest beginning of `text` of at most `limit` bytes that ends between two code points.
std::string_view utf8_prefix(std::string_view text, std::size_t limit) noexcept;

}  // namespace strandbus::detail
