#include "strandbus/llm/openai_provider.hpp"

#include "llm/chat_options.hpp"
#include "llm/chat_provider.hpp"
#include "llm/openai_api.hpp"
#include "llm/responses_provider.hpp"
#include "net/http_client.hpp"

#include <utility>

namespace strandbus {
namespace {

detail::HttpClientOptions client_options(const OpenAiOptions& options) {
  detail::HttpClientOptions client;
  client.connect_timeout = options.connect_timeout;
  client.proxy.https_proxy = options.https_proxy;
  client.proxy.no_proxy = options.no_proxy;
  client.max_body_bytes = options.max_body_bytes;
  client.ca_file = options.ca_file;
  return client;
}

}  // namespace

std::shared_ptr<Provider> make_openai_provider(OpenAiOptions options) {
  detail::check(options);
  auto client = std::make_shared<detail::HttpClient>(client_options(options));
  if (detail::chosen_api(options) == OpenAiOptions::Api::responses)
    return std::make_shared<detail::ResponsesProvider>(std::move(options), std::move(client));
  return std::make_shared<detail::ChatProvider>(std::move(options), std::move(client));
}

}  // namespace strandbus
