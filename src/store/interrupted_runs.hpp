#pragma once

#include "strandbus/event/stream_event.hpp"
#include "strandbus/event/tool_payloads.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::detail {

/// Finds what a writer that was killed has left open, and says the events that end it, so that the
/// rules of a trace hold again: every start has one end, every call its answer, every run its
/// terminal event, with the sums that its events give.
///
/// Pure. Threads: distinct objects.
class InterruptedRuns {
 public:
  static constexpr std::string_view reason = "interrupted: the program was stopped";

  /// Takes note of the next event of the session.
  void add(const StreamEvent& event);

  /// Whether nothing is open.
  bool empty() const noexcept { return runs_.empty() && work_.empty(); }

  /// Calls that wait for an approval in a run that has no run around it, and of which everything is
  /// known: what was redacted in their arguments is not. They can be offered again.
  std::vector<ApprovalRequested> unapproved() const;

  /// Whether all that goes on is to wait for approvals, each of which can be offered again.
  bool only_waits() const;

  /// The events that end what is open, the innermost first, without stamp. `now` is what durations
  /// end with.
  std::vector<StreamEvent> ends(Timestamp now) const;

 private:
  struct Visitor;

  /// What has started and has no end: its start, whose context, turn and spans the end shares.
  struct Part {
    EventType type{};
    std::string id{};
    StreamEvent start{};
  };
  struct OpenRun {
    StreamEvent start{};
    std::vector<Part> parts{};
    std::vector<std::string> unanswered{};  ///< calls of the newest message of the model
    Usage usage{};
    Usage turn_usage{};
    std::optional<NanoUsd> cost{};  ///< as far as it was said
    std::int64_t turns{};
    std::int64_t requests{};
    std::int64_t calls{};
  };

  void end(const std::string& run_id, Outcome outcome);
  OpenRun* run_of(const StreamEvent& event);
  static const ApprovalRequested* waiting_call(const OpenRun& run, const std::string& call_id);
  void end_run(const OpenRun& run, Timestamp now, std::vector<StreamEvent>& ends) const;

  void end_parts(const std::vector<Part>& parts, bool turns, const Usage& turn_usage, Timestamp now,
                 std::vector<StreamEvent>& ends) const;

  std::vector<OpenRun> runs_;                             // in the order of their starts
  std::vector<Part> work_;                                // of no run: workflows and their steps
  std::map<std::string, Outcome, std::less<>> children_;  // that have ended, while a run is open
};

}  // namespace strandbus::detail
