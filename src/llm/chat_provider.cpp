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
  AnswerContext context = answer_context(options_, url_, request);
  HttpRequest http_request = make_request(request);
  ChatAssembler assembler(request, sink, context);
  ModelExchange exchange(*transport_, limits_, context.server, assembler, sink);
  co_return co_await exchange.async_run(std::move(http_request));
}

HttpRequest ChatProvider::make_request(const ModelRequest& request) const {
  std::vector<HttpHeader> own;
  if (!options_.api_key.empty()) own.push_back({"Authorization", "Bearer " + options_.api_key});
  return server_request(options_, url_, own, chat_request(request, dialect_));
}

}  // namespace strandbus::detail
