#pragma once

#include "strandbus/event/stream_event.hpp"

#include <bitset>
#include <functional>
#include <initializer_list>
#include <string>
#include <vector>

namespace strandbus {

/// Which events a reader wants. Starts by accepting everything; each call narrows it, so that an
/// event passes when it fits every dimension that was named:
///
///     Filter().scopes({Scope::tool}).run("run_7")
///
/// Threads: distinct objects. A predicate never runs under a lock. For a stream it runs in the
/// calls that read and on the executor that wakes it, not on a strand of the coroutine that reads;
/// for a callback on its executor or, without one, in the thread that delivers.
/// Cost: types, scopes and stages together are one bit test.
class Filter {
 public:
  using Predicate = std::function<bool(const StreamEvent&)>;

  Filter();

  /// Only these types.
  Filter& types(std::initializer_list<EventType> wanted);
  /// All types but these.
  Filter& without(std::initializer_list<EventType> unwanted);
  /// Only events about these parts of the system.
  Filter& scopes(std::initializer_list<Scope> wanted);
  /// Only events of these stages.
  Filter& stages(std::initializer_list<Stage> wanted);
  /// Only events that leave their component in one of these states.
  Filter& statuses(std::initializer_list<Status> wanted);
  /// Only events of this run; call again for a second run.
  Filter& run(std::string run_id);
  /// Only events of the agent of this name; call again for a second one.
  Filter& agent(std::string name);
  /// Only events for which `predicate` says true. An exception of it counts as false and is
  /// reported like one of a callback. A predicate of a stream owns what it uses: it may be running
  /// on the waking executor while another thread destroys the stream.
  Filter& where(Predicate predicate);

  /// Whether the event passes. Throws what the predicate throws.
  bool matches(const StreamEvent& event) const {
    return may_match(event.type()) && (only_types_ || matches_the_rest(event));
  }
  /// Whether any event of this type passes.
  bool may_match(EventType type) const noexcept { return types_[static_cast<std::size_t>(type)]; }

  /// Whether no narrowing call was made.
  bool accepts_all() const noexcept { return accepts_all_; }

 private:
  bool matches_the_rest(const StreamEvent& event) const;

  std::bitset<event_type_count> types_;
  std::bitset<8> statuses_;
  std::vector<std::string> runs_;
  std::vector<std::string> agents_;
  std::vector<Predicate> predicates_;
  bool accepts_all_ = true;
  bool only_types_ = true;
};

}  // namespace strandbus
