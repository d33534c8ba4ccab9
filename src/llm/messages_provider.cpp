#include "llm/messages_provider.hpp"

#include "llm/messages_assembler.hpp"
#include "llm/messages_options.hpp"
#include "strandbus/event/json_codec.hpp"

#include <utility>
#include <vector>

namespace strandbus::detail {
namespace {

AnthropicOptions checked(AnthropicOptions options) {
  check(options);
  return options;
}

/// The request with which the server goes on with a turn that it paused.
json::object going_on(const json::object& asked, const json::array& turn) {
  json::object body = asked;
  if (json::array* messages = body["messages"].if_array())
    messages->push_back(json::object{{"role", "assistant"}, {"content", turn}});
  return body;
}

}  // namespace

MessagesProvider::MessagesProvider(AnthropicOptions options,
                                   std::shared_ptr<HttpTransport> transport)
    : options_(checked(std::move(options))),
      url_(messages_url(options_)),
      dialect_(messages_dialect(options_, url_)),
      limits_(exchange_limits(options_)),
      transport_(std::move(transport)) {}

asio::awaitable<ModelResponse> MessagesProvider::async_complete(const ModelRequest& request,
                                                                DeltaSink& sink) {
  AnswerContext context = answer_context(options_, url_, request);
  MessagesAssembler assembler(request, sink, context);
  const json::object asked = messages_request(request, dialect_);
  json::object body = asked;
  for (std::int64_t pauses = 0;; ++pauses) {
    HttpRequest http_request = make_request(body);
    ModelExchange exchange(*transport_, limits_, context.server, assembler, sink);
    ModelResponse answer = co_await exchange.async_run(std::move(http_request));
    if (!assembler.paused()) co_return answer;
    if (pauses == options_.max_pauses) fail_paused(context.server);
    body = going_on(asked, assembler.paused_turn());
    assembler.resume();
  }
}

HttpRequest MessagesProvider::make_request(const json::object& body) const {
  std::vector<HttpHeader> own{{"anthropic-version", options_.version}};
  if (!options_.api_key.empty()) own.push_back({"x-api-key", options_.api_key});
  std::string text;
  append_json(text, json::value(body));
  return server_request(options_, url_, own, std::move(text));
}

void MessagesProvider::fail_paused(const ServerContext& context) const {
  ProviderError::Details details;
  details.retryable = false;  // it would pause as often again
  const std::string what = "paused the turn " + std::to_string(options_.max_pauses + 1) + " times";
  throw ProviderError(ErrorCode::interrupted,
                      failure_text(context, what, "ask for less, or raise max_pauses"), details);
}

}  // namespace strandbus::detail
