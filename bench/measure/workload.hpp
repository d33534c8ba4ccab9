#pragma once

#include "strandbus/event/event_id.hpp"
#include "strandbus/event/stream_event.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace strandbus::bench {

/// What every contender sends: a token of an answer, 3 to 7 characters long, known by its seq.
inline std::size_t text_length(std::uint64_t seq) noexcept { return 3 + seq % 5; }

inline TokenDelta token(std::uint64_t seq) {
  return {.text = std::string("token token", text_length(seq)), .message_id = "msg_abcdefgh"};
}

/// Of a session, not of a run.
inline std::shared_ptr<const RunContext> context() {
  return std::make_shared<const RunContext>(
      RunContext{.agent = "bench", .model_id = "gpt-4o-mini"});
}

/// Makes the same events for a contender that does not stamp them itself: with id, seq and the
/// clock read for each, in one allocation.
class EventSource {
 public:
  /// The next event, from seq 1 on.
  std::shared_ptr<const StreamEvent> next() {
    auto event = std::make_shared<StreamEvent>(token(++seq_), context_);
    const Timestamp now =
        std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
    event->set_stamp(seq_, ids_.next(now), now);
    return event;
  }

 private:
  std::uint64_t seq_ = 0;
  std::shared_ptr<const RunContext> context_ = context();
  EventIdGenerator ids_;
};

/// What one subscriber saw: that the events came in order, how many, and a checksum of their texts.
class Tally {
 public:
  void count(const StreamEvent& event) noexcept {
    if (event.seq() != ++count_) ++disorder_;
    const auto* const delta = event.get_if<TokenDelta>();
    text_bytes_ += delta ? delta->text.size() : 0;
  }
  std::uint64_t events() const noexcept { return count_; }

  /// Throws if this was not each of the events 1 … `expected` once and in order.
  void require(std::uint64_t expected) const {
    std::uint64_t bytes = 0;
    for (std::uint64_t seq = 1; seq <= expected; ++seq) bytes += text_length(seq);
    if (count_ == expected && disorder_ == 0 && text_bytes_ == bytes) return;
    throw std::runtime_error("a subscriber saw " + std::to_string(count_) + " of " +
                             std::to_string(expected) + " events, " + std::to_string(disorder_) +
                             " out of order, " + std::to_string(text_bytes_) + " of " +
                             std::to_string(bytes) + " bytes of text");
  }

 private:
  std::uint64_t count_ = 0;
  std::uint64_t disorder_ = 0;
  std::uint64_t text_bytes_ = 0;
};

}  // namespace strandbus::bench
