#include "llm/chat_provider.hpp"

#include "llm/chat_assembler.hpp"
#include "llm/chat_options.hpp"

#include <utility>

namespace strandbus::detail {
namespace {

OpenAiOptions checked(OpenAiOptions options) {
  check(options);
  return options;
}

}  // namespace

ChatProvider::ChatProvider(OpenAiOptions options, std::shared_ptr<HttpTransport> transport)
    : options_(checked(std::move(options))),
      url_(chat_url(options_)),
      dialect_(chat_dialect(options_, url_)),
      limits_(exchange_limits(options_)),
      transport_(std::move(transport)) {}

asio::awaitable<ModelResponse> ChatProvider::async_complete(const ModelRequest& request,
                                                            DeltaSink& sink) {
  AnswerContext context = make_context(request);
  HttpRequest http_request = make_request(request);
  ChatAssembler assembler(request, sink, context);
  ModelExchange exchange(*transport_, limits_, context.server, assembler, sink);
  co_return co_await exchange.async_run(std::move(http_request));
}

AnswerContext ChatProvider::make_context(const ModelRequest& request) const {
  AnswerContext context;
  context.server.server = url_.authority();
  context.server.model = request.model.empty() ? options_.model : request.model;
  context.server.key_sent = !options_.api_key.empty() || !options_.headers.empty();
  context.server.secrets = secrets_of(options_);
  context.price = price_of(options_, context.server.model);
  context.limits = answer_limits(options_);
  return context;
}

HttpRequest ChatProvider::make_request(const ModelRequest& request) const {
  HttpRequest http;
  http.url = url_;
  http.headers.push_back({"Content-Type", "application/json"});
  http.headers.push_back({"Accept", "text/event-stream, application/json"});
  if (!options_.api_key.empty())
    http.headers.push_back({"Authorization", "Bearer " + options_.api_key});
  for (const OpenAiHeader& header : options_.headers)
    http.headers.push_back({header.name, header.value});
  http.body = chat_request(request, dialect_);
  return http;
}

}  // namespace strandbus::detail
