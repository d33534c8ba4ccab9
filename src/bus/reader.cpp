#include "reader.hpp"

#include "bus_core.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace strandbus::detail {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// The owner is the only writer: no read-modify-write is needed.
void add(sync::Atomic<std::uint64_t>& counter, std::uint64_t count) noexcept {
  counter.store(counter.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
}

Reader::Options checked(Reader::Options options) {
  const milliseconds window = options.coalesce_window;
  if (window < milliseconds(0)) {
    throw std::invalid_argument("coalesce_window is " + std::to_string(window.count()) +
                                " ms; allowed is at least 0");
  }
  if (window > milliseconds(0) && options.overflow != Overflow::coalesce) {
    throw std::invalid_argument("coalesce_window is " + std::to_string(window.count()) +
                                " ms; it needs Overflow::coalesce");
  }
  return options;
}

}  // namespace

Reader::Reader(std::shared_ptr<BusCore> core, Options options)
    : core_(std::move(core)), options_(checked(std::move(options))) {}

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
  return core_->closed() && held_.load(std::memory_order_relaxed) == 0 &&
         position() > core_->log().head();  // nothing is published after closing
}

Reader::Look Reader::look() {
  if (error_.load(std::memory_order_relaxed) != Errc{}) return Look::ended;
  if (options_.overflow == Overflow::coalesce) return look_collecting();
  const Look seen = seek();
  return seen == Look::ended ? end() : seen;
}

Reader::Look Reader::end() noexcept {
  error_.store(ending_, std::memory_order_relaxed);
  if (ending_ == Errc::lagged) leave();
  return Look::ended;
}

/// Moves the cursor to the next event that the filter accepts.
Reader::Look Reader::seek() {
  for (;;) {
    if (ending_ != Errc{}) return Look::ended;
    if (next_ == matched_) return Look::found;
    const bool closed = core_->closed();  // before the head: nothing is published after closing
    if (next_ > core_->log().head()) {
      lag_told_ = false;
      if (!closed) return Look::nothing;
      ending_ = Errc::closed;
      return Look::ended;
    }
    if (!find_next()) {
      ending_ = Errc::lagged;
      return Look::ended;
    }
    if (passes(kept_[next_])) {
      matched_ = next_;
      return Look::found;
    }
    pass_over(filtered_);
  }
}

/// Comes to the first kept event, over what is gone; false when the policy does not allow a gap.
bool Reader::find_next() {
  if (kept_.covers(next_) && next_ >= core_->log().tail()) return true;
  kept_ = core_->find(next_);
  if (kept_.next == next_) return true;
  if (options_.overflow == Overflow::disconnect) return false;
  skip(kept_.next - next_);
  return true;
}

void Reader::skip(std::uint64_t gone) {
  if (!coalescer_.empty()) flush();  // what stands before a gap is not mixed with what follows it
  pending_missed_ += gone;
  next_ += gone;
  add(missed_, gone);
  commit();
  if (std::exchange(lag_told_, true) || !core_->options().lag_notices) return;
  core_->tell_lag(options_.name, gone);
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

void Reader::pass_over(sync::Atomic<std::uint64_t>& account) noexcept {
  ++next_;
  add(account, 1);
  commit();
}

/// Lets what was taken count as read.
void Reader::commit() noexcept {
  if (taken_ > 0) {
    add(delivered_, std::exchange(taken_, 0));
    add(merged_, std::exchange(taken_merged_, 0));
    held_.store(held_.load(std::memory_order_relaxed) - std::exchange(taken_held_, 0),
                std::memory_order_relaxed);
  }
  if (options_.overflow == Overflow::block) {
    // Pairs with the waiters' counts of BusCore: this store, then that load; there the other way
    // round.
    position_.store(next_, std::memory_order_seq_cst);
    core_->blocking_reader_advanced(next_);
  } else {
    position_.store(next_, std::memory_order_release);
  }
}

/// As seek(), but deltas are collected until something else comes, or what holds them is over.
Reader::Look Reader::look_collecting() {
  while (ready_.empty()) {
    const Look seen = seek();
    if (!ready_.empty()) break;  // a gap came
    if (seen == Look::found && Coalescer::mergeable(kept_[next_])) {
      collect(kept_[next_]);
    } else if (coalescer_.empty()) {
      return seen == Look::ended ? end() : seen;
    } else if (seen == Look::nothing) {
      return steady_clock::now() < held_until_ ? Look::nothing : Look::found;
    } else {
      flush();
    }
  }
  return Look::found;
}

void Reader::collect(const StreamEvent& event) {
  const bool first = coalescer_.empty();
  coalescer_.add(event, Pin<EventOwner>(kept_.segment.get()));
  if (first && options_.coalesce_window > milliseconds(0)) {
    // How long it has been waiting already is told by the clock that stamped it.
    const std::chrono::nanoseconds window = options_.coalesce_window;
    const auto left = std::clamp(window - (core_->clock_now() - event.ts()), {}, window);
    held_until_ = steady_clock::now() + left;
  }
  pass_over(held_);
  if (coalescer_.full()) flush();
}

void Reader::flush() { coalescer_.flush(pending_missed_, ready_); }

std::optional<steady_clock::time_point> Reader::held_until() const noexcept {
  if (coalescer_.empty() || !ready_.empty()) return std::nullopt;
  return held_until_;
}

Delivery Reader::take() {
  Delivery delivery = take_uncommitted();
  commit();
  return delivery;
}

Delivery Reader::take_uncommitted() {
  if (ready_.empty() && !coalescer_.empty()) look_collecting();  // what came since goes with it
  if (ready_.empty() && !coalescer_.empty()) flush();
  ++taken_;
  if (!ready_.empty()) {
    Coalescer::Merged merged = std::move(ready_.front());
    ready_.erase(ready_.begin());
    taken_held_ += merged.parts;
    taken_merged_ += merged.parts - 1;
    return std::move(merged.delivery);
  }
  Delivery delivery(kept_[next_], Pin<EventOwner>(kept_.segment.get()), next_,
                    std::exchange(pending_missed_, 0));
  ++next_;
  return delivery;
}

Batch Reader::take_batch(std::size_t limit) {
  if (has_collected()) return Batch(take());
  // The head first: it shows whether the segment was sealed, and what lies beyond a seal does not
  // exist.
  const std::uint64_t head = core_->log().head();
  const std::uint64_t end = std::min(kept_.end(), head + 1);
  const bool collects = options_.overflow == Overflow::coalesce;
  std::uint64_t selected = 0;
  std::uint64_t rejected = 0;
  for (; next_ < end && taken_ < limit; ++next_) {
    const StreamEvent& event = kept_[next_];
    if (collects && Coalescer::mergeable(event)) break;
    if (next_ == matched_ || passes(event)) {
      selected |= std::uint64_t{1} << (next_ - kept_.first);
      ++taken_;
    } else {
      ++rejected;
    }
  }
  add(filtered_, rejected);
  commit();
  return Batch(kept_.events, selected, Pin<EventOwner>(kept_.segment.get()),
               std::exchange(pending_missed_, 0));
}

ReaderStats Reader::stats(std::uint64_t head) const {
  ReaderStats stats;
  stats.name = options_.name;
  stats.overflow = options_.overflow;
  stats.delivered = delivered_.load(std::memory_order_relaxed);
  stats.merged = merged_.load(std::memory_order_relaxed);
  stats.filtered = filtered_.load(std::memory_order_relaxed);
  stats.missed = missed_.load(std::memory_order_relaxed);
  const std::uint64_t position = position_.load(std::memory_order_relaxed);
  stats.lag = held_.load(std::memory_order_relaxed);
  if (head >= position) stats.lag += head + 1 - position;
  return stats;
}

ReaderStats Reader::current_stats() const { return stats(core_->log().head()); }

}  // namespace strandbus::detail
