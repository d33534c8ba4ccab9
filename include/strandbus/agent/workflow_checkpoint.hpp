#pragma once

#include "strandbus/event/json_codec.hpp"
#include "strandbus/event/stream_event.hpp"

#include <boost/json/value.hpp>

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus {

/// What a finished step has given.
struct WorkflowStepOutput {
  std::int64_t step{};  ///< from 0, as in workflow_step_completed
  std::string name{};
  json::value output{};
};

/// How far a workflow has come: all that is needed to go on from there without running a finished
/// step again. It holds inputs and outputs as they are, secrets too: keep it as you keep those.
///
/// Threads: distinct objects.
struct WorkflowCheckpoint {
  std::string workflow{};     ///< its name
  std::string workflow_id{};  ///< which it keeps
  json::value input{};
  std::vector<WorkflowStepOutput> steps{};  ///< that have finished, in the order in which they did
  std::int64_t parent_step{};               ///< of the workflow around this one; 0 for a root
  std::list<WorkflowCheckpoint> nested{};  ///< workflows inside it that have begun and not finished

  /// The output of a step; null if it has not finished.
  const WorkflowStepOutput* find(std::int64_t step) const noexcept;
};

/// The checkpoint as one JSON object.
std::string to_json(const WorkflowCheckpoint& checkpoint);

/// Reads a checkpoint that to_json gave.
///
/// Errors: DecodeError with Errc::malformed_json, invalid_file or limit_exceeded, which names the
///         member by JSON pointer.
boost::system::result<WorkflowCheckpoint, DecodeError> parse_checkpoint(std::string_view text);

/// Finds out from the events of a session how far its last workflow has come. The log is a
/// checkpoint: nothing else needs to be kept.
///
///     WorkflowHistory history;
///     for (const StreamEvent& event : events) history.add(event);
///     if (auto checkpoint = history.checkpoint()) …
///
/// A step whose output was redacted in the events is one that has not finished: what stands for a
/// secret is no value to go on with.
///
/// Pure. Threads: distinct objects.
class WorkflowHistory {
 public:
  WorkflowHistory();
  WorkflowHistory(WorkflowHistory&&) noexcept;
  WorkflowHistory& operator=(WorkflowHistory&&) noexcept;
  ~WorkflowHistory();

  /// Takes note of the next event. Events come in the order of their seq.
  void add(const StreamEvent& event);

  /// How far the last workflow that is inside no other has come; empty if there is none.
  std::optional<WorkflowCheckpoint> checkpoint() const;
  /// How that one ended; empty while it is open: its process was stopped, or it still runs.
  std::optional<Outcome> outcome() const;
  /// Whether its input was redacted: it cannot go on from the events alone.
  bool input_is_redacted() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace strandbus
