#include "llm/chat_assembler.hpp"

#include "llm/chat_chunk.hpp"
#include "llm/chat_request.hpp"
#include "llm/server_frame.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::size_t shown_bytes = 80;

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
    : context_(context),
      sink_(sink),
      structured_(!request.response_schema.is_null()),
      calls_(request.messages, sink) {
  answer_.model = request.model.empty() ? context.server.model : request.model;
}

void ChatAssembler::feed(std::string_view data) {
  const std::string_view text = trimmed(data);
  if (ended_ || text.empty()) return;
  if (text == "[DONE]") {
    ended_ = true;
    return;
  }
  const json::object frame = read_server_frame(text, context_.server);
  try {
    take(read_chat_chunk(frame));
  } catch (const ChatChunkError& error) {
    fail(ErrorCode::invalid_response, "sent a chunk that is none: " + error.message);
  }
}

void ChatAssembler::take(const ChatChunk& chunk) {
  // A server that repeats everything at the end says nothing new.
  const bool repeats = chunk.whole && bytes_ != 0;
  const Secrets& secrets = context_.server.secrets;
  if (!chunk.id.empty() && answer_.response_id.empty())
    answer_.response_id = secrets.redact(chunk.id);
  if (!chunk.model.empty()) answer_.model = secrets.redact(chunk.model);
  if (!repeats) {
    take_reasoning(chunk);
    take_text(chunk.text);
    count(chunk.refusal.size());
    answer_.refusal += chunk.refusal;
    take_calls(chunk);
  }
  if (chunk.usage) take_usage(*chunk.usage);
  if (!chunk.finish_reason.empty()) take_finish(chunk.finish_reason);
  if (chunk.whole) whole_message_ = true;
}

void ChatAssembler::take_usage(const Usage& usage) {
  answer_.usage = usage;
  if (context_.price) answer_.cost = cost_of(usage, *context_.price);
  sink_.on_usage(usage, answer_.cost);
}

void ChatAssembler::take_text(const std::string& text) {
  if (text.empty()) return;
  count(text.size());
  answer_.content += text;
  if (structured_) {
    sink_.on_structured(text);
  } else {
    sink_.on_text(text);
  }
}

void ChatAssembler::take_reasoning(const ChatChunk& chunk) {
  if (chunk.reasoning.empty()) return;
  count(chunk.reasoning.size());
  answer_.reasoning += chunk.reasoning;
  if (reasoning_field_.empty()) reasoning_field_ = chunk.reasoning_field;
  sink_.on_reasoning(chunk.reasoning);
}

void ChatAssembler::take_calls(const ChatChunk& chunk) {
  for (const CallPiece& piece : chunk.calls) {
    count(piece.id.size() + piece.name.size() + piece.arguments.size());
    calls_.add(piece);
    if (calls_.size() > context_.limits.tool_calls) {
      fail(ErrorCode::invalid_response, "sent more than " +
                                            std::to_string(context_.limits.tool_calls) +
                                            " tool calls in one answer");
    }
  }
}

void ChatAssembler::take_finish(const std::string& reason) {
  if (reason == "null") return;  // a text where the value was meant
  said_ = finish_reason_of(reason);
  if (said_) return;
  fail(ErrorCode::server_error,
       "gave the answer up, with the reason '" + shown(context_.server, reason, shown_bytes) + "'");
}

void ChatAssembler::count(std::size_t bytes) {
  bytes_ += bytes;
  if (bytes_ <= context_.limits.answer_bytes) return;
  fail(ErrorCode::invalid_response,
       "sent an answer longer than " + std::to_string(context_.limits.answer_bytes) + " bytes");
}

bool ChatAssembler::whole() const noexcept {
  if (said_ || whole_message_) return true;
  return ended_ && bytes_ != 0 && calls_.all_whole();
}

ModelResponse ChatAssembler::finish() {
  if (!whole()) throw interrupted(ended_ ? "it holds nothing whole" : "the stream just ended");
  if (calls_.any_nameless()) fail(ErrorCode::invalid_response, "sent a tool call without a name");
  const bool cut = said_ == FinishReason::length || said_ == FinishReason::content_filter;
  answer_.tool_calls = calls_.finish(context_.limits.argument_depth, cut);
  answer_.finish_reason = finish_reason();
  answer_.provider_data = chat_provider_data(answer_, reasoning_field_, context_.server.server);
  return std::move(answer_);
}

/// Some servers say stop although they call tools, or tool_calls although they call none.
FinishReason ChatAssembler::finish_reason() const noexcept {
  const FinishReason said = said_.value_or(FinishReason::stop);
  if (said == FinishReason::length || said == FinishReason::content_filter) return said;
  if (!answer_.tool_calls.empty()) return FinishReason::tool_calls;
  if (said == FinishReason::refusal || !answer_.refusal.empty()) return FinishReason::refusal;
  return FinishReason::stop;
}

ProviderError ChatAssembler::interrupted(std::string_view how) const {
  const std::string what = "cut the answer off: " + std::string(how);
  return ProviderError(ErrorCode::interrupted, failure_text(context_.server, what, "ask again"));
}

void ChatAssembler::fail(ErrorCode code, std::string_view what) const {
  throw ProviderError(code, failure_text(context_.server, what, ""));
}

}  // namespace strandbus::detail
