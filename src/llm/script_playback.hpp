#pragma once

#include "strandbus/llm/provider.hpp"
#include "strandbus/llm/script.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace strandbus::detail {

/// One piece of a scripted answer, as a sink gets it.
struct PlaybackStep {
  enum class Kind : std::uint8_t {
    reasoning,
    text,
    tool_call_begin,
    tool_call_delta,
    tool_call_ready
  };
  Kind kind{};
  std::string_view text{};  ///< of the response that was planned; it must outlive the step
  std::size_t call{};       ///< index of the tool call

  friend bool operator==(const PlaybackStep&, const PlaybackStep&) = default;
};

/// What is streamed, in order: reasoning, text, tool calls; up to the error if there is one. Pure.
std::vector<PlaybackStep> plan_playback(const ScriptedResponse& response);

/// The whole answer that response `index` gives to this request. Pure.
ModelResponse make_answer(const Script& script, std::size_t index, const ModelRequest& request);

/// Hands one step to the sink. `answer` is what make_answer returned.
void emit_step(const PlaybackStep& step, const ModelResponse& answer, const ModelRequest& request,
               DeltaSink& sink);

}  // namespace strandbus::detail
