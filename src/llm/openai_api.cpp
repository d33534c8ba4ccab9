#include "llm/openai_api.hpp"

#include "llm/asked_model.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace strandbus::detail {
namespace {

using Api = OpenAiOptions::Api;

constexpr std::size_t longest_effort = 16;

[[noreturn]] void refuse(std::string_view option, std::string_view problem) {
  refuse_option("OpenAiOptions", option, problem);
}

/// The path of the base URL, without a slash at its end and without the query.
std::string base_path(const OpenAiOptions& options) {
  const std::string target = server_url(options, "").target;
  return target.substr(0, target.find('?'));
}

/// Who gives the whole address means that API.
void check_api(const OpenAiOptions& options) {
  const std::string path = base_path(options);
  if (options.api == Api::responses && path.ends_with(chat_path))
    refuse("api", "is responses, but base_url ends with /chat/completions; leave out one of them");
  if (options.api == Api::chat && path.ends_with(responses_path))
    refuse("api", "is chat, but base_url ends with /responses; leave out one of them");
}

void check_effort(const OpenAiOptions& options) {
  const bool is_word =
      std::ranges::all_of(options.effort, [](char c) { return c >= 'a' && c <= 'z'; });
  if (!is_word || options.effort.size() > longest_effort)
    refuse("effort", "is no effort; there are none, minimal, low, medium, high and xhigh");
}

}  // namespace

OpenAiOptions checked(OpenAiOptions options) {
  check(options);
  check_api(options);
  check_effort(options);
  return options;
}

Api chosen_api(const OpenAiOptions& options) {
  if (options.api != Api::automatic) return options.api;
  const std::string path = base_path(options);
  if (path.ends_with(responses_path)) return Api::responses;
  if (path.ends_with(chat_path)) return Api::chat;
  // Below a deployment's own address Azure has Chat Completions only.
  const bool both = path.find("/deployments/") == std::string::npos;
  const bool knows_it = both && is_openai(server_url(options, ""));
  return knows_it && is_reasoning_model(options.model) ? Api::responses : Api::chat;
}

bool is_openai(const Url& url) {
  return url.host == "api.openai.com" || url.host.ends_with(".openai.azure.com");
}

Url responses_url(const OpenAiOptions& options) { return server_url(options, responses_path); }

ResponsesDialect responses_dialect(const OpenAiOptions& options, const Url& url) {
  ResponsesDialect dialect;
  dialect.origin = url.authority();
  dialect.default_model = options.model;
  dialect.effort = options.effort;
  dialect.ask_summary = options.reasoning_summary == OpenAiOptions::ReasoningSummary::ask;
  return dialect;
}

HttpRequest openai_request(const OpenAiOptions& options, const Url& url, std::string body) {
  std::vector<HttpHeader> own;
  if (!options.api_key.empty()) own.push_back({"Authorization", "Bearer " + options.api_key});
  return server_request(options, url, own, std::move(body));
}

}  // namespace strandbus::detail
