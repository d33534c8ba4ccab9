#include "llm/openai_api.hpp"

#include "llm/asked_model.hpp"
#include "llm/chat_options.hpp"

#include <utility>

namespace strandbus::detail {

using Api = OpenAiOptions::Api;

Api chosen_api(const OpenAiOptions& options) {
  if (options.api != Api::automatic) return options.api;
  const Url base = base_url(options);
  if (ends_with_path(base, responses_path)) return Api::responses;
  if (ends_with_path(base, chat_path)) return Api::chat;
  // Below a deployment's own address Azure has Chat Completions only.
  const bool knows_both = is_openai(base) && base.target.find("/deployments/") == std::string::npos;
  return knows_both && is_reasoning_model(options.model) ? Api::responses : Api::chat;
}

Url responses_url(const OpenAiOptions& options) { return api_url(options, responses_path); }

ResponsesDialect responses_dialect(const OpenAiOptions& options, const Url& url) {
  ResponsesDialect dialect;
  dialect.origin = url.authority();
  dialect.default_model = options.model;
  dialect.effort = options.effort;
  dialect.ask_summary = options.reasoning_summary == OpenAiOptions::ReasoningSummary::ask;
  return dialect;
}

AnswerContext answer_context(const OpenAiOptions& options, const Url& url,
                             const std::string& model) {
  AnswerContext context;
  context.server.server = url.authority();
  context.server.model = model.empty() ? options.model : model;
  context.server.key_sent = !options.api_key.empty() || !options.headers.empty();
  context.server.secrets = secrets_of(options);
  context.price = options.price;
  context.limits = answer_limits(options);
  return context;
}

HttpRequest http_request(const OpenAiOptions& options, const Url& url, std::string body) {
  HttpRequest http;
  http.url = url;
  http.headers.push_back({"Content-Type", "application/json"});
  http.headers.push_back({"Accept", "text/event-stream, application/json"});
  if (!options.api_key.empty())
    http.headers.push_back({"Authorization", "Bearer " + options.api_key});
  for (const OpenAiHeader& header : options.headers)
    http.headers.push_back({header.name, header.value});
  http.body = std::move(body);
  return http;
}

}  // namespace strandbus::detail
