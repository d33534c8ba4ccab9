#pragma once

#include "llm/chat_request.hpp"
#include "llm/model_exchange.hpp"
#include "net/http_transport.hpp"
#include "strandbus/llm/openai_provider.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// What make_openai_provider makes for Chat Completions, on a transport that may be another than
/// the network.
class ChatProvider final : public Provider {
 public:
  /// Throws std::invalid_argument as make_openai_provider does.
  ChatProvider(OpenAiOptions options, std::shared_ptr<HttpTransport> transport);

  std::string_view name() const noexcept override { return "openai"; }
  const std::string& model() const noexcept override { return options_.model; }

  using Provider::async_complete;
  asio::awaitable<ModelResponse> async_complete(const ModelRequest& request,
                                                DeltaSink& sink) override;

 private:
  const OpenAiOptions options_;
  const Url url_;
  const ChatDialect dialect_;
  const ExchangeLimits limits_;
  const std::shared_ptr<HttpTransport> transport_;
};

}  // namespace strandbus::detail
