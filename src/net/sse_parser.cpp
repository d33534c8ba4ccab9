#include "net/sse_parser.hpp"

#include "strandbus/event/json_codec.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::size_t max_id_bytes = 1024;

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::string_view default_type = "message";

std::optional<std::chrono::milliseconds> retry_time(std::string_view digits) {
  std::int64_t value = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool whole = failure == std::errc() && end == digits.data() + digits.size();
  if (!whole || digits.starts_with('-')) return std::nullopt;
  return std::chrono::milliseconds(value);
}

}  // namespace

std::vector<SseEvent> SseParser::feed(std::string_view bytes) {
  std::vector<SseEvent> events;
  while (!bytes.empty() && error_.empty()) {
    const std::size_t end = std::min(bytes.find_first_of("\r\n"), bytes.size());
    append(bytes.substr(0, end));
    if (end == bytes.size()) break;
    if (error_.empty()) take_byte(bytes[end], events);
    bytes.remove_prefix(end + 1);
  }
  return events;
}

std::optional<SseEvent> SseParser::finish() {
  std::vector<SseEvent> none;
  if (!line_.empty() && error_.empty()) end_line(none);
  return error_.empty() ? end_event() : std::nullopt;
}

/// A CR ends its line at once; an LF right after it belongs to it.
void SseParser::take_byte(char byte, std::vector<SseEvent>& events) {
  const bool second_half = byte == '\n' && after_cr_;
  after_cr_ = byte == '\r';
  if (!second_half) end_line(events);
}

void SseParser::append(std::string_view bytes) {
  if (bytes.empty()) return;
  after_cr_ = false;
  if (bytes.size() > limits_.line_bytes - line_.size()) {
    return fail("the server sent a line of more than " + std::to_string(limits_.line_bytes) +
                " bytes in its event stream");
  }
  line_ += bytes;
}

/// Line ends are ASCII, so that each line can be repaired by itself.
void SseParser::end_line(std::vector<SseEvent>& events) {
  const std::string repaired = repair_utf8(line_);
  line_.clear();
  std::string_view line = repaired;
  if (std::exchange(first_line_, false) && line.starts_with(byte_order_mark)) {
    line.remove_prefix(byte_order_mark.size());
  }
  if (line.empty()) {
    if (auto event = end_event()) events.push_back(*std::move(event));
    return;
  }
  const std::size_t colon = std::min(line.find(':'), line.size());
  std::string_view value = line.substr(std::min(colon + 1, line.size()));
  if (value.starts_with(' ')) value.remove_prefix(1);
  take_field(line.substr(0, colon), value);
}

void SseParser::take_field(std::string_view name, std::string_view value) {
  if (name == "data") {
    add_data(value);
  } else if (name == "event") {
    event_.event = value;
  } else if (name == "id") {
    // Every event carries the last id: a long one would be copied into each.
    const bool usable = value.size() <= max_id_bytes && value.find('\0') == std::string_view::npos;
    if (usable) event_.id = value;
  } else if (name == "retry") {
    if (const auto time = retry_time(value)) event_.retry = time;
  }
}

void SseParser::add_data(std::string_view value) {
  if (event_.data.size() + (has_data_ ? 1 : 0) + value.size() > limits_.event_bytes) {
    return fail("the server sent an event with more than " + std::to_string(limits_.event_bytes) +
                " bytes of data");
  }
  if (has_data_) event_.data += '\n';
  has_data_ = true;
  event_.data += value;
}

std::optional<SseEvent> SseParser::end_event() {
  std::optional<SseEvent> complete;
  if (std::exchange(has_data_, false)) {
    complete = event_;
    if (complete->event.empty()) complete->event = default_type;
  }
  event_.event = default_type;
  event_.data.clear();
  return complete;
}

void SseParser::fail(std::string message) {
  error_ = std::move(message);
  line_ = {};
  event_ = {};
  has_data_ = false;
}

}  // namespace strandbus::detail
