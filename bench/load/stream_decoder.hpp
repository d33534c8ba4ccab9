#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace strandbus::load {

/// Takes the answer to a reader's request apart: an event stream, chunked or not, or a WebSocket.
/// Written for this program alone, so that a fault in how the server frames is not made good by the
/// same fault here. Bytes may be cut anywhere.
///
/// Threads: distinct objects.
class StreamDecoder {
 public:
  enum class Form : std::uint8_t { event_stream, web_socket };
  /// What has come: the head of an answer that accepts, the text of a message, the content of a
  /// ping, the end.
  enum class Part : std::uint8_t { opened, text, ping, closed };
  using Visitor = std::function<void(Part, std::string_view)>;

  explicit StreamDecoder(Form form) noexcept : form_(form) {}

  /// Tells of everything that is complete with these bytes.
  ///
  /// Errors: std::runtime_error, when this is no such answer.
  void feed(std::string_view bytes, const Visitor& visit);

 private:
  bool take_head(std::string_view& bytes, const Visitor& visit);
  bool take_chunk(std::string_view& bytes, const Visitor& visit);
  bool take_frame(std::string_view& bytes, const Visitor& visit);
  void take_lines(std::string_view bytes, const Visitor& visit);
  void take_line(std::string_view line, const Visitor& visit) const;
  void take_message(unsigned head, std::string_view payload, const Visitor& visit);

  Form form_;
  bool open_ = false;
  bool chunked_ = false;
  std::size_t chunk_left_ = 0;  // of the chunk that is being read
  std::string rest_;            // what is not complete: of the head, a chunk's size, a frame
  std::string line_;            // of an event stream
  std::string message_;         // in several frames
};

}  // namespace strandbus::load
