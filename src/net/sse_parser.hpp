#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::detail {

/// One event of an event stream (WHATWG HTML, section 9.2); its texts are valid UTF-8.
struct SseEvent {
  std::string event{"message"};  ///< its type
  std::string data{};            ///< the data lines, joined with LF
  std::string id{};              ///< the newest id of the stream, also where this event has none
  /// The newest waiting time before a reconnection that the stream has asked for.
  std::optional<std::chrono::milliseconds> retry{};

  bool operator==(const SseEvent&) const = default;
};

struct SseLimits {
  std::size_t line_bytes = std::size_t{1024} * 1024;       ///< of one line, without its end
  std::size_t event_bytes = std::size_t{8} * 1024 * 1024;  ///< of the data of one event
};

/// Cuts the bytes of an event stream into events, as they come: however they are cut into pieces,
/// the events are the same. Holds at most one line and one event.
///
/// Lines end with LF, CR or CRLF. Comments and unknown fields are ignored. Bytes that are not UTF-8
/// become U+FFFD.
/// Threads: distinct objects.
class SseParser {
 public:
  explicit SseParser(SseLimits limits = {}) : limits_(limits) {}

  /// The events that these bytes complete. Once a limit was exceeded there are none any more.
  std::vector<SseEvent> feed(std::string_view bytes);

  /// Ends the stream: what stands after the last blank line, if it holds data. The standard drops
  /// it; a caller who knows servers that forget the blank line may accept it if it makes sense.
  std::optional<SseEvent> finish();

  /// The newest waiting time before a reconnection that the stream has asked for, also when no
  /// event has come since.
  std::optional<std::chrono::milliseconds> retry() const noexcept { return event_.retry; }

  /// Why nothing is read any more, a line for people; empty while all is well.
  const std::string& error() const noexcept { return error_; }

 private:
  void take_byte(char byte, std::vector<SseEvent>& events);
  void append(std::string_view bytes);
  void end_line(std::vector<SseEvent>& events);
  void take_field(std::string_view name, std::string_view value);
  void add_data(std::string_view value);
  std::optional<SseEvent> end_event();
  void fail(std::string message);

  SseLimits limits_;
  std::string line_;
  bool first_line_ = true;
  bool after_cr_ = false;
  SseEvent event_;         ///< as far as it has come
  bool has_data_ = false;  ///< whether a data line has come
  std::string error_;
};

}  // namespace strandbus::detail
