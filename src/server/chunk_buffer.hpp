#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// A text that is sent as one chunk (RFC 9112, section 7.1), written where it is sent from.
class ChunkBuffer {
 public:
  enum class Framing { chunked, plain };

  explicit ChunkBuffer(Framing framing) : framing_(framing) { clear(); }

  /// Append to it only.
  std::string& text() noexcept { return text_; }
  std::size_t size() const noexcept { return text_.size() - head_room; }
  bool empty() const noexcept { return size() == 0; }

  /// The bytes to send; nothing may be appended after it but by clear().
  std::string_view framed();
  /// What ends the stream.
  std::string_view last() const noexcept { return framing_ == Framing::chunked ? "0\r\n\r\n" : ""; }

  void clear();

 private:
  static constexpr std::size_t head_room = 18;  // 16 hexadecimal digits, CRLF
  static constexpr std::size_t kept_bytes = 1024;

  Framing framing_;
  std::string text_;
};

}  // namespace strandbus::detail
