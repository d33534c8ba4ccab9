#include "llm/responses_provider.hpp"

#include "llm/asked_model.hpp"
#include "llm/openai_api.hpp"
#include "llm/responses_assembler.hpp"

#include <utility>

namespace strandbus::detail {

ResponsesProvider::ResponsesProvider(OpenAiOptions options,
                                     std::shared_ptr<HttpTransport> transport)
    : options_(checked(std::move(options))),
      url_(responses_url(options_)),
      dialect_(responses_dialect(options_, url_)),
      limits_(exchange_limits(options_)),
      transport_(std::move(transport)) {}

asio::awaitable<ModelResponse> ResponsesProvider::async_complete(const ModelRequest& request,
                                                                 DeltaSink& sink) {
  const std::string& name = request.model.empty() ? options_.model : request.model;
  AnswerContext context = answer_context(options_, url_, asked_model(name, options_.effort).name);
  HttpRequest http = openai_request(options_, url_, responses_request(request, dialect_));
  ResponsesAssembler assembler(request, sink, context);
  ModelExchange exchange(*transport_, limits_, context.server, assembler, sink);
  co_return co_await exchange.async_run(std::move(http));
}

}  // namespace strandbus::detail
