#pragma once

#include "strandbus/llm/provider.hpp"
#include "strandbus/llm/retrying_provider.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus {

/// A provider of a chain, and the model that it is asked for.
struct FallbackChoice {
  std::shared_ptr<Provider> provider{};
  std::string model{};  ///< empty = the provider's own
};

/// Whether a request that failed so may succeed with another provider or model: true for network,
/// authentication, rate_limit, server_error, interrupted, invalid_response and model_not_found,
/// also where trying the same again does not help, as without credit. Not for invalid_request and
/// context_length: the request itself is at fault.
bool may_pass_elsewhere(const ProviderError& error) noexcept;

/// When the next provider of a chain is asked.
struct FallbackOptions {
  /// Whether it is asked after this failure; empty = may_pass_elsewhere.
  std::function<bool(const ProviderError& error)> may_pass{};
  /// What happens to an answer that fails after a piece of it was handed over.
  RetryOptions::AfterDelta after_delta{RetryOptions::AfterDelta::fail};
};

/// Asks the first provider of a chain, and the next one when it fails in a way that may pass
/// elsewhere.
///
/// Every failure that is followed by another provider is told to the sink: on_attempt_failed,
/// on_retry with `fallback_to`, the next model, and on_attempt_started, without a delay. Put a
/// RetryingProvider around each link of the chain, not around the chain: then each link tries again
/// before the next one is asked.
///
/// A request that names a model names that of the first link; the others are asked for theirs.
///
/// Threads: as the providers inside; `may_pass` is called on the executor of the operation.
class FallbackProvider final : public Provider {
 public:
  /// Errors: throws std::invalid_argument for a chain that is empty or holds a null provider.
  explicit FallbackProvider(std::vector<FallbackChoice> chain, FallbackOptions options = {});

  /// Of the first link.
  std::string_view name() const noexcept override { return chain_.front().provider->name(); }
  const std::string& model() const noexcept override { return chain_.front().model; }

  using Provider::async_complete;
  /// As Provider::async_complete; throws the failure of the last provider that was asked.
  asio::awaitable<ModelResponse> async_complete(const ModelRequest& request,
                                                DeltaSink& sink) override;

 private:
  bool may_pass(const ProviderError& error) const;

  const std::vector<FallbackChoice> chain_;  // no model is empty, unless the provider's is
  const FallbackOptions options_;
};

}  // namespace strandbus
