#include "reader.hpp"

#include "bus_core.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace strandbus::detail {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

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
    : core_(std::move(core)), log_(core_->log()), options_(checked(std::move(options))) {}

Reader::~Reader() {
  return_credit();
  leave();
}

void Reader::begin_at(std::uint64_t seq) noexcept {
  next_ = seq;
  position_.store(seq, std::memory_order_seq_cst);
}

void Reader::leave() noexcept {
  {
    std::lock_guard lock(leaving_);
    left_ = true;
  }
  core_->remove_reader(*this);
}

error_code Reader::error() const noexcept {
  const Errc value = error_.load(std::memory_order_relaxed);
  return value == Errc{} ? error_code() : make_error_code(value);
}

bool Reader::at_end() const noexcept {
  return core_->closed() && held_.load(std::memory_order_relaxed) == 0 &&
         position() > log_.head();  // nothing is published after closing
}

Reader::Look Reader::look_further() {
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
  if (next_ == matched_) return Look::found;
  if (ending_ != Errc{}) return Look::ended;
  const Look seen = seek_uncommitted();
  if (rejected_ > 0) commit();
  return seen;
}

Reader::Look Reader::seek_uncommitted() {
  for (;;) {
    // While others publish this may go on and on; they wait for a blocking reader to get on.
    if (rejected_ >= batch_capacity) commit();
    if (next_ > known_head_) {
      // What a publisher changes for each event is looked at when everything known was read.
      const bool closed = core_->closed();  // before the head: nothing is published after closing
      known_head_ = log_.head();
      if (next_ > known_head_) {
        lag_told_ = false;
        if (!closed) return Look::nothing;
        ending_ = Errc::closed;
        return Look::ended;
      }
    }
    if (!find_next()) {
      ending_ = Errc::lagged;
      return Look::ended;
    }
    if (options_.filter.accepts_all() && options_.overflow != Overflow::coalesce) {
      reach_ = std::min(kept_.end(), known_head_ + 1);
      matched_ = next_;
      return Look::found;
    }
    if (find_in_segment()) {
      matched_ = next_;
      return Look::found;
    }
  }
}

/// Goes to the first event of this segment that passes the filter; beyond them if there is none.
bool Reader::find_in_segment() noexcept {
  const std::uint64_t end = std::min(kept_.end(), known_head_ + 1);
  for (; next_ < end; ++next_, ++rejected_) {
    const std::uint64_t seq = next_of_types(next_, end);
    rejected_ += seq - next_;
    next_ = seq;
    if (seq == end) return false;
    if (passes(kept_[seq])) return true;
  }
  return false;
}

/// The first seq from `seq` on whose type the filter may let pass; `end` if there is none before
/// it.
std::uint64_t Reader::next_of_types(std::uint64_t seq, std::uint64_t end) const noexcept {
  while (seq < end && !options_.filter.may_match(kept_.type_at(seq))) ++seq;
  return seq;
}

/// Comes to the first kept event, over what is gone; false when the policy does not allow a gap.
bool Reader::find_next() {
  if (kept_.covers(next_) && is_still_kept(next_)) return true;
  reach_ = 0;
  keep(holds_window_ ? following() : core_->find(next_));
  if (kept_.next == next_) return true;
  if (options_.overflow == Overflow::disconnect) return false;
  skip(kept_.next - next_);
  return true;
}

/// The segment after this one, without a look into the log. It is there as long as this blocking
/// reader has not left: it holds an event that was published and that the reader has not read.
KeptRun Reader::following() noexcept {
  std::unique_lock lock(leaving_);
  if (left_) {
    lock.unlock();
    return core_->find(next_);
  }
  Segment* const segment = kept_.segment->next();
  const std::uint64_t first = segment->first_seq();
  return {Pin<Segment>(segment), segment->data(), first, first + Segment::capacity - 1, next_};
}

void Reader::forget_place() noexcept {
  return_credit();
  kept_ = {};
  holds_window_ = false;
  reach_ = 0;
}

void Reader::keep(KeptRun run) noexcept {
  return_credit();
  kept_ = std::move(run);
  holds_window_ =
      holds_window_ || (options_.overflow == Overflow::block && kept_.next >= log_.tail());
}

void Reader::return_credit() noexcept {
  if (credit_ > 0) kept_.segment->release(std::exchange(credit_, 0));
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

bool Reader::matches(const StreamEvent& event) noexcept try {
  return options_.filter.matches(event);
} catch (...) {
  core_->report_callback_error(std::current_exception(), event);
  return false;
}

void Reader::count_merged() noexcept {
  add(merged_, std::exchange(taken_merged_, 0));
  held_.store(held_.load(std::memory_order_relaxed) - std::exchange(taken_held_, 0),
              std::memory_order_relaxed);
}

/// Wakes whoever waits for this blocking reader to come so far.
void Reader::tell_advance() noexcept {
  // Pairs with the heavy barrier of those who wait: here position_ is stored and then the numbers
  // of BusCore are loaded, there it is the other way round.
  sync::light_barrier();
  core_->blocking_reader_advanced(next_);
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
  coalescer_.add(event, pin());
  if (first && options_.coalesce_window > milliseconds(0)) {
    // How long it has been waiting already is told by the clock that stamped it.
    const std::chrono::nanoseconds window = options_.coalesce_window;
    const auto left = std::clamp(window - (core_->clock_now() - event.ts()), {}, window);
    held_until_ = steady_clock::now() + left;
  }
  ++next_;
  add(held_, 1);
  commit();
  if (coalescer_.full()) flush();
}

void Reader::flush() { coalescer_.flush(pending_missed_, ready_); }

std::optional<steady_clock::time_point> Reader::held_until() const noexcept {
  if (coalescer_.empty() || !ready_.empty()) return std::nullopt;
  return held_until_;
}

/// Takes the first of what was collected.
Delivery Reader::take_collected() {
  if (ready_.empty()) look_collecting();  // what came since goes with it
  if (ready_.empty()) flush();
  ++taken_;
  Coalescer::Merged merged = std::move(ready_.front());
  ready_.erase(ready_.begin());
  taken_held_ += merged.parts;
  taken_merged_ += merged.parts - 1;
  return std::move(merged.delivery);
}

Batch Reader::take_batch(std::size_t limit) {
  if (has_collected()) return Batch(take());
  // The head first: it shows whether the segment was sealed, and what lies beyond a seal does not
  // exist.
  if (known_head_ < kept_.last) known_head_ = log_.head();
  const std::uint64_t end = std::min(kept_.end(), known_head_ + 1);
  const bool collects = options_.overflow == Overflow::coalesce;
  std::uint64_t selected = 0;
  for (; next_ < end && taken_ < limit; ++next_) {
    const std::uint64_t seq = next_of_types(next_, end);
    rejected_ += seq - next_;
    next_ = seq;
    if (seq == end) break;
    const StreamEvent& event = kept_[next_];
    if (collects && Coalescer::mergeable(event)) break;
    if (next_ == matched_ || passes(event)) {
      selected |= std::uint64_t{1} << (next_ - kept_.first);
      ++taken_;
    } else {
      ++rejected_;
    }
  }
  commit();
  return Batch(kept_.events, selected, pin(), std::exchange(pending_missed_, 0));
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

ReaderStats Reader::current_stats() const { return stats(log_.head()); }

}  // namespace strandbus::detail
