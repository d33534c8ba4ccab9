#include "model_stream.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace strandbus::detail {
namespace {

std::int64_t milliseconds(ModelStream::Clock::duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

}  // namespace

ModelStream::ModelStream(const Publisher& turn, std::string message_id, ModelStarted started,
                         std::optional<TraceParent> trace)
    : publisher_(turn.span(Publisher::new_span())),
      turn_span_(turn.current_span()),
      trace_(trace),
      message_id_(std::move(message_id)),
      started_(std::move(started)) {
  publisher_.publish(started_);
}

void ModelStream::on_text(std::string_view text) {
  note_first_token();
  text_shown_ = true;
  publisher_.publish(TokenDelta{.text = std::string(text), .message_id = message_id_});
}

void ModelStream::on_reasoning(std::string_view text) {
  note_first_token();
  publisher_.publish(ReasoningDelta{.text = std::string(text), .message_id = message_id_});
}

void ModelStream::on_structured(std::string_view text) {
  note_first_token();
  text_shown_ = true;
  publisher_.publish(StructuredDelta{.text = std::string(text), .message_id = message_id_});
}

void ModelStream::on_tool_call_begin(std::string_view call_id, std::string_view tool_name,
                                     std::int64_t index) {
  note_first_token();
  publisher_.publish(ToolCallBegin{
      .call_id = std::string(call_id), .tool_name = std::string(tool_name), .index = index});
}

void ModelStream::on_tool_call_delta(std::string_view call_id, std::string_view fragment) {
  publisher_.publish(
      ToolCallDelta{.call_id = std::string(call_id), .delta = std::string(fragment)});
}

void ModelStream::on_tool_call_ready(const ToolCall& call) {
  publisher_.publish(ToolCallReady{
      .call_id = call.call_id, .tool_name = call.tool_name, .arguments = call.arguments});
}

void ModelStream::on_usage(const Usage& usage, std::optional<NanoUsd> cost) {
  used_ = {.usage = usage, .cost = cost};
}

void ModelStream::on_attempt_failed(const ProviderError& error) {
  wasted_.push_back(std::exchange(used_, {}));
  attempt_open_ = false;
  publisher_.publish(failure(error));
  if (!std::exchange(text_shown_, false)) return;
  publisher_.publish(MessageDiscarded{
      .message_id = message_id_, .attempt = started_.attempt, .reason = error.what()});
}

void ModelStream::on_retry(const Retry& retry) { publisher_.publish(retry); }

void ModelStream::on_attempt_started(std::string_view provider, std::string_view model) {
  ++started_.attempt;
  attempt_open_ = true;
  started_.provider = provider;
  started_.model = model;
  publisher_ = publisher_.model(std::string(model)).span(Publisher::new_span(), turn_span_);
  attempt_started_ = Clock::now();
  first_token_.reset();
  publisher_.publish(started_);
}

std::string ModelStream::trace_parent() const {
  if (!trace_) return {};
  TraceParent attempt = *trace_;
  attempt.span = publisher_.current_span();
  return to_text(attempt);
}

asio::awaitable<void> ModelStream::async_ready() {
  if (!publisher_.writable()) co_await publisher_.async_writable(asio::use_awaitable);
}

ModelFailed ModelStream::failure(const std::string& error, ErrorCode code) const {
  ModelFailed failed;
  failed.error = error;
  failed.error_code = code;
  failed.duration_ms = duration_ms();
  return failed;
}

ModelFailed ModelStream::failure(const ProviderError& error) const {
  ModelFailed failed = failure(error.what(), error.code());
  failed.http_status = error.http_status();
  if (error.retry_after()) failed.retry_after_ms = error.retry_after()->count();
  return failed;
}

std::int64_t ModelStream::time_to_first_token_ms() const noexcept {
  return first_token_ ? milliseconds(*first_token_ - attempt_started_) : 0;
}

std::int64_t ModelStream::duration_ms() const noexcept {
  return milliseconds(Clock::now() - attempt_started_);
}

void ModelStream::note_first_token() noexcept {
  if (!first_token_) first_token_ = Clock::now();
}

}  // namespace strandbus::detail
