#include "event_log.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace strandbus::detail {
namespace {

// A slow reader pins one segment, so a segment is a small part of what the history may use.
constexpr std::size_t segments_per_history = 8;

}  // namespace

EventLog::EventLog(const LogBounds& bounds)
    : bounds_(bounds),
      segment_bytes_(std::max<std::size_t>(1, bounds.bytes / segments_per_history)),
      landmarks_(bounds.landmarks, bounds.landmark_bytes, pool_) {}

/// Seals the newest segment, should it have room, and takes another one.
void EventLog::begin_segment() {
  if (segments_.full()) segments_.set_capacity(std::max<std::size_t>(4, segments_.capacity() * 2));
  auto segment = pool_->take(head_.load(std::memory_order_relaxed) + 1);
  if (newest_) newest_->seal(*segment.get());
  newest_ = segment.get();
  segments_.push_back(std::move(segment));
  room_ = Segment::capacity;
  newest_segment_bytes_ = 0;
  know_oldest();
}

/// After the front of the list has changed. The list is not empty: the newest event is never
/// dropped.
void EventLog::know_oldest() noexcept {
  oldest_ = segments_.front().get();
  oldest_first_ = oldest_->first_seq();
  oldest_end_ = oldest_->end_seq();
}

void EventLog::start_at(std::uint64_t seq) noexcept {
  newest_->begin_at(seq);
  know_oldest();
  head_.store(seq - 1, std::memory_order_release);
  tail_.store(seq, std::memory_order_release);
}

void EventLog::drop_oldest_segment(Evicted& evicted) noexcept {
  evicted.push_back(std::move(segments_.front()));
  segments_.pop_front();
  know_oldest();
}

std::uint64_t EventLog::first_of_last(std::uint64_t count) const noexcept {
  const std::uint64_t head = head_.load(std::memory_order_relaxed);
  if (count <= kept()) return head + 1 - count;
  const std::uint64_t landmarks = std::min<std::uint64_t>(count - kept(), landmarks_.size());
  return landmarks > 0 ? landmarks_.seq_from_end(landmarks) : tail();
}

KeptRun EventLog::find(std::uint64_t seq) const noexcept {
  if (seq > head_.load(std::memory_order_relaxed)) return {};
  const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
  if (seq < tail) {
    if (KeptRun landmarks = landmarks_.find(seq); landmarks.segment) return landmarks;
    seq = tail;
  }
  const auto after =
      std::upper_bound(segments_.begin(), segments_.end(), seq,
                       [](std::uint64_t s, const auto& pin) { return s < pin->first_seq(); });
  const Pin<Segment>& segment = *std::prev(after);
  const std::uint64_t first = segment->first_seq();
  return {segment, segment->data(), first, first + Segment::capacity - 1, seq};
}

}  // namespace strandbus::detail
