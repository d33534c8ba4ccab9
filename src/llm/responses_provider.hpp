#pragma once

#include "llm/model_exchange.hpp"
#include "llm/responses_request.hpp"
#include "net/http_transport.hpp"
#include "net/url.hpp"
#include "strandbus/llm/openai_provider.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// What make_openai_provider makes for the Responses API, on a transport that may be another than
/// the network.
class ResponsesProvider final : public Provider {
 public:
  /// Throws std::invalid_argument as make_openai_provider does.
  ResponsesProvider(OpenAiOptions options, std::shared_ptr<HttpTransport> transport);

  std::string_view name() const noexcept override { return "openai"; }
  const std::string& model() const noexcept override { return options_.model; }

  using Provider::async_complete;
  asio::awaitable<ModelResponse> async_complete(const ModelRequest& request,
                                                DeltaSink& sink) override;

 private:
  const OpenAiOptions options_;
  const Url url_;
  const ResponsesDialect dialect_;
  const ExchangeLimits limits_;
  const std::shared_ptr<HttpTransport> transport_;
};

}  // namespace strandbus::detail
