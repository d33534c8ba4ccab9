#pragma once

#include "strandbus/event/stream_event.hpp"

#include <chrono>
#include <memory>
#include <utility>

namespace strandbus::bench {

/// An event as the bus stamps it, with everything in its envelope that a run writes there.
template <class Payload>
StreamEvent stamped(Payload payload) {
  StreamEvent event(std::move(payload), std::make_shared<const RunContext>(RunContext{
                                            .session_id = "ses_019234567890734a8b6b0c5d3e2f1a09",
                                            .run_id = "run_0192345678907cdea1b2c3d4e5f60718",
                                            .agent = "coder",
                                            .model_id = "gpt-4o-mini"}));
  event.set_stamp(123'456, {0x01923456789A7BCDU, 0x8123456789ABCDEFU},
                  Timestamp{std::chrono::nanoseconds{1'795'187'045'123'456'789}});
  event.set_turn(3).set_span(0x5D3E2F1A09B8C7D6U, 0x1122334455667788U);
  return event;
}

/// The event that is written and read most often.
inline StreamEvent token_event() {
  return stamped(TokenDelta{.text = " function", .message_id = "msg_k3v9q2x7h4m"});
}

/// The end of a tool call with 2 KB of output.
inline StreamEvent tool_event() {
  ToolCallCompleted completed;
  completed.tool_name = "read_file";
  completed.call_id = "call_7Qk2mX9vB4nT";
  completed.success = true;
  while (completed.output.size() < 2048)
    completed.output += "  if (found == names.end()) return fail(\"there is no such name\");\n";
  completed.output.resize(2048);
  completed.duration_ms = 12;
  return stamped(std::move(completed));
}

}  // namespace strandbus::bench
