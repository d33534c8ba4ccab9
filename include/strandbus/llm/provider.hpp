#pragma once

#include "strandbus/event/llm_payloads.hpp"
#include "strandbus/event/types.hpp"
#include "strandbus/llm/provider_error.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus {

/// A tool as a model is told about it.
struct ToolSpec {
  std::string name{};
  std::string description{};
  json::object parameters{};  ///< JSON Schema of the arguments
};

/// What a model is asked.
///
/// A view: the conversation and the tools stay the caller's, so that a copy with another model (for
/// a fallback) costs little. Both, and the request itself, must stay unchanged until
/// Provider::async_complete has completed.
struct ModelRequest {
  std::string model{};   ///< empty = the provider's own
  std::string system{};  ///< the system prompt; empty = none
  std::span<const Message> messages{};
  std::span<const ToolSpec> tools{};
  std::optional<std::int64_t> max_tokens{};  ///< limits one answer; absent = the model's own limit
  std::optional<double> temperature{};       ///< absent = the model's own
  json::value response_schema{};  ///< JSON Schema that the answer must follow; null = free text
  json::object parameters{};      ///< added to the provider's request as they are
  std::int64_t iteration{1};      ///< the turn that this request belongs to, from 1
  std::string session_id{};       ///< the conversation
};

/// What a model answered.
struct ModelResponse {
  std::string content{};    ///< the full text; of a structured answer its JSON text
  std::string reasoning{};  ///< empty = none, or not shown
  std::string refusal{};    ///< empty = not refused
  /// In the order of their index. `arguments` is what the model's text parses to; when that text is
  /// not JSON, it is the text itself as a JSON string, which no tool accepts.
  std::vector<ToolCall> tool_calls{};
  FinishReason
      finish_reason{};  ///< tool_calls whenever there are any and the answer was not cut short
  Usage usage{};        ///< of this attempt; zeros when the provider told nothing
  std::string response_id{};
  std::string model{};            ///< the model that answered
  json::value provider_data{};    ///< goes into the assistant message and comes back with it
  std::optional<NanoUsd> cost{};  ///< absent = the price is unknown
};

/// Where a provider puts the pieces of an answer while they arrive.
///
/// Texts are valid UTF-8, never cut inside a code point, and the views are valid during the call
/// only. For each tool call: one begin, any number of deltas, one ready; calls may interleave.
/// Every function does nothing unless it is overridden. An exception thrown by a sink ends the
/// request and passes through async_complete.
///
/// Attempts: the first attempt begins with async_complete itself. A provider that tries again
/// reports on_attempt_failed, on_retry, and after the delay on_attempt_started; what was handed
/// over since the attempt began is then void. The failure of the last attempt is thrown instead.
///
/// Threads: called on the executor of the coroutine that awaits async_complete, one call at a time,
/// never after async_complete has completed.
class DeltaSink {
 public:
  virtual ~DeltaSink();

  virtual void on_text(std::string_view text);
  virtual void on_reasoning(std::string_view text);
  /// A piece of an answer to a request with a response_schema.
  virtual void on_structured(std::string_view text);

  /// `index` counts the calls of one answer from 0.
  virtual void on_tool_call_begin(std::string_view call_id, std::string_view tool_name,
                                  std::int64_t index);
  /// A piece of the arguments' JSON text.
  virtual void on_tool_call_delta(std::string_view call_id, std::string_view fragment);
  /// The arguments are complete.
  virtual void on_tool_call_ready(const ToolCall& call);

  /// What this attempt is known to have used so far; replaces what was reported for it before. It
  /// counts when the attempt fails or is cancelled: a completed one has its usage in the response.
  virtual void on_usage(const Usage& usage, std::optional<NanoUsd> cost);

  /// This attempt failed and another one follows.
  virtual void on_attempt_failed(const ProviderError& error);
  /// Another attempt will begin after `retry.delay_ms`.
  virtual void on_retry(const Retry& retry);
  /// Another attempt begins, at this provider and model.
  virtual void on_attempt_started(std::string_view provider, std::string_view model);

  /// Where in which trace the attempt under way is: the value of the header `traceparent` (W3C
  /// Trace Context, section 3.2) that goes with its requests. Empty, as it is unless overridden, or
  /// not valid: no header goes with them. A sink that passes everything on passes this back.
  ///
  /// It is asked here, not kept in the request, since each attempt of a request is a span of its
  /// own.
  virtual std::string trace_parent() const;

  /// Completes when the sink wants more. Providers await it between deltas: a slow lossless reader
  /// thus slows the model down instead of filling memory. Ready at once unless overridden.
  ///
  /// Cancellation: terminal.
  virtual asio::awaitable<void> async_ready();

 protected:
  DeltaSink() = default;
  DeltaSink(const DeltaSink&) = default;
  DeltaSink& operator=(const DeltaSink&) = default;
};

/// A model, or something that speaks for one: a real API, a script, or a decorator that retries or
/// falls back.
///
/// Threads: distinct objects; an implementation may promise more. Several requests may be under way
/// at once on one strand.
class Provider {
 public:
  virtual ~Provider();

  /// What kind of provider this is, for events and people: "scripted", "openai".
  virtual std::string_view name() const noexcept = 0;

  /// The model that answers when a request names none.
  virtual const std::string& model() const noexcept = 0;

  /// Asks the model; hands over what arrives while it arrives, and returns the whole answer.
  ///
  /// Completes:    when the answer is whole. The sink has got every piece of it by then.
  /// Errors:       throws ProviderError; an answer that broke off is `interrupted`, never short.
  /// Cancellation: terminal. Closes what is open and throws system_error(operation_aborted); the
  ///               usage known so far was given to on_usage.
  /// Threads:      runs on the executor of the awaiting coroutine, which must be a strand or belong
  ///               to one thread.
  /// Lifetime:     keeps references: this provider, `request`, what it views, and `sink` must
  ///               outlive the operation. Name the request: a temporary does not compile.
  virtual asio::awaitable<ModelResponse> async_complete(const ModelRequest& request,
                                                        DeltaSink& sink) = 0;
  asio::awaitable<ModelResponse> async_complete(const ModelRequest&& request,
                                                DeltaSink& sink) = delete;

 protected:
  Provider() = default;
  Provider(const Provider&) = default;
  Provider& operator=(const Provider&) = default;
};

}  // namespace strandbus
