#include "event_log.hpp"

#include <algorithm>
#include <limits>

namespace strandbus::detail {
namespace {

// A slow reader pins one segment, so a segment is a small part of what the history may use.
constexpr std::size_t segments_per_history = 8;

}  // namespace

EventLog::EventLog(std::size_t max_events, std::size_t max_bytes)
    : max_events_(max_events),
      max_bytes_(max_bytes),
      segment_bytes_(std::max<std::size_t>(1, max_bytes / segments_per_history)) {}

bool EventLog::needs_segment() const noexcept {
  if (segments_.empty()) return true;
  const Segment& newest = *segments_.back().get();
  return newest.next_seq() == newest.end_seq();
}

void EventLog::prepare() {
  if (!segments_.empty() && newest_segment_bytes_ >= segment_bytes_) segments_.back()->seal();
  if (!needs_segment()) return;
  if (segments_.full()) segments_.set_capacity(std::max<std::size_t>(4, segments_.capacity() * 2));
  segments_.push_back(pool_->take(head_.load(std::memory_order_relaxed) + 1));
  newest_segment_bytes_ = 0;
}

void EventLog::append(StreamEvent&& event, std::size_t bytes) noexcept {
  const std::uint64_t seq = event.seq();
  const auto counted = static_cast<std::uint32_t>(
      std::min<std::size_t>(bytes, std::numeric_limits<std::uint32_t>::max()));
  segments_.back()->append(std::move(event), counted);
  bytes_ += counted;
  newest_segment_bytes_ += counted;
  head_.store(seq, std::memory_order_seq_cst);
}

void EventLog::start_at(std::uint64_t seq) noexcept {
  segments_.back()->begin_at(seq);
  head_.store(seq - 1, std::memory_order_seq_cst);
  tail_.store(seq, std::memory_order_release);
}

void EventLog::evict(std::uint64_t gate, Evicted& evicted) noexcept {
  std::uint64_t tail = tail_.load(std::memory_order_relaxed);
  const std::uint64_t head = head_.load(std::memory_order_relaxed);
  while (tail < gate && tail < head && (head + 1 - tail > max_events_ || bytes_ > max_bytes_)) {
    const Segment& oldest = *segments_.front().get();
    if (tail + 1 == oldest.end_seq() && evicted.size() == evicted.capacity()) break;
    bytes_ -= oldest.bytes_of(tail);
    ++tail;
    if (tail == oldest.end_seq()) drop_oldest(evicted);
  }
  tail_.store(tail, std::memory_order_release);
}

void EventLog::drop_oldest(Evicted& evicted) noexcept {
  evicted.push_back(std::move(segments_.front()));
  segments_.pop_front();
}

Pin<Segment> EventLog::find(std::uint64_t seq) const noexcept {
  if (seq > head_.load(std::memory_order_relaxed)) return {};
  const auto after =
      std::upper_bound(segments_.begin(), segments_.end(), seq,
                       [](std::uint64_t s, const auto& pin) { return s < pin->first_seq(); });
  if (after == segments_.begin()) return {};
  return *std::prev(after);
}

}  // namespace strandbus::detail
