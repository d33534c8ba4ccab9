#include "server/chunk_buffer.hpp"

namespace strandbus::detail {

std::string_view ChunkBuffer::framed() {
  if (framing_ == Framing::plain) return std::string_view(text_).substr(head_room);
  std::size_t begin = head_room;
  text_[--begin] = '\n';
  text_[--begin] = '\r';
  std::size_t rest = size();
  do {
    text_[--begin] = "0123456789abcdef"[rest % 16];
    rest /= 16;
  } while (rest > 0);
  text_ += "\r\n";
  return std::string_view(text_).substr(begin);
}

void ChunkBuffer::clear() {
  // A reader that waits keeps no room for what it was sent last.
  if (text_.capacity() > kept_bytes) std::string().swap(text_);
  text_.assign(head_room, ' ');
}

}  // namespace strandbus::detail
