#pragma once

#include "event/trace_parent.hpp"
#include "strandbus/bus/publisher.hpp"
#include "strandbus/llm/provider.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace strandbus::detail {

/// How a model request ended: a response, an error, or cancelled.
struct ModelCall {
  std::optional<ModelResponse> response;
  std::optional<ProviderError> error;
};

/// Turns what a provider hands over into events of one model request.
class ModelStream : public DeltaSink {
 public:
  using Clock = std::chrono::steady_clock;

  /// `turn` publishes what is around the request. `started` is the request's model_started, which
  /// is published again for a further attempt: each has a span of its own. `trace` is what its
  /// requests say; nothing = they say none.
  ModelStream(const Publisher& turn, std::string message_id, ModelStarted started,
              std::optional<TraceParent> trace = std::nullopt);

  void on_text(std::string_view text) override;
  void on_reasoning(std::string_view text) override;
  void on_structured(std::string_view text) override;
  void on_tool_call_begin(std::string_view call_id, std::string_view tool_name,
                          std::int64_t index) override;
  void on_tool_call_delta(std::string_view call_id, std::string_view fragment) override;
  void on_tool_call_ready(const ToolCall& call) override;
  void on_usage(const Usage& usage, std::optional<NanoUsd> cost) override;
  void on_attempt_failed(const ProviderError& error) override;
  void on_retry(const Retry& retry) override;
  void on_attempt_started(std::string_view provider, std::string_view model) override;
  std::string trace_parent() const override;
  asio::awaitable<void> async_ready() override;

  /// model_failed of the attempt that is under way.
  ModelFailed failure(const std::string& error, ErrorCode code) const;
  ModelFailed failure(const ProviderError& error) const;

  const Publisher& publisher() const noexcept { return publisher_; }
  std::int64_t time_to_first_token_ms() const noexcept;
  std::int64_t duration_ms() const noexcept;
  std::int64_t attempts() const noexcept { return started_.attempt; }
  /// What an attempt is known to have used.
  struct Used {
    Usage usage;
    std::optional<NanoUsd> cost;
  };

  /// The current attempt.
  const Used& used() const noexcept { return used_; }
  /// Whether an attempt is under way whose end was not published; not between two attempts.
  bool attempt_open() const noexcept { return attempt_open_; }
  /// The attempts that failed before it: they are paid for too.
  const std::vector<Used>& wasted() const noexcept { return wasted_; }

 protected:
  void note_first_token() noexcept;

 private:
  Publisher publisher_;
  const SpanId turn_span_;
  const std::optional<TraceParent> trace_;
  const std::string message_id_;
  ModelStarted started_;
  Clock::time_point attempt_started_ = Clock::now();
  std::optional<Clock::time_point> first_token_;
  bool text_shown_ = false;
  Used used_;
  std::vector<Used> wasted_;
  bool attempt_open_ = true;
};

}  // namespace strandbus::detail
