#pragma once

#include "strandbus/event/json_codec.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::cli {

/// Cuts a trace that comes in pieces into lines, and those that are events into parts to be sent.
///
/// Lines that are no events are left out: empty ones, what else a session file has, and what only
/// the session itself may say. At the first line that cannot be read it stops.
///
/// Pure. Threads: distinct objects.
class TraceLines {
 public:
  using Clock = std::chrono::steady_clock;

  // A part goes out when it is so large, or so old.
  static constexpr std::size_t max_events = 256;
  static constexpr std::size_t max_bytes = std::size_t{256} * 1024;
  static constexpr std::chrono::milliseconds max_age{100};

  /// Events to be sent in one request.
  struct Part {
    std::string body{};
    std::vector<std::size_t> lines{};  ///< of each event, from 1
  };

  explicit TraceLines(std::string name) : name_(std::move(name)) {}

  void feed(std::string_view piece, Clock::time_point now);
  /// Nothing more comes; the last line may have no end.
  void finish(Clock::time_point now);

  /// Why nothing more is read: "FILE:7: …"; empty = all is well.
  const std::string& fault() const noexcept { return fault_; }
  /// Whether it wants more.
  bool hungry() const noexcept { return !at_end_ && !is_full(); }
  bool at_end() const noexcept { return at_end_; }
  bool empty() const noexcept { return events_.empty(); }
  /// When the next part is due; the end of time where there is none.
  Clock::time_point due() const noexcept;
  Part take(Clock::time_point now);
  /// "FILE:7"
  std::string place(std::size_t line) const { return name_ + ':' + std::to_string(line); }

 private:
  struct Line {
    std::size_t number;
    std::string text;
  };

  bool is_full() const noexcept { return events_.size() >= max_events || bytes_ >= max_bytes; }
  void take_line(std::string_view line, Clock::time_point now);
  void fail(const std::string& why);

  const std::string name_;
  EventReader reader_;
  std::string rest_;  ///< of a line whose end has not come
  std::size_t number_ = 0;
  std::deque<Line> events_;
  std::size_t bytes_ = 0;
  Clock::time_point since_{};
  bool at_end_ = false;
  std::string fault_;
};

}  // namespace strandbus::cli
