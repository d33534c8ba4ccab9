#include "llm/script_playback.hpp"

#include "llm/text_split.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace strandbus::detail {
namespace {

using Kind = PlaybackStep::Kind;

bool has_call(std::span<const Message> messages, const std::string& call_id) {
  return std::ranges::any_of(messages, [&](const Message& message) {
    return std::ranges::any_of(message.tool_calls,
                               [&](const ToolCall& call) { return call.call_id == call_id; });
  });
}

std::size_t count_calls(std::span<const Message> messages) {
  std::size_t count = 0;
  for (const Message& message : messages) count += message.tool_calls.size();
  return count;
}

/// `wanted`, or with the first suffix that makes it new to the conversation.
std::string unique_call_id(const std::string& wanted, std::span<const Message> messages) {
  std::string id = wanted;
  for (std::size_t n = 2; has_call(messages, id); ++n) id = wanted + '-' + std::to_string(n);
  return id;
}

std::vector<ToolCall> make_calls(const ScriptedResponse& response,
                                 std::span<const Message> messages) {
  std::size_t number = count_calls(messages);
  std::vector<ToolCall> calls;
  for (const ScriptedToolCall& scripted : response.tool_calls) {
    ++number;
    const std::string wanted =
        scripted.call_id.empty() ? "call_" + std::to_string(number) : scripted.call_id;
    ToolCall& call = calls.emplace_back();
    call.call_id = unique_call_id(wanted, messages);
    call.tool_name = scripted.tool_name;
    call.arguments = scripted.arguments;
  }
  return calls;
}

}  // namespace

std::vector<PlaybackStep> plan_playback(const ScriptedResponse& response) {
  std::vector<PlaybackStep> steps;
  for (const std::string& token : response.reasoning) steps.push_back({Kind::reasoning, token, 0});

  std::size_t tokens = response.text.size();
  if (response.error)
    tokens = std::min(tokens, static_cast<std::size_t>(response.error->after_tokens));
  for (std::size_t i = 0; i < tokens; ++i) steps.push_back({Kind::text, response.text[i], 0});

  for (std::size_t call = 0; call < response.tool_calls.size(); ++call) {
    steps.push_back({Kind::tool_call_begin, {}, call});
    for (const std::string& fragment : response.tool_calls[call].fragments) {
      steps.push_back({Kind::tool_call_delta, fragment, call});
    }
    steps.push_back({Kind::tool_call_ready, {}, call});
  }
  return steps;
}

ModelResponse make_answer(const Script& script, std::size_t index, const ModelRequest& request) {
  const ScriptedResponse& scripted = script.responses[index];
  ModelResponse answer;
  answer.content = join(scripted.text);
  answer.reasoning = join(scripted.reasoning);
  answer.refusal = scripted.refusal;
  answer.tool_calls = make_calls(scripted, request.messages);
  answer.finish_reason = scripted.finish_reason;
  answer.usage = scripted.usage;
  answer.response_id = "scripted-" + std::to_string(index + 1);
  answer.model = request.model.empty() ? script.model : request.model;
  if (script.price) answer.cost = cost_of(scripted.usage, *script.price);
  return answer;
}

void emit_step(const PlaybackStep& step, const ModelResponse& answer, const ModelRequest& request,
               DeltaSink& sink) {
  switch (step.kind) {
    case Kind::reasoning: return sink.on_reasoning(step.text);
    case Kind::text:
      if (request.response_schema.is_null()) return sink.on_text(step.text);
      return sink.on_structured(step.text);
    case Kind::tool_call_begin: {
      const ToolCall& call = answer.tool_calls[step.call];
      return sink.on_tool_call_begin(call.call_id, call.tool_name,
                                     static_cast<std::int64_t>(step.call));
    }
    case Kind::tool_call_delta:
      return sink.on_tool_call_delta(answer.tool_calls[step.call].call_id, step.text);
    case Kind::tool_call_ready: return sink.on_tool_call_ready(answer.tool_calls[step.call]);
  }
}

}  // namespace strandbus::detail
