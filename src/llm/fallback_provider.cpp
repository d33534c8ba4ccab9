#include "strandbus/llm/fallback_provider.hpp"

#include "llm/attempt_sink.hpp"

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <utility>

namespace strandbus {
namespace {

std::vector<FallbackChoice> checked(std::vector<FallbackChoice> chain) {
  if (chain.empty()) throw std::invalid_argument("FallbackProvider: the chain is empty");
  for (FallbackChoice& choice : chain) {
    if (!choice.provider)
      throw std::invalid_argument("FallbackProvider: a provider of the chain is null");
    if (choice.model.empty()) choice.model = choice.provider->model();
  }
  return chain;
}

Retry make_retry(const FallbackChoice& failed, const FallbackChoice& next, std::int64_t attempts,
                 std::size_t left, const ProviderError& error) {
  Retry retry;
  retry.attempt = attempts + 1;
  retry.max_attempts = attempts + static_cast<std::int64_t>(left);
  retry.reason = error.what();
  retry.error_code = error.code();
  retry.provider = failed.provider->name();
  retry.fallback_to = next.model.empty() ? std::string(next.provider->name()) : next.model;
  return retry;
}

}  // namespace

bool may_pass_elsewhere(const ProviderError& error) noexcept {
  switch (error.code()) {
    case ErrorCode::network:
    case ErrorCode::authentication:
    case ErrorCode::rate_limit:
    case ErrorCode::server_error:
    case ErrorCode::interrupted:
    case ErrorCode::invalid_response:
    case ErrorCode::model_not_found: return true;
    default: return false;
  }
}

FallbackProvider::FallbackProvider(std::vector<FallbackChoice> chain, FallbackOptions options)
    : chain_(checked(std::move(chain))), options_(std::move(options)) {}

asio::awaitable<ModelResponse> FallbackProvider::async_complete(const ModelRequest& request,
                                                                DeltaSink& sink) {
  detail::AttemptSink attempt(sink);
  ModelRequest asked = request;
  if (asked.model.empty()) asked.model = model();
  for (std::size_t i = 0;; ++i) {
    std::optional<ProviderError> error;
    try {
      co_return co_await chain_[i].provider->async_complete(asked, attempt);
    } catch (const ProviderError& failure) {
      error = failure;
    }
    const bool shown_is_final =
        attempt.delta_shown() && options_.after_delta == RetryOptions::AfterDelta::fail;
    const std::size_t left = chain_.size() - 1 - i;
    if (left == 0 || shown_is_final || !may_pass(*error)) throw *error;

    const FallbackChoice& next = chain_[i + 1];
    sink.on_attempt_failed(*error);
    sink.on_retry(make_retry(chain_[i], next, attempt.attempts(), left, *error));
    attempt.begin_attempt();
    attempt.on_attempt_started(next.provider->name(), next.model);
    asked.model = next.model;
  }
}

bool FallbackProvider::may_pass(const ProviderError& error) const {
  return options_.may_pass ? options_.may_pass(error) : may_pass_elsewhere(error);
}

}  // namespace strandbus
