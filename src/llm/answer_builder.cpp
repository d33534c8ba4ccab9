#include "llm/answer_builder.hpp"

#include "llm/server_json.hpp"

#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::size_t shown_bytes = 80;

}  // namespace

AnswerBuilder::AnswerBuilder(const ModelRequest& request, DeltaSink& sink,
                             const AnswerContext& context)
    : context_(context),
      sink_(sink),
      structured_(!request.response_schema.is_null()),
      calls_(request.messages, sink) {
  answer_.model = context.server.model;
}

void AnswerBuilder::take_id(std::string_view id) {
  if (answer_.response_id.empty()) answer_.response_id = context_.server.secrets.redact(id);
}

void AnswerBuilder::take_model(std::string_view model) {
  if (!model.empty()) answer_.model = context_.server.secrets.redact(model);
}

void AnswerBuilder::take_usage(const Usage& usage) {
  answer_.usage = usage;
  if (context_.price) answer_.cost = cost_of(usage, *context_.price);
  sink_.on_usage(usage, answer_.cost);
}

void AnswerBuilder::add_text(std::string_view text) {
  if (text.empty()) return;
  count(text.size());
  answer_.content += text;
  if (structured_) {
    sink_.on_structured(text);
  } else {
    sink_.on_text(text);
  }
}

void AnswerBuilder::add_reasoning(std::string_view text) {
  if (text.empty()) return;
  count(text.size());
  answer_.reasoning += text;
  sink_.on_reasoning(text);
}

void AnswerBuilder::add_refusal(std::string_view text) {
  count(text.size());
  answer_.refusal += text;
}

void AnswerBuilder::add_call(const CallPiece& piece) {
  count(piece.id.size() + piece.name.size() + piece.arguments.size());
  calls_.add(piece);
  const std::size_t most = context_.limits.tool_calls;
  if (calls_.size() <= most) return;
  fail(ErrorCode::invalid_response,
       "sent more than " + std::to_string(most) + " tool calls in one answer");
}

void AnswerBuilder::count(std::size_t bytes) {
  bytes_ += bytes;
  if (bytes_ <= context_.limits.answer_bytes) return;
  fail(ErrorCode::invalid_response,
       "sent an answer longer than " + std::to_string(context_.limits.answer_bytes) + " bytes");
}

ModelResponse AnswerBuilder::finish(FinishReason said) {
  if (calls_.any_nameless()) fail(ErrorCode::invalid_response, "sent a tool call without a name");
  const bool cut = said == FinishReason::length || said == FinishReason::content_filter;
  answer_.tool_calls = calls_.finish(context_.limits.argument_depth, cut);
  answer_.finish_reason = finish_reason(said);
  if (structured_ && answer_.finish_reason == FinishReason::stop) check_json();
  return std::move(answer_);
}

/// What does not follow the schema is for others to see; what is no JSON follows none.
void AnswerBuilder::check_json() const {
  const auto parsed = parse_server_json(answer_.content);
  if (parsed) return;
  const std::string why = shown(context_.server, parsed.error().message, 2 * shown_bytes);
  fail(ErrorCode::invalid_response,
       "was asked for JSON and answered with what is none (" + why +
           "): " + shown(context_.server, answer_.content, shown_bytes));
}

/// Some servers say stop although they call tools, or tool_calls although they call none.
FinishReason AnswerBuilder::finish_reason(FinishReason said) const noexcept {
  if (said == FinishReason::length || said == FinishReason::content_filter) return said;
  if (!answer_.tool_calls.empty()) return FinishReason::tool_calls;
  if (said == FinishReason::refusal || !answer_.refusal.empty()) return FinishReason::refusal;
  return FinishReason::stop;
}

ProviderError AnswerBuilder::interrupted(std::string_view how) const {
  const std::string what = "cut the answer off: " + std::string(how);
  return ProviderError(ErrorCode::interrupted, failure_text(context_.server, what, "ask again"));
}

void AnswerBuilder::fail(ErrorCode code, std::string_view what) const {
  throw ProviderError(code, failure_text(context_.server, what, ""));
}

void AnswerBuilder::fail_frame(std::string_view what, std::string_view problem) const {
  fail(ErrorCode::invalid_response, "sent " + std::string(what) + ": " + std::string(problem));
}

void AnswerBuilder::fail_given_up(std::string_view reason) const {
  fail(ErrorCode::server_error,
       "gave the answer up, with the reason '" + shown(context_.server, reason, shown_bytes) + "'");
}

}  // namespace strandbus::detail
