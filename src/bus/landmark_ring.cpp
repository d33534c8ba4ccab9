#include "landmark_ring.hpp"

#include "event_draft.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace strandbus::detail {

LandmarkRing::LandmarkRing(std::size_t max_events, std::size_t max_bytes,
                           std::shared_ptr<SegmentPool> pool)
    : max_events_(max_events), max_bytes_(max_bytes), pool_(std::move(pool)) {}

void LandmarkRing::begin_segment() {
  if (segments_.full()) segments_.set_capacity(std::max<std::size_t>(4, segments_.capacity() * 2));
  segments_.push_back(pool_->take_sparse());
  room_ = Segment::capacity;
}

void LandmarkRing::append(const StreamEvent& event, std::uint32_t bytes) noexcept {
  StreamEvent copy(event);
  EventDraft draft(copy);
  segments_.back()->append(draft, bytes);
  --room_;
  bytes_ += bytes;
  ++size_;
}

void LandmarkRing::drop_what_exceeds(Evicted& evicted) noexcept {
  while (over_bounds()) {
    const bool empties = dropped_ + 1 == Segment::capacity;
    if (empties && evicted.size() == evicted.capacity()) return;
    drop_oldest(evicted);
  }
}

void LandmarkRing::drop_oldest(Evicted& evicted) noexcept {
  bytes_ -= segments_.front()->bytes_at(dropped_);
  --size_;
  if (++dropped_ < Segment::capacity) return;
  evicted.push_back(std::move(segments_.front()));
  segments_.pop_front();
  dropped_ = 0;
}

const Pin<Segment>& LandmarkRing::segment_of(std::size_t position) const noexcept {
  return segments_[(dropped_ + position) / Segment::capacity];
}

const StreamEvent& LandmarkRing::operator[](std::size_t position) const noexcept {
  return segment_of(position)->data()[(dropped_ + position) % Segment::capacity];
}

KeptRun LandmarkRing::find(std::uint64_t seq) const noexcept {
  std::size_t position = 0;
  for (std::size_t count = size_; count > 0;) {  // the lower bound
    const std::size_t half = count / 2;
    if ((*this)[position + half].seq() < seq) {
      position += half + 1;
      count -= half + 1;
    } else {
      count = half;
    }
  }
  if (position == size_) return {};
  const StreamEvent* const first = &(*this)[position];
  std::size_t length = 1;
  const std::size_t in_segment = Segment::capacity - (dropped_ + position) % Segment::capacity;
  const std::size_t longest = std::min(in_segment, size_ - position);
  while (length < longest && first[length].seq() == first->seq() + length) ++length;
  return {segment_of(position), first, first->seq(), first->seq() + length - 1, first->seq()};
}

}  // namespace strandbus::detail
