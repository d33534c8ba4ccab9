#pragma once

#include "strandbus/event/describe.hpp"
#include "strandbus/event/stream_event.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace strandbus {
namespace detail {
class TraceState;
}

/// Which promise a sequence of events breaks.
enum class TraceRule : std::uint8_t {
  seq,           ///< seqs are 1, 2, 3 … without gaps
  time,          ///< ts never decreases
  id,            ///< no two events have one id
  session,       ///< all events belong to one session
  run,           ///< run_started comes first in a run and its one terminal event last
  pairing,       ///< every start has exactly one end, and both speak of the same
  span,          ///< a start and its end share a span, and a span has one parent
  parent,        ///< parents are known; a nested run is one deeper than its parent
  place,         ///< pieces come between the start and the end of what they are a piece of
  text,          ///< the pieces of a text make the whole that its end repeats
  call,          ///< a tool call begins, gets its arguments, is ready: in this order, once
  conversation,  ///< every tool call is answered once, directly after it, in order
  totals         ///< sums and counts are those of the events
};
BOOST_DESCRIBE_ENUM(TraceRule, seq, time, id, session, run, pairing, span, parent, place, text,
                    call, conversation, totals)

/// One broken promise.
struct TraceFinding {
  TraceRule rule{};
  std::uint64_t seq{};     ///< of the event where it shows
  std::size_t line{};      ///< of its file, as it was given to add; 0 = none
  std::string type{};      ///< wire name of the event
  std::string run_id{};    ///< of the event; empty = no run
  std::string problem{};   ///< what is wrong
  std::string expected{};  ///< what would be right
};

/// One line for people: "seq 12, tool_call_completed: …; expected …".
std::string to_string(const TraceFinding& finding);

/// Something that has started and has no end yet.
struct TraceOpenRun {
  std::string run_id{};
  std::uint64_t since_seq{};
  std::vector<std::string> inside{};  ///< what is open in it: "turn 2", "tool call tc1"
};

struct TraceCheckOptions {
  std::size_t max_findings = 1000;  ///< that are kept; further ones are only counted
  /// Of a fork, its forked_at: events before this seq may belong to other sessions, and so may the
  /// ends of what they have left open. 0 = it is no fork.
  std::uint64_t own_from_seq = 0;
};

/// Checks that a sequence of events keeps what the vocabulary promises, event by event.
///
///     TraceChecker checker;
///     for (const StreamEvent& event : events) checker.add(event);
///     for (const TraceFinding& finding : checker.findings()) show(to_string(finding));
///
/// Give it everything that was published on one bus, in order: what a filter leaves out shows as a
/// gap. Of a run that has lost events, sums and texts are not judged. What has no end when the
/// events end is no fault: the writer may have been interrupted, and open_runs() tells.
///
/// Usage. A request that failed does not say what it has used, so the sums of a run with failed
/// requests must only be no less than what the completed ones say.
///
/// Pure: no clock, no file. A copy does not exist; a checker can be moved.
///
/// Threads: distinct objects.
/// Cost:    amortised constant per event and what is open; memory of 16 bytes per event, and for
///          each span, run and call that it has seen.
class TraceChecker {
 public:
  explicit TraceChecker(TraceCheckOptions options = {});
  TraceChecker(TraceChecker&&) noexcept;
  TraceChecker& operator=(TraceChecker&&) noexcept;
  ~TraceChecker();

  /// Checks the next event. `line` is where it stands, for the findings.
  void add(const StreamEvent& event, std::size_t line = 0);

  /// What was found so far, in the order of the events.
  const std::vector<TraceFinding>& findings() const noexcept;
  /// How many were found; more than findings() has when there were too many to keep.
  std::uint64_t found() const noexcept;

  std::uint64_t events() const noexcept;
  /// How many runs have started.
  std::uint64_t runs() const noexcept;

  /// The runs without a terminal event, oldest first. Those that session_restored declares
  /// interrupted are no longer open.
  std::vector<TraceOpenRun> open_runs() const;
  /// Workflows, their steps and background tasks without an end: "workflow build".
  std::vector<std::string> open_work() const;

 private:
  std::unique_ptr<detail::TraceState> state_;
};

/// What is wrong with a whole sequence of events.
std::vector<TraceFinding> check_trace(std::span<const StreamEvent> events);

}  // namespace strandbus
