#pragma once

#include "event/heap_bytes.hpp"
#include "strandbus/bus/publisher.hpp"
#include "strandbus/event/stream_event.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <utility>

namespace strandbus::detail {

/// An event that is published: what the bus wants to know of it before it has a place, and the way
/// into that place.
class EventDraft {
 public:
  explicit EventDraft(StreamEvent& event) noexcept : event_(event) {}

  EventType type() const noexcept { return event_.type(); }
  const std::shared_ptr<const RunContext>& context() const noexcept {
    return event_.shared_context();
  }
  std::size_t approximate_bytes() const noexcept { return event_.approximate_bytes(); }
  /// The format of component ids is enforced where an application gives the name.
  bool has_valid_name() const;
  Timestamp ts(Timestamp now) const noexcept { return now; }
  EventId id(EventIdGenerator& ids, Timestamp ts) const noexcept { return ids.next(ts); }
  void place(void* slot) noexcept { new (slot) StreamEvent(std::move(event_)); }

 private:
  StreamEvent& event_;
};

/// An event that was stamped elsewhere: it keeps its id, and its time where that is not to come.
class GivenDraft : public EventDraft {
 public:
  explicit GivenDraft(StreamEvent& event) noexcept
      : EventDraft(event), id_(event.id()), ts_(event.ts()) {}

  Timestamp ts(Timestamp now) const noexcept { return std::min(ts_, now); }
  EventId id(EventIdGenerator&, Timestamp) const noexcept { return id_; }

 private:
  EventId id_;
  Timestamp ts_;
};

/// A delta, which becomes an event only in its place: the most frequent events are moved once less.
template <class Delta>
class DeltaDraft {
 public:
  DeltaDraft(Delta& delta, const Envelope& envelope) noexcept
      : delta_(delta), envelope_(envelope) {}

  EventType type() const noexcept { return Delta::event_type; }
  const std::shared_ptr<const RunContext>& context() const noexcept { return envelope_.context; }
  std::size_t approximate_bytes() const noexcept {
    return sizeof(StreamEvent) + delta_heap_bytes(delta_);
  }
  bool has_valid_name() const noexcept { return true; }
  Timestamp ts(Timestamp now) const noexcept { return now; }
  EventId id(EventIdGenerator& ids, Timestamp ts) const noexcept { return ids.next(ts); }
  void place(void* slot) noexcept {
    auto* const event = new (slot) StreamEvent(std::move(delta_), envelope_.context);
    event->set_turn(envelope_.turn).set_span(envelope_.span, envelope_.parent_span);
  }

 private:
  Delta& delta_;
  const Envelope& envelope_;
};

}  // namespace strandbus::detail
