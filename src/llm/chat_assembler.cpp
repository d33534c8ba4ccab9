#include "llm/chat_assembler.hpp"

#include "llm/chat_chunk.hpp"
#include "llm/chat_request.hpp"
#include "llm/frame_member.hpp"
#include "llm/server_frame.hpp"

#include <algorithm>
#include <array>

namespace strandbus::detail {
namespace {

/// What other words than OpenAI's mean. No value: the server gave the answer up.
std::optional<FinishReason> finish_reason_of(std::string_view reason) {
  struct Word {
    std::string_view word;
    FinishReason reason;
  };
  static constexpr std::array<Word, 10> words{
      {{"length", FinishReason::length},
       {"model_context_window_exceeded", FinishReason::length},
       {"sensitive", FinishReason::content_filter},
       {"max_tokens", FinishReason::length},
       {"model_length", FinishReason::length},
       {"content_filter", FinishReason::content_filter},
       {"tool_calls", FinishReason::tool_calls},
       {"function_call", FinishReason::tool_calls},
       {"tool_use", FinishReason::tool_calls},
       {"refusal", FinishReason::refusal}}};
  static constexpr std::array<std::string_view, 7> failures{
      "error",         "abort",   "cancelled", "insufficient_system_resource",
      "network_error", "timeout", "failed"};
  if (std::ranges::find(failures, reason) != failures.end()) return std::nullopt;
  const auto found = std::ranges::find(words, reason, &Word::word);
  return found == words.end() ? FinishReason::stop : found->reason;
}

}  // namespace

ChatAssembler::ChatAssembler(const ModelRequest& request, DeltaSink& sink,
                             const AnswerContext& context)
    : server_(context.server), answer_(request, sink, context) {}

void ChatAssembler::feed(std::string_view data) {
  const std::string_view text = trimmed(data);
  if (ended_ || text.empty()) return;
  if (text == "[DONE]") {
    ended_ = true;
    return;
  }
  const json::object frame = read_server_frame(text, server_);
  try {
    take(read_chat_chunk(frame));
  } catch (const FrameError& error) {
    answer_.fail_frame("a chunk that is none", error.message);
  }
}

void ChatAssembler::take(const ChatChunk& chunk) {
  // A server that repeats everything at the end says nothing new.
  const bool repeats = chunk.whole && answer_.begun();
  answer_.take_id(chunk.id);
  answer_.take_model(chunk.model);
  if (!repeats) {
    if (reasoning_field_.empty() && !chunk.reasoning.empty())
      reasoning_field_ = chunk.reasoning_field;
    answer_.add_reasoning(chunk.reasoning);
    answer_.add_text(chunk.text);
    answer_.add_refusal(chunk.refusal);
    for (const CallPiece& piece : chunk.calls) answer_.add_call(piece);
  }
  if (chunk.usage) answer_.take_usage(*chunk.usage);
  if (!chunk.finish_reason.empty()) take_finish(chunk.finish_reason);
  if (chunk.whole) whole_message_ = true;
}

void ChatAssembler::take_finish(const std::string& reason) {
  if (reason == "null") return;  // a text where the value was meant
  said_ = finish_reason_of(reason);
  if (!said_) answer_.fail_given_up(reason);
}

bool ChatAssembler::whole() const noexcept {
  if (said_ || whole_message_) return true;
  return ended_ && answer_.begun() && answer_.all_calls_whole();
}

ModelResponse ChatAssembler::finish() {
  if (!whole()) throw interrupted(ended_ ? "it holds nothing whole" : "the stream just ended");
  ModelResponse response = answer_.finish(said_.value_or(FinishReason::stop));
  response.provider_data = chat_provider_data(response, reasoning_field_, server_.server);
  return response;
}

ProviderError ChatAssembler::interrupted(std::string_view how) const {
  return answer_.interrupted(how);
}

}  // namespace strandbus::detail
