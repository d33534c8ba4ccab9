#pragma once

#include "strandbus/event/stream_event.hpp"

#include <cstdint>
#include <set>
#include <string>

namespace strandbus::detail {

/// Which of our runs an AG-UI run shows, and what belongs to it: the outermost run, or the
/// outermost workflow, whose steps have runs of their own.
///
/// Threads: distinct objects.
class AgUiRoot {
 public:
  enum class Place : std::uint8_t {
    outside,  ///< the event is not shown
    inside,   ///< it belongs to what is shown
    begins,   ///< another one begins with it
  };

  /// Where an event stands.
  Place place(const StreamEvent& event);

  /// Shows a run that is known from its first event on.
  void begin();
  /// Shows what begins with this event.
  void begin(const StreamEvent& event);
  void end();

  /// Whether something is shown.
  bool shown() const noexcept { return shown_; }
  /// Its id; empty until its first event.
  const std::string& id() const noexcept { return id_; }
  /// Whether an event inside is one of a run below.
  bool is_below(const StreamEvent& event) const;
  /// Whether it is one of the workflow that is shown, and of none inside of it.
  bool is_of_workflow(const StreamEvent& event) const;

 private:
  bool is_in_workflow(const StreamEvent& event);

  bool shown_ = false;
  bool workflow_ = false;  // what is shown is one
  std::string id_;
  std::string ended_id_;                       // of what was shown before
  std::set<std::string, std::less<>> inside_;  // the workflows of what is shown
};

}  // namespace strandbus::detail
