#pragma once

#include "agent/agent_fixture.hpp"
#include "llm/recording_sink.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace strandbus::test {

/// Writes down attempts too.
class AttemptLog final : public RecordingSink {
 public:
  void on_attempt_failed(const ProviderError& error) override {
    lines.push_back(std::string("failed ") + error.what());
  }
  void on_retry(const Retry& retry) override {
    lines.push_back("retry " + std::to_string(retry.attempt) + " of " +
                    std::to_string(retry.max_attempts) + " in " + std::to_string(retry.delay_ms) +
                    " ms: " + retry.reason + ", " + std::string(to_string(retry.error_code)) +
                    ", " + retry.provider +
                    (retry.fallback_to.empty() ? "" : ", falls back to " + retry.fallback_to));
  }
  void on_attempt_started(std::string_view provider, std::string_view model) override {
    lines.push_back("started " + std::string(provider) + ' ' + std::string(model));
  }
};

inline PlayedProvider::Answer breaks(ErrorCode code,
                                     std::optional<std::chrono::milliseconds> after = {}) {
  return [code, after](const ModelRequest&, DeltaSink&) -> asio::awaitable<ModelResponse> {
    ProviderError::Details details;
    details.retry_after = after;
    throw ProviderError(code, "it broke", details);
    co_return ModelResponse();
  };
}

}  // namespace strandbus::test
