#pragma once

#include "strandbus/llm/provider.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace strandbus {

/// When a failed request is sent again. The defaults are those of OpenAI's own clients.
struct RetryOptions {
  /// What happens to an attempt that fails after a piece of its answer was handed over.
  enum class AfterDelta : std::uint8_t {
    fail,   ///< it is final: nothing that was shown becomes void
    retry,  ///< what was shown becomes void and comes again, maybe in other words
  };

  std::int64_t max_retries{2};                 ///< after the first attempt; 0 = none
  std::chrono::milliseconds first_delay{500};  ///< doubled for each further retry …
  std::chrono::milliseconds max_delay{8000};   ///< … up to this
  /// Up to this part of a delay is taken off at random, so that many clients do not come back at
  /// the same moment. 0 to 1.
  double jitter{0.25};
  /// A server that asks for a longer wait gets no retry. A shorter wait is obeyed, instead of the
  /// delays above.
  std::chrono::milliseconds max_retry_after{std::chrono::seconds(120)};
  /// No attempt begins later than this after the first one did; 0 = no limit. One that has begun is
  /// not cut short: how long it may take is for the provider inside to say.
  std::chrono::milliseconds max_total{0};
  AfterDelta after_delta{AfterDelta::fail};

  /// The defaults.
  static RetryOptions standard() { return {}; }
  /// For someone who waits for the answer: six retries that begin soon, for a minute; text that was
  /// shown may become void.
  static RetryOptions aggressive();
  /// For work that has time, and for servers that must be spared: one retry after some seconds.
  static RetryOptions conservative();

  /// Waits; empty = with a timer. Must end with operation_aborted when it is cancelled (terminal).
  std::function<asio::awaitable<void>(std::chrono::milliseconds delay)> wait{};
  /// A number from 0 to 1; empty = a random one.
  std::function<double()> random{};
  /// The time, for max_total; empty = that of the steady clock.
  std::function<std::chrono::steady_clock::time_point()> now{};
};

/// Asks another provider, and asks again when it fails in a way that may pass.
///
/// Every failed attempt that is followed by another is told to the sink: on_attempt_failed,
/// on_retry, then, after the delay, on_attempt_started. ProviderError::retryable decides whether
/// there may be another.
///
/// Threads: as the provider inside; `wait`, `random` and `now` are called on the executor of the
/// operation.
class RetryingProvider final : public Provider {
 public:
  /// Errors: throws std::invalid_argument, which names the option, its value and what is allowed.
  explicit RetryingProvider(std::shared_ptr<Provider> provider, RetryOptions options = {});

  std::string_view name() const noexcept override { return provider_->name(); }
  const std::string& model() const noexcept override { return provider_->model(); }

  using Provider::async_complete;
  /// As Provider::async_complete; throws the failure of the last attempt. Cancellation ends a delay
  /// too.
  asio::awaitable<ModelResponse> async_complete(const ModelRequest& request,
                                                DeltaSink& sink) override;

 private:
  asio::awaitable<void> async_wait(std::chrono::milliseconds delay) const;
  Retry make_retry(std::int64_t failed_attempts, std::chrono::milliseconds delay,
                   const ProviderError& error) const;
  double random() const;
  std::chrono::steady_clock::time_point now() const;

  const std::shared_ptr<Provider> provider_;
  const RetryOptions options_;
};

}  // namespace strandbus
