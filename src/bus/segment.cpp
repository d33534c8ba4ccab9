#include "segment.hpp"

#include <new>

namespace strandbus::detail {

SegmentPool::SegmentPool() { idle_.reserve(max_idle); }

SegmentPool::~SegmentPool() = default;

Pin<Segment> SegmentPool::take(std::uint64_t first_seq) {
  auto segment = take_idle();
  segment->begin_at(first_seq);
  for (std::size_t index = 0; index <= Segment::look_ahead; ++index) segment->want(index);
  return Pin<Segment>(segment.release());
}

Pin<Segment> SegmentPool::take_sparse() {
  auto segment = take_idle();
  segment->begin_sparse();
  return Pin<Segment>(segment.release());
}

std::unique_ptr<Segment> SegmentPool::take_idle() {
  std::unique_ptr<Segment> segment;
  {
    std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      segment = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (!segment) segment = std::make_unique<Segment>();
  segment->pool_ = shared_from_this();
  return segment;
}

void SegmentPool::put(std::unique_ptr<Segment> segment) noexcept {
  std::lock_guard lock(mutex_);
  if (idle_.size() < max_idle) idle_.push_back(std::move(segment));  // reserved: does not throw
}

Segment::~Segment() { clear(); }

void Segment::clear() noexcept {
  for (std::size_t i = 0; i < size_; ++i) slot(i)->~StreamEvent();
  size_ = 0;
}

void Segment::give_back() noexcept {
  clear();
  const auto pool = std::move(pool_);
  pool->put(std::unique_ptr<Segment>(this));
}

}  // namespace strandbus::detail
