#pragma once

#include "strandbus/event/stream_event.hpp"
#include "strandbus/store/event_store.hpp"

#include <boost/unordered/unordered_flat_set.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

namespace strandbus::detail {

/// Which events a session takes from agents outside of it, and which of those that it has came from
/// there.
///
/// What says so is in the events themselves, so that it is known again after a restart:
/// run_started, and an event of no run, get a member `"origin":"outside"`; the other events belong
/// to such a run.
///
/// Pure. Threads: distinct objects.
/// Cost:  about 25 bytes for each event of the session.
class EventIntake {
 public:
  /// Runs from outside that may be open at the same time.
  static constexpr std::size_t max_open_runs = 1024;

  /// Why nobody may publish such an event from outside, as "/id: …"; empty if he may.
  static std::string fault_of(const StreamEvent& event);
  /// The event with what says that it came from outside, where that is needed.
  static StreamEvent marked(StreamEvent event);

  /// Whether the session has an event of this id.
  bool has(const EventId& id) const { return ids_.contains(id); }
  /// Why the event cannot be published now.
  std::optional<StoreError> refusal(const StreamEvent& event) const;

  /// Takes note of an event of the session, of any origin, in the order of the events.
  void note(const StreamEvent& event);
  /// Takes note of one that is known not to come from outside.
  void note_id(const EventId& id) { ids_.insert(id); }
  /// Whether the event came from outside. Asked before it is noted.
  bool is_from_outside(const StreamEvent& event) const;
  /// Whether a run that was begun from outside has not ended.
  bool has_open_run() const noexcept { return !runs_.empty(); }

 private:
  struct HashId {
    std::size_t operator()(const EventId& id) const noexcept {
      return static_cast<std::size_t>(id.high * 0x9E3779B97F4A7C15U ^ id.low);
    }
  };

  boost::unordered_flat_set<EventId, HashId> ids_;
  std::unordered_set<std::string> runs_;  ///< from outside, open
};

}  // namespace strandbus::detail
