#include "load/stream_decoder.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace strandbus::load {
namespace {

constexpr std::size_t largest_head = std::size_t{16} * 1024;

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

}  // namespace

void StreamDecoder::feed(std::string_view bytes, const Visitor& visit) {
  if (open_ && form_ == Form::event_stream && !chunked_) return take_lines(bytes, visit);
  std::string kept;
  if (!rest_.empty()) {
    kept = std::move(rest_);
    rest_.clear();
    kept += bytes;
    bytes = kept;
  }
  bool more = true;
  while (more && !bytes.empty()) {
    if (!open_) {
      more = take_head(bytes, visit);
    } else if (form_ == Form::web_socket) {
      more = take_frame(bytes, visit);
    } else if (chunked_) {
      more = take_chunk(bytes, visit);
    } else {
      take_lines(bytes, visit);
      bytes = {};
    }
  }
  rest_ = bytes;
}

bool StreamDecoder::take_head(std::string_view& bytes, const Visitor& visit) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) {
    if (bytes.size() > largest_head) throw std::runtime_error("a head of an answer has no end");
    return false;
  }
  const std::string_view head = bytes.substr(0, end);
  const std::string_view wanted = form_ == Form::web_socket ? " 101 " : " 200 ";
  const std::string_view line = head.substr(0, head.find("\r\n"));
  if (line.find(wanted) == std::string_view::npos)
    throw std::runtime_error("a reader is refused: " + std::string(line));
  chunked_ = head.find("hunked") != std::string_view::npos;
  open_ = true;
  bytes.remove_prefix(end + 4);
  visit(Part::opened, head);
  return true;
}

/// RFC 9112 section 7.1.
bool StreamDecoder::take_chunk(std::string_view& bytes, const Visitor& visit) {
  if (chunk_left_ > 2) {
    const std::string_view part = bytes.substr(0, std::min(bytes.size(), chunk_left_ - 2));
    take_lines(part, visit);
    chunk_left_ -= part.size();
    bytes.remove_prefix(part.size());
    return true;
  }
  if (chunk_left_ > 0) {  // the line end behind it
    const std::size_t size = std::min(bytes.size(), chunk_left_);
    chunk_left_ -= size;
    bytes.remove_prefix(size);
    return true;
  }
  const std::size_t end = bytes.find("\r\n");
  if (end == std::string_view::npos) return false;
  std::size_t size = 0;
  const auto [stop, failure] = std::from_chars(bytes.data(), bytes.data() + end, size, 16);
  if (failure != std::errc() || stop == bytes.data())
    throw std::runtime_error("a chunk has no size");
  bytes.remove_prefix(end + 2);
  if (size == 0) visit(Part::closed, {});
  chunk_left_ = size + 2;
  return size != 0;
}

void StreamDecoder::take_lines(std::string_view bytes, const Visitor& visit) {
  for (std::size_t end = 0; (end = bytes.find('\n')) != std::string_view::npos;) {
    if (line_.empty()) {
      take_line(bytes.substr(0, end), visit);
    } else {
      line_ += bytes.substr(0, end);
      take_line(line_, visit);
      line_.clear();
    }
    bytes.remove_prefix(end + 1);
  }
  line_ += bytes;
}

/// One line of data is one event here; ids, comments and times are passed over.
void StreamDecoder::take_line(std::string_view line, const Visitor& visit) const {
  constexpr std::string_view name = "data: ";
  if (line.starts_with(name)) visit(Part::text, line.substr(name.size()));
}

/// RFC 6455 section 5.2; what a server sends is not masked.
bool StreamDecoder::take_frame(std::string_view& bytes, const Visitor& visit) {
  if (bytes.size() < 2) return false;
  const std::uint64_t head = big_endian(bytes.substr(0, 2));
  std::uint64_t size = head & 0x7F;
  std::size_t begin = 2;
  if (size >= 126) {
    const std::size_t wide = size == 126 ? 2 : 8;
    if (bytes.size() < begin + wide) return false;
    size = big_endian(bytes.substr(begin, wide));
    begin += wide;
  }
  if (bytes.size() - begin < size) return false;
  take_message(static_cast<unsigned>(head >> 8), bytes.substr(begin, size), visit);
  bytes.remove_prefix(begin + size);
  return true;
}

void StreamDecoder::take_message(unsigned head, std::string_view payload, const Visitor& visit) {
  constexpr unsigned last = 0x80;
  switch (head & 0xF) {
    case 0:
    case 1:
      if (head & last && message_.empty()) return visit(Part::text, payload);
      message_ += payload;
      if (!(head & last)) return;
      visit(Part::text, message_);
      message_.clear();
      return;
    case 8: return visit(Part::closed, payload);
    case 9: return visit(Part::ping, payload);
    case 10: return;
    default: throw std::runtime_error("a WebSocket frame has an unknown kind");
  }
}

}  // namespace strandbus::load
