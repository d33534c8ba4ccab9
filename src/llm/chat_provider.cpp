#include "llm/chat_provider.hpp"

#include "llm/chat_assembler.hpp"
#include "llm/chat_options.hpp"
#include "llm/openai_api.hpp"

#include <utility>

namespace strandbus::detail {

ChatProvider::ChatProvider(OpenAiOptions options, std::shared_ptr<HttpTransport> transport)
    : options_(checked(std::move(options))),
      url_(chat_url(options_)),
      dialect_(chat_dialect(options_, url_)),
      limits_(exchange_limits(options_)),
      transport_(std::move(transport)) {}

asio::awaitable<ModelResponse> ChatProvider::async_complete(const ModelRequest& request,
                                                            DeltaSink& sink) {
  AnswerContext context = answer_context(options_, url_, request);
  HttpRequest http = openai_request(options_, url_, chat_request(request, dialect_));
  ChatAssembler assembler(request, sink, context);
  ModelExchange exchange(*transport_, limits_, context.server, assembler, sink);
  co_return co_await exchange.async_run(std::move(http));
}

}  // namespace strandbus::detail
