#pragma once

#include "strandbus/bus/delivery.hpp"
#include "strandbus/bus/session_parts.hpp"
#include "strandbus/event/stream_event.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace strandbus {

/// What somebody who joins late must know to draw the present: the events of a session, folded.
///
///     SessionState state;
///     for (const StreamEvent& event : events) state.apply(event);
///
/// A plain value. The same events give the same state, however often it was copied in between, and
/// live, restored and replayed events count alike. It holds the present and not the transcript: a
/// message leaves when it was committed, a tool when its call has ended.
///
/// Whatever was started is here until its own end, until the end of its turn, or at the latest
/// until the end of its run; so a missed end leaves nothing behind. session_restored ends the runs
/// that the former process left open: they failed with ErrorCode::interrupted.
///
/// What was missed. A gap between two seqs is counted, whether the events were lost or filtered,
/// and every text that was being streamed is marked incomplete. Events that hold the whole repair
/// it: model_completed the text of its request and the arguments of its calls, bash_executed the
/// output, turn_ended and the terminal event the usage. A run whose start was missed appears with
/// its first event.
///
/// Usage. Of a running run it is the turn_ended of its turns and the model_completed of the turn
/// that is not over. usage_update and the terminal event speak of the whole run, so they replace
/// that sum. The session's usage is the sum over its runs; a run does not contain the runs of its
/// sub-agents, which report for themselves. A cost is known when the run has said it.
///
/// Bounds. Every list of what is open holds at most max_open entries; beyond that the oldest is
/// forgotten and counted in `forgotten`. Texts keep their newest part, at least half of their
/// bound. What came in one event, as the arguments of a call, is kept as it came.
///
/// Threads: distinct objects.
/// Cost:    apply is linear in what is open, not in what has passed; a copy copies the texts.
struct SessionState {
  /// Bytes of one message, or of the arguments of one tool call, while it is being written.
  static constexpr std::size_t max_text_bytes = 256 * 1024;
  /// Bytes of one stream of one running tool.
  static constexpr std::size_t max_output_bytes = 64 * 1024;
  /// Runs that have ended.
  static constexpr std::size_t max_ended_runs = 64;
  /// Entries of each list of what is open.
  static constexpr std::size_t max_open = 256;

  /// Folds one event. An event whose seq is not greater than last_seq is a repeat and is ignored;
  /// so is one that was never published.
  void apply(const StreamEvent& event);

  /// The same for a delivery, which may stand for several events that were merged. Of one that
  /// reaches back before last_seq the rest counts as missed: the text cannot be taken apart.
  void apply(const Delivery& delivery);

  /// Whether nothing is open: no run, message, tool, approval, workflow or task.
  bool idle() const noexcept;

  std::uint64_t last_seq{};  ///< of the newest event; 0 = none
  std::uint64_t missed{};    ///< events up to last_seq that were never seen
  Timestamp ts{};            ///< of the newest event

  std::string session_id{};
  std::string workspace{};  ///< its root
  std::string title{};
  std::string client{};

  std::vector<RunState> runs{};        ///< that have not ended, oldest first
  std::vector<RunState> ended_runs{};  ///< the last max_ended_runs, oldest first
  std::int64_t ended_runs_dropped{};   ///< that ended before those

  std::vector<OpenModelRequest> model_requests{};
  std::vector<OpenMessage> open_messages{};
  std::vector<OpenToolCall> open_calls{};
  std::vector<RunningTool> running_tools{};
  std::vector<PendingApproval> pending_approvals{};
  std::vector<PendingRetry> retries{};
  std::vector<RunningWorkflow> workflows{};
  std::vector<RunningWorkflowStep> workflow_steps{};
  std::vector<RunningSubagent> subagents{};
  std::vector<RunningBackgroundTask> background_tasks{};
  std::int64_t forgotten{};  ///< of all these, because a list was full

  std::vector<PlanItem> plan{};       ///< of a plan_updated that belonged to no run
  std::int64_t committed_messages{};  ///< messages that were seen to enter the conversation
  Usage usage{};                      ///< of all runs
  Usage settled_usage{};              ///< the part of it that no longer changes
  NanoUsd cost{};                     ///< as far as it is known
  NanoUsd settled_cost{};             ///< the part of it that no longer changes
  std::int64_t unpriced_runs{};       ///< ended runs that used tokens and said no cost

  std::optional<Timestamp> created{};         ///< session_created
  std::optional<SessionRestored> restored{};  ///< the newest
  std::optional<Timestamp> closed{};          ///< session_closed; empty after a restore
  std::string close_reason{};
  std::optional<LastError> last_error{};
};
STRANDBUS_DESCRIBE(SessionState, 5, last_seq, missed, ts, session_id, workspace, title, client,
                   runs, ended_runs, ended_runs_dropped, model_requests, open_messages, open_calls,
                   running_tools, pending_approvals, retries, workflows, workflow_steps, subagents,
                   background_tasks, forgotten, plan, committed_messages, usage, settled_usage,
                   cost, settled_cost, unpriced_runs, created, restored, closed, close_reason,
                   last_error)

/// Appends the state as one JSON object whose keys are the member names, in their order. Optional
/// members are absent when empty, times are RFC 3339 with nine digits, a cost is in US dollars.
/// Invalid UTF-8 is written as U+FFFD.
void append_json(std::string& out, const SessionState& state);

/// The state as one JSON object.
std::string to_json(const SessionState& state);

}  // namespace strandbus
