#pragma once

#include "strandbus/event/stream_event.hpp"

#include <cstdint>
#include <string>
#include <vector>

// Event streams that the viewer's model folds beside the C++ code.

namespace strandbus::test {

struct ModelTrace {
  std::string name{};  ///< with its seed, where it has one
  std::vector<StreamEvent> events{};
  std::size_t state_every =
      1;  ///< after how many events the states are compared; the last one always
};

/// The golden run, retries, approvals, sub-agents, workflows, cancels and a background task.
std::vector<ModelTrace> written_traces();

/// Texts and lists that exceed what a state keeps.
std::vector<ModelTrace> large_traces();

/// A session as agents publish it.
ModelTrace session_trace(std::uint64_t seed);

/// The same with gaps and repeats.
ModelTrace trace_with_losses(std::uint64_t seed);

/// A session that was cut off, restored and went on.
ModelTrace restored_trace(std::uint64_t seed);

/// Events of all types in any order, whose members hold anything that their type allows.
ModelTrace disorderly_trace(std::uint64_t seed);

}  // namespace strandbus::test
