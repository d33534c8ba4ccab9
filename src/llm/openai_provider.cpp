#include "strandbus/llm/openai_provider.hpp"

#include "llm/chat_provider.hpp"
#include "llm/openai_api.hpp"
#include "llm/responses_provider.hpp"
#include "net/http_client.hpp"

#include <utility>

namespace strandbus {

std::shared_ptr<Provider> make_openai_provider(OpenAiOptions options) {
  options = detail::checked(std::move(options));
  auto client = std::make_shared<detail::HttpClient>(detail::client_options(options));
  if (detail::chosen_api(options) == OpenAiOptions::Api::responses)
    return std::make_shared<detail::ResponsesProvider>(std::move(options), std::move(client));
  return std::make_shared<detail::ChatProvider>(std::move(options), std::move(client));
}

}  // namespace strandbus
