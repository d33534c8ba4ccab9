#include "strandbus/llm/openai_provider.hpp"

#include "llm/chat_options.hpp"
#include "llm/chat_provider.hpp"
#include "net/http_client.hpp"

#include <utility>

namespace strandbus {

std::shared_ptr<Provider> make_openai_provider(OpenAiOptions options) {
  detail::check(options);
  auto client = std::make_shared<detail::HttpClient>(detail::client_options(options));
  return std::make_shared<detail::ChatProvider>(std::move(options), std::move(client));
}

}  // namespace strandbus
