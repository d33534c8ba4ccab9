#include "strandbus/llm/retrying_provider.hpp"

#include "llm/attempt_sink.hpp"
#include "llm/retry_schedule.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <optional>
#include <random>
#include <stdexcept>
#include <utility>

namespace strandbus {

RetryOptions RetryOptions::aggressive() {
  RetryOptions options;
  options.max_retries = 6;
  options.first_delay = std::chrono::milliseconds(250);
  options.max_delay = std::chrono::seconds(4);
  options.max_retry_after = std::chrono::seconds(30);
  options.max_total = std::chrono::minutes(1);
  options.after_delta = AfterDelta::retry;
  return options;
}

RetryOptions RetryOptions::conservative() {
  RetryOptions options;
  options.max_retries = 1;
  options.first_delay = std::chrono::seconds(5);
  options.max_delay = std::chrono::seconds(60);
  options.jitter = 0.5;
  options.max_retry_after = std::chrono::minutes(10);
  return options;
}

RetryingProvider::RetryingProvider(std::shared_ptr<Provider> provider, RetryOptions options)
    : provider_(std::move(provider)), options_(std::move(options)) {
  if (!provider_) throw std::invalid_argument("RetryingProvider: the provider is null");
  detail::check(options_);
}

asio::awaitable<ModelResponse> RetryingProvider::async_complete(const ModelRequest& request,
                                                                DeltaSink& sink) {
  detail::AttemptSink attempt(sink);
  const std::string asked = request.model.empty() ? model() : request.model;
  const auto began = now();
  for (detail::FailedAttempts failed;;) {
    std::optional<ProviderError> error;
    try {
      co_return co_await provider_->async_complete(request, attempt);
    } catch (const ProviderError& failure) {
      error = failure;
    }
    ++failed.count;
    failed.delta_shown = attempt.delta_shown();
    failed.elapsed = std::chrono::ceil<std::chrono::milliseconds>(now() - began);
    const auto delay = detail::retry_delay(options_, failed, *error, random());
    if (!delay) throw *error;

    sink.on_attempt_failed(*error);
    sink.on_retry(make_retry(failed.count, *delay, *error));
    co_await async_wait(*delay);
    attempt.begin_attempt();
    sink.on_attempt_started(name(), asked);
  }
}

asio::awaitable<void> RetryingProvider::async_wait(std::chrono::milliseconds delay) const {
  if (options_.wait) {
    co_await options_.wait(delay);
    co_return;
  }
  asio::steady_timer timer(co_await asio::this_coro::executor, delay);
  co_await timer.async_wait(asio::use_awaitable);
}

Retry RetryingProvider::make_retry(std::int64_t failed_attempts, std::chrono::milliseconds delay,
                                   const ProviderError& error) const {
  Retry retry;
  retry.attempt = failed_attempts + 1;
  retry.max_attempts = options_.max_retries + 1;
  retry.delay_ms = delay.count();
  retry.reason = error.what();
  retry.error_code = error.code();
  retry.provider = name();
  return retry;
}

std::chrono::steady_clock::time_point RetryingProvider::now() const {
  return options_.now ? options_.now() : std::chrono::steady_clock::now();
}

double RetryingProvider::random() const {
  if (options_.random) return options_.random();
  std::random_device device;
  return std::uniform_real_distribution<double>()(device);
}

}  // namespace strandbus
