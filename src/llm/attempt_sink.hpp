#pragma once

#include "strandbus/llm/provider.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// Passes everything on, and remembers whether the attempt has handed over a piece of its answer.
class AttemptSink final : public DeltaSink {
 public:
  explicit AttemptSink(DeltaSink& sink) : sink_(sink) {}

  bool delta_shown() const noexcept { return delta_shown_; }
  void begin_attempt() noexcept { delta_shown_ = false; }
  /// How many attempts there were, those of the provider inside too.
  std::int64_t attempts() const noexcept { return attempts_; }

  void on_text(std::string_view text) override {
    delta_shown_ = true;
    sink_.on_text(text);
  }
  void on_reasoning(std::string_view text) override {
    delta_shown_ = true;
    sink_.on_reasoning(text);
  }
  void on_structured(std::string_view text) override {
    delta_shown_ = true;
    sink_.on_structured(text);
  }
  void on_tool_call_begin(std::string_view call_id, std::string_view tool_name,
                          std::int64_t index) override {
    delta_shown_ = true;
    sink_.on_tool_call_begin(call_id, tool_name, index);
  }
  void on_tool_call_delta(std::string_view call_id, std::string_view fragment) override {
    sink_.on_tool_call_delta(call_id, fragment);
  }
  void on_tool_call_ready(const ToolCall& call) override { sink_.on_tool_call_ready(call); }
  void on_usage(const Usage& usage, std::optional<NanoUsd> cost) override {
    sink_.on_usage(usage, cost);
  }
  /// From the provider inside: it tries again by itself.
  void on_attempt_failed(const ProviderError& error) override {
    begin_attempt();
    sink_.on_attempt_failed(error);
  }
  void on_retry(const Retry& retry) override { sink_.on_retry(retry); }
  void on_attempt_started(std::string_view provider, std::string_view model) override {
    ++attempts_;
    sink_.on_attempt_started(provider, model);
  }
  std::string trace_parent() const override { return sink_.trace_parent(); }
  asio::awaitable<void> async_ready() override { return sink_.async_ready(); }

 private:
  DeltaSink& sink_;
  bool delta_shown_ = false;
  std::int64_t attempts_ = 1;
};

}  // namespace strandbus::detail
