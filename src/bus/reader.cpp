#include "reader.hpp"

#include "bus_core.hpp"

#include <algorithm>
#include <utility>

namespace strandbus::detail {
namespace {

// The owner is the only writer: no read-modify-write is needed.
void add(sync::Atomic<std::uint64_t>& counter, std::uint64_t count) noexcept {
  counter.store(counter.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
}

}  // namespace

Reader::Reader(std::shared_ptr<BusCore> core, Options options)
    : core_(std::move(core)), options_(std::move(options)) {}

Reader::~Reader() { leave(); }

void Reader::begin_at(std::uint64_t seq) noexcept {
  next_ = seq;
  position_.store(seq, std::memory_order_seq_cst);
}

void Reader::leave() noexcept { core_->remove_reader(*this); }

error_code Reader::error() const noexcept {
  const Errc value = error_.load(std::memory_order_relaxed);
  return value == Errc{} ? error_code() : make_error_code(value);
}

bool Reader::at_end() const noexcept {
  return core_->closed() && position() > core_->log().head();  // nothing is published after closing
}

Reader::Look Reader::look() {
  for (;;) {
    if (error_.load(std::memory_order_relaxed) != Errc{}) return Look::ended;
    if (next_ == matched_) return Look::found;
    const bool closed = core_->closed();  // before the head: nothing is published after closing
    if (next_ > core_->log().head()) {
      if (!closed) return Look::nothing;
      error_.store(Errc::closed, std::memory_order_relaxed);
      return Look::ended;
    }
    if (!catch_up()) {
      error_.store(Errc::lagged, std::memory_order_relaxed);
      leave();
      return Look::ended;
    }
    const StreamEvent* event = pin_next();
    if (!event) continue;
    if (passes(*event)) {
      matched_ = next_;
      return Look::found;
    }
    add(filtered_, 1);
    advance_to(next_ + 1);
  }
}

/// Jumps over what is no longer kept; false when the policy does not allow it.
bool Reader::catch_up() {
  const std::uint64_t tail = core_->log().tail();
  if (next_ >= tail) return true;
  if (options_.overflow == Overflow::disconnect) return false;
  const std::uint64_t gone = tail - next_;
  pending_missed_ += gone;
  add(missed_, gone);
  advance_to(tail);
  return true;
}

/// The event that is looked at; none if it was evicted since the tail was read.
const StreamEvent* Reader::pin_next() {
  if (!pin_ || next_ < pin_->first_seq() || next_ >= pin_->end_seq()) {
    pin_ = core_->find_segment(next_);
    if (!pin_) return nullptr;
  }
  return &(*pin_.get())[next_];
}

bool Reader::passes(const StreamEvent& event) noexcept {
  if (options_.filter.accepts_all()) return true;
  try {
    return options_.filter.matches(event);
  } catch (...) {
    core_->report_callback_error(std::current_exception(), event);
    return false;
  }
}

void Reader::advance_to(std::uint64_t seq) noexcept {
  next_ = seq;
  if (options_.overflow == Overflow::block) {
    // Pairs with the writable flag of BusCore: this store, then that load; there the other way
    // round.
    position_.store(seq, std::memory_order_seq_cst);
    core_->blocking_reader_advanced(seq);
  } else {
    position_.store(seq, std::memory_order_release);
  }
}

Delivery Reader::take() {
  const StreamEvent& event = (*pin_.get())[next_];
  Delivery delivery(event, Pin<EventOwner>(pin_.get()), next_, std::exchange(pending_missed_, 0));
  add(delivered_, 1);
  advance_to(next_ + 1);
  return delivery;
}

Batch Reader::take_batch(std::size_t limit) {
  const std::uint64_t first = pin_->first_seq();
  // The head first: it shows whether the segment was sealed, and what lies beyond a seal does not
  // exist.
  const std::uint64_t head = core_->log().head();
  const std::uint64_t end = std::min(pin_->end_seq(), head + 1);
  std::uint64_t selected = 0;
  std::uint64_t taken = 0;
  std::uint64_t rejected = 0;
  std::uint64_t seq = next_;
  for (; seq < end && taken < limit; ++seq) {
    if (seq == matched_ || passes((*pin_.get())[seq])) {
      selected |= std::uint64_t{1} << (seq - first);
      ++taken;
    } else {
      ++rejected;
    }
  }
  Batch batch(pin_->data(), selected, Pin<EventOwner>(pin_.get()),
              std::exchange(pending_missed_, 0));
  add(delivered_, taken);
  add(filtered_, rejected);
  advance_to(seq);
  return batch;
}

ReaderStats Reader::stats(std::uint64_t head) const {
  ReaderStats stats;
  stats.name = options_.name;
  stats.overflow = options_.overflow;
  stats.delivered = delivered_.load(std::memory_order_relaxed);
  stats.filtered = filtered_.load(std::memory_order_relaxed);
  stats.missed = missed_.load(std::memory_order_relaxed);
  const std::uint64_t position = position_.load(std::memory_order_relaxed);
  stats.lag = head >= position ? head + 1 - position : 0;
  return stats;
}

ReaderStats Reader::current_stats() const { return stats(core_->log().head()); }

}  // namespace strandbus::detail
