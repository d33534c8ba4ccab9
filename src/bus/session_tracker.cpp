#include "strandbus/bus/session_tracker.hpp"

#include "sync.hpp"

#include <mutex>
#include <utility>

namespace strandbus {

/// The state and its lock. No lock of the bus is held where this one is taken; attach takes the
/// bus's under it.
struct SessionTracker::Tracked {
  detail::sync::Mutex mutex;
  SessionState state;
};

SessionTracker::SessionTracker(EventBus& bus)
    : source_(bus.publisher({})),
      executor_(bus.get_executor()),
      tracked_(std::make_shared<Tracked>()),
      subscription_(bus.subscribe(
          [tracked = tracked_](const StreamEvent& event) {
            std::lock_guard lock(tracked->mutex);
            tracked->state.apply(event);
          },
          {.from = Start::oldest(), .overflow = Overflow::block, .name = "session_tracker"})) {}

SessionTracker::~SessionTracker() = default;

SessionState SessionTracker::snapshot() const {
  std::lock_guard lock(tracked_->mutex);
  return tracked_->state;
}

Attachment SessionTracker::attach(StreamOptions options) const {
  return attach(executor_, std::move(options));
}

Attachment SessionTracker::attach(asio::any_io_executor executor, StreamOptions options) const {
  // While this is held the callback does not return from the event behind last_seq, and the bus
  // keeps what a blocking callback has not returned from: nothing can go before the stream joins.
  std::lock_guard lock(tracked_->mutex);
  const std::uint64_t seq = tracked_->state.last_seq;
  options.from = seq == 0 ? Start::oldest() : Start::after(seq);
  return {tracked_->state, source_.stream(std::move(executor), std::move(options))};
}

}  // namespace strandbus
