#include "server/chunk_decoder.hpp"

#include <algorithm>
#include <charconv>

namespace strandbus::detail {

ChunkDecoder::Result ChunkDecoder::decode(std::string& unread, std::string& body) {
  std::string_view rest = unread;
  Result result = Result::more;
  for (;;) {
    const Part part = part_;
    const std::size_t left = rest.size();
    result = step(rest, body);
    const bool moved = part != part_ || left != rest.size();
    if (result != Result::more || !moved) break;
  }
  unread.erase(0, unread.size() - rest.size());
  return result;
}

ChunkDecoder::Result ChunkDecoder::step(std::string_view& rest, std::string& body) {
  if (part_ == Part::done) return Result::done;
  if (part_ == Part::data) return read_data(rest, body);
  if (part_ == Part::data_end) return read_data_end(rest);
  Result result = Result::more;
  const auto line = take_line(rest, result);
  if (!line) return result;
  return part_ == Part::size ? read_size(*line) : read_trailer(*line);
}

/// A line without its end. Whatever comes first decides, however the bytes are cut: an end, a
/// character that no line has, or one byte too many.
std::optional<std::string_view> ChunkDecoder::take_line(std::string_view& rest,
                                                        Result& result) const {
  for (std::size_t i = 0; i < rest.size(); ++i) {
    const char c = rest[i];
    if (c == '\r') {
      if (i + 1 == rest.size()) return std::nullopt;
      if (rest[i + 1] != '\n') result = Result::malformed;
      if (result != Result::more) return std::nullopt;
      const std::string_view line = rest.substr(0, i);
      rest.remove_prefix(i + 2);
      return line;
    }
    if (c == '\n' || c == '\0') result = Result::malformed;
    if (i >= max_line_) result = Result::line_too_large;
    if (result != Result::more) return std::nullopt;
  }
  return std::nullopt;
}

ChunkDecoder::Result ChunkDecoder::read_size(std::string_view line) {
  const std::string_view digits = line.substr(0, line.find(';'));
  std::uint64_t size = 0;
  const char* end = digits.data() + digits.size();
  const auto [rest, failure] = std::from_chars(digits.data(), end, size, 16);
  if (failure == std::errc::invalid_argument || rest != end || digits.size() > 16) {
    return Result::malformed;
  }
  if (size > max_body_ - total_) return Result::body_too_large;
  total_ += size;
  data_left_ = size;
  part_ = size == 0 ? Part::trailer : Part::data;
  return Result::more;
}

ChunkDecoder::Result ChunkDecoder::read_data(std::string_view& rest, std::string& body) {
  const std::size_t count = std::min(data_left_, rest.size());
  body.append(rest.substr(0, count));
  rest.remove_prefix(count);
  data_left_ -= count;
  if (data_left_ == 0) part_ = Part::data_end;
  return Result::more;
}

ChunkDecoder::Result ChunkDecoder::read_data_end(std::string_view& rest) {
  constexpr std::string_view end = "\r\n";
  if (!end.starts_with(rest.substr(0, end.size()))) return Result::malformed;
  if (rest.size() < end.size()) return Result::more;
  rest.remove_prefix(end.size());
  part_ = Part::size;
  return Result::more;
}

ChunkDecoder::Result ChunkDecoder::read_trailer(std::string_view line) {
  if (line.empty()) {
    part_ = Part::done;
    return Result::done;
  }
  trailer_bytes_ += line.size() + 2;
  if (trailer_bytes_ > max_line_) return Result::line_too_large;
  const auto colon = line.find(':');
  const bool named = colon != 0 && colon != std::string_view::npos;
  return named && line.front() != ' ' && line.front() != '\t' ? Result::more : Result::malformed;
}

}  // namespace strandbus::detail
