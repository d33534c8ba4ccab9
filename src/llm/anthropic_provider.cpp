#include "strandbus/llm/anthropic_provider.hpp"

#include "llm/messages_options.hpp"
#include "llm/messages_provider.hpp"
#include "net/http_client.hpp"

#include <utility>

namespace strandbus {

std::shared_ptr<Provider> make_anthropic_provider(AnthropicOptions options) {
  detail::check(options);
  auto client = std::make_shared<detail::HttpClient>(detail::client_options(options));
  return std::make_shared<detail::MessagesProvider>(std::move(options), std::move(client));
}

}  // namespace strandbus
