#pragma once

#include "llm/messages_request.hpp"
#include "llm/model_exchange.hpp"
#include "net/http_transport.hpp"
#include "strandbus/llm/anthropic_provider.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// What make_anthropic_provider makes, on a transport that may be another than the network.
class MessagesProvider final : public Provider {
 public:
  /// Throws std::invalid_argument as make_anthropic_provider does.
  MessagesProvider(AnthropicOptions options, std::shared_ptr<HttpTransport> transport);

  std::string_view name() const noexcept override { return "anthropic"; }
  const std::string& model() const noexcept override { return options_.model; }

  using Provider::async_complete;
  /// As Provider::async_complete; a turn that the server pauses takes several exchanges.
  asio::awaitable<ModelResponse> async_complete(const ModelRequest& request,
                                                DeltaSink& sink) override;

 private:
  HttpRequest make_request(const json::object& body) const;
  [[noreturn]] void fail_paused(const ServerContext& context) const;

  const AnthropicOptions options_;
  const Url url_;
  const MessagesDialect dialect_;
  const ExchangeLimits limits_;
  const std::shared_ptr<HttpTransport> transport_;
};

}  // namespace strandbus::detail
