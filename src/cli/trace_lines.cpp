#include "cli/trace_lines.hpp"

#include <boost/json/object.hpp>

#include <algorithm>
#include <utility>

namespace strandbus::cli {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::string_view white_space = " \t\r";
constexpr std::size_t max_line_bytes = std::size_t{16} * 1024 * 1024;

/// What a line of a session file, or of strandbus follow --json, calls itself that is no event.
bool is_other_line(std::string_view line) {
  const auto document = parse_json(line);
  const json::object* const members = document ? document->if_object() : nullptr;
  const json::value* const type = members ? members->if_contains("_type") : nullptr;
  return type && *type != "event";
}

}  // namespace

void TraceLines::feed(std::string_view piece, Clock::time_point now) {
  while (!at_end_) {
    const std::size_t end = piece.find('\n');
    rest_ += piece.substr(0, end);
    if (rest_.size() > max_line_bytes) {
      ++number_;
      fail("the line has more than 16 MiB");
    }
    if (end == std::string_view::npos) return;
    piece.remove_prefix(end + 1);
    take_line(std::exchange(rest_, {}), now);
  }
}

void TraceLines::finish(Clock::time_point now) {
  if (!at_end_ && !rest_.empty()) take_line(std::exchange(rest_, {}), now);
  at_end_ = true;
}

void TraceLines::take_line(std::string_view line, Clock::time_point now) {
  ++number_;
  if (number_ == 1 && line.starts_with(byte_order_mark)) line.remove_prefix(byte_order_mark.size());
  if (line.find_first_not_of(white_space) == std::string_view::npos) return;
  const auto event = reader_.read(line);
  if (!event) {
    if (!is_other_line(line)) fail(event.error().message);
    return;
  }
  const EventType type = event->type();
  if (type == EventType::session_created || type == EventType::session_restored ||
      type == EventType::session_closed)
    return;
  if (events_.empty()) since_ = now;
  bytes_ += line.size() + 1;
  events_.push_back({number_, std::string(line)});
}

TraceLines::Clock::time_point TraceLines::due() const noexcept {
  if (events_.empty()) return Clock::time_point::max();
  return at_end_ || is_full() ? since_ : since_ + max_age;
}

TraceLines::Part TraceLines::take(Clock::time_point now) {
  Part part;
  while (!events_.empty() && part.lines.size() < max_events) {
    const Line& next = events_.front();
    if (!part.lines.empty() && part.body.size() + next.text.size() >= max_bytes) break;
    part.body.append(next.text).append("\n");
    part.lines.push_back(next.number);
    bytes_ -= next.text.size() + 1;
    events_.pop_front();
  }
  since_ = now;
  return part;
}

void TraceLines::fail(const std::string& why) {
  fault_ = place(number_) + ": " + why;
  at_end_ = true;
}

}  // namespace strandbus::cli
