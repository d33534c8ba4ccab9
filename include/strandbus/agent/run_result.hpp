#pragma once

#include "strandbus/event/agent_payloads.hpp"
#include "strandbus/event/types.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace strandbus {

/// What came of one run. Its events say the same in detail.
///
/// A cancelled or failed run has what was known when it ended. Not an aggregate, so that it may be
/// the value of an awaited expression.
///
/// Threads: distinct objects.
struct RunResult {
  RunResult() = default;

  bool completed() const noexcept { return outcome == Outcome::completed; }

  Outcome outcome = Outcome::failed;
  std::string run_id;
  std::string output;  ///< the answer; empty unless completed
  FinishReason finish_reason = FinishReason::error;
  std::string error;  ///< why it failed or was cancelled
  ErrorCode error_code = ErrorCode::none;
  Usage usage;
  std::optional<NanoUsd> cost;  ///< absent when a price is unknown
  std::int64_t rounds = 0;
  std::int64_t llm_calls = 0;
  std::int64_t tool_calls = 0;
  std::int64_t duration_ms = 0;
  /// The run's events have seqs from the first to the last of these, among events of others: read
  /// them from the bus, while its history has them, or from a store. 0 = there are none.
  std::uint64_t first_seq = 0;
  std::uint64_t last_seq = 0;
  /// What the run has added to the conversation, from the user's message on, as far as it is still
  /// there after a compaction.
  std::vector<Message> messages;
  /// The runs below it that have ended, of agents that are tools and of background tasks, and those
  /// below them. `usage` and `cost` above are its own alone.
  std::vector<AgentSummary> below;
};

}  // namespace strandbus
