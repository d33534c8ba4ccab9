#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// Takes a chunked body apart (RFC 9112, section 7.1). Extensions and trailers are read past.
///
/// Not Beast's: its parser asserts what a peer decides (a last chunk that comes in two pieces).
class ChunkDecoder {
 public:
  enum class Result : std::uint8_t { more, done, malformed, body_too_large, line_too_large };

  /// `max_line` bounds each line between the data, and all trailers together.
  ChunkDecoder(std::size_t max_body, std::size_t max_line)
      : max_body_(max_body), max_line_(max_line) {}

  /// Removes from `unread` what belongs to the body and appends the data to `body`.
  Result decode(std::string& unread, std::string& body);

 private:
  enum class Part : std::uint8_t { size, data, data_end, trailer, done };

  Result step(std::string_view& rest, std::string& body);
  Result read_size(std::string_view line);
  Result read_trailer(std::string_view line);
  Result read_data(std::string_view& rest, std::string& body);
  Result read_data_end(std::string_view& rest);
  std::optional<std::string_view> take_line(std::string_view& rest, Result& result) const;

  const std::size_t max_body_;
  const std::size_t max_line_;
  Part part_ = Part::size;
  std::size_t data_left_ = 0;
  std::size_t total_ = 0;
  std::size_t trailer_bytes_ = 0;
};

}  // namespace strandbus::detail
