#pragma once

#include "strandbus/bus/event_bus.hpp"
#include "strandbus/bus/session_state.hpp"

#include <memory>

namespace strandbus {

/// The state of a session up to state.last_seq, and a stream of what comes after it.
struct [[nodiscard]] Attachment {
  SessionState state{};
  EventStream stream{};
};

/// Keeps the SessionState of a bus, so that whoever joins late gets the present at once, without
/// reading the past and however little of it the bus still keeps.
///
///     auto [state, stream] = tracker.attach();
///     send(to_json(state));
///     while (auto delivery = co_await stream.next()) send(to_json(delivery->event()));
///
/// An ordinary blocking callback (Overflow::block) that begins with the oldest kept event; what was
/// gone before that counts as SessionState::missed. Make the tracker before the first publish, and
/// it misses nothing. It folds each event in the publishing thread, before publish returns.
///
/// The hard bound. Being synchronous it has no backlog of its own making. But callbacks are called
/// one after the other: while another callback of the bus holds the delivery up, what is published
/// meanwhile is unread by the tracker too and is kept for it, and at BusOptions::backlog_hard
/// publish refuses, as for any blocking reader. Ends and terminal events always fit.
///
/// Threads:  any thread, also inside a callback of the same bus.
/// Lifetime: may outlive the bus; state and history can still be read then.
/// Cost:     one short lock per event. snapshot and attach copy the state under that lock, so they
///           hold publishers up for as long as the copy takes.
class SessionTracker {
 public:
  /// A tracker of what this bus keeps and of all that it will publish.
  explicit SessionTracker(EventBus& bus);
  SessionTracker(const SessionTracker&) = delete;
  SessionTracker& operator=(const SessionTracker&) = delete;
  ~SessionTracker();

  /// The state as of now.
  SessionState snapshot() const;

  /// The state up to some seq and a stream that begins right behind it: no hole and no repeat,
  /// whatever other threads publish meanwhile. `options.from` is not looked at.
  ///
  /// The first form wakes the stream on the bus's executor. The stream has its own overflow policy;
  /// if it misses events later, that shows as with any stream. On a closed bus it gives what is
  /// kept and ends.
  Attachment attach(StreamOptions options = {}) const;
  Attachment attach(asio::any_io_executor executor, StreamOptions options = {}) const;

 private:
  struct Tracked;

  const Publisher source_;  // opens streams also when the bus is gone
  const asio::any_io_executor executor_;
  const std::shared_ptr<Tracked> tracked_;  // also held by the callback, which may outlive us
  const Subscription subscription_;
};

}  // namespace strandbus
