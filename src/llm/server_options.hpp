#pragma once

#include "llm/model_exchange.hpp"
#include "net/http_client.hpp"
#include "net/url.hpp"
#include "strandbus/llm/anthropic_provider.hpp"
#include "strandbus/llm/openai_provider.hpp"

#include <string>
#include <string_view>
#include <vector>

// What the options of all providers that ask a server have in common.

namespace strandbus::detail {

/// A view of these options: they must outlive it.
struct ServerOptions {
  ServerOptions(const OpenAiOptions& options) : ServerOptions("OpenAiOptions", options) {}
  ServerOptions(const AnthropicOptions& options) : ServerOptions("AnthropicOptions", options) {}

  std::string_view type;  ///< whose they are, for messages
  const std::string& base_url;
  const std::string& model;
  const std::string& api_key;
  const std::vector<ProviderHeader>& headers;
  const std::string& https_proxy;
  const std::string& no_proxy;
  const std::string& ca_file;
  const std::optional<Price>& price;
  const std::shared_ptr<const PriceTable>& prices;
  std::chrono::milliseconds connect_timeout;
  std::chrono::milliseconds first_event_timeout;
  std::chrono::milliseconds silence_timeout;
  std::size_t max_line_bytes;
  std::size_t max_event_bytes;
  std::size_t max_body_bytes;
  std::size_t max_answer_bytes;
  std::size_t max_argument_depth;
  std::size_t max_tool_calls;

 private:
  template <class Options>
  ServerOptions(std::string_view name, const Options& options)
      : type(name),
        base_url(options.base_url),
        model(options.model),
        api_key(options.api_key),
        headers(options.headers),
        https_proxy(options.https_proxy),
        no_proxy(options.no_proxy),
        ca_file(options.ca_file),
        price(options.price),
        prices(options.prices),
        connect_timeout(options.connect_timeout),
        first_event_timeout(options.first_event_timeout),
        silence_timeout(options.silence_timeout),
        max_line_bytes(options.max_line_bytes),
        max_event_bytes(options.max_event_bytes),
        max_body_bytes(options.max_body_bytes),
        max_answer_bytes(options.max_answer_bytes),
        max_argument_depth(options.max_argument_depth),
        max_tool_calls(options.max_tool_calls) {}
};

/// Throws std::invalid_argument: "type::option problem".
[[noreturn]] void refuse_option(std::string_view type, std::string_view option,
                                std::string_view problem);

/// Throws std::invalid_argument for the first option that cannot be; the text never holds the key.
void check(const ServerOptions& options);

/// Where the requests go: `path` behind that of the base URL, unless it ends so already. The
/// options must have passed check.
Url server_url(const ServerOptions& options, std::string_view path);

ExchangeLimits exchange_limits(const ServerOptions& options);
AnswerLimits answer_limits(const ServerOptions& options);
/// What the tokens of this model cost, if that is known.
std::optional<Price> price_of(const ServerOptions& options, std::string_view model);
Secrets secrets_of(const ServerOptions& options);
AnswerContext answer_context(const ServerOptions& options, const Url& url,
                             const ModelRequest& request);
/// The same for a model whose name is known.
AnswerContext answer_context(const ServerOptions& options, const Url& url,
                             const std::string& model);
HttpClientOptions client_options(const ServerOptions& options);

/// A request with this body; `own` are headers of the provider, the user's follow them.
HttpRequest server_request(const ServerOptions& options, const Url& url,
                           const std::vector<HttpHeader>& own, std::string body);

}  // namespace strandbus::detail
