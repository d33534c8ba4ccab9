#include "llm/server_failure.hpp"

#include "llm/server_words.hpp"
#include "llm/text_split.hpp"
#include "net/retry_after.hpp"
#include "strandbus/event/json_codec.hpp"

#include <algorithm>
#include <initializer_list>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::size_t shown_words = 400;
constexpr std::size_t read_words = 8 * 1024;
constexpr std::size_t shown_id = 80;

/// What a failure means: what happened in a few words, and what to do.
struct Verdict {
  ErrorCode code{};
  std::string what{};
  std::string advice{};
  std::optional<bool> retryable{};
};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool has_any(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::any_of(
      words, [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

/// The words that say what kind of failure it is, in lower case.
std::string kind_of(const ServerWords& words) { return lower(words.type + ' ' + words.code); }

bool is_out_of_credit(std::int64_t status, const ServerWords& words) {
  return status == 402 ||
         has_any(kind_of(words), {"insufficient_quota", "billing", "insufficient_balance"}) ||
         has_any(lower(words.message), {"credit balance is too low"});
}

bool is_too_long(const ServerWords& words) {
  return has_any(kind_of(words), {"context_length", "exceed_context_size", "request_too_large"}) ||
         has_any(lower(words.message),
                 {"context length", "context window", "prompt is too long",
                  "exceeds the available context size", "exceed context limit"});
}

bool is_unknown_model(std::int64_t status, const ServerWords& words) {
  if (has_any(kind_of(words), {"model_not_found", "model_not_exist"})) return true;
  return status == 404 && has_any(lower(words.message), {"model"});
}

/// The status that a failure inside a stream would have had.
std::int64_t status_in_stream(const ServerWords& words) {
  if (words.number && *words.number >= 400 && *words.number < 600) return *words.number;
  const std::string kind = kind_of(words);
  if (has_any(kind, {"rate_limit", "too_many_requests"})) return 429;
  if (has_any(kind, {"invalid_api_key", "authentication"})) return 401;
  if (has_any(kind, {"permission"})) return 403;
  if (has_any(kind, {"not_found"})) return 404;
  if (has_any(kind, {"invalid_request", "invalid_prompt", "invalid_image", "image_", "policy",
                     "data_residency", "badrequest", "bad_request"}))
    return 400;
  return 500;
}

Verdict refused_key(std::int64_t status, const ServerContext& context) {
  if (status == 403)
    return {ErrorCode::authentication, "denied access", "check what the API key may use"};
  if (!context.key_sent) return {ErrorCode::authentication, "wants an API key", "set the API key"};
  return {ErrorCode::authentication, "refused the API key", "check the API key"};
}

Verdict refused_request(std::int64_t status) {
  if (status == 404)
    return {ErrorCode::invalid_request, "knows nothing at this address", "check the base URL"};
  return {ErrorCode::invalid_request, "refused the request", ""};
}

Verdict judge(std::int64_t status, const ServerWords& words, const ServerContext& context) {
  if (is_out_of_credit(status, words))
    return {ErrorCode::rate_limit, "says that the account has no credit left",
            "check plan and billing; trying again does not help", false};
  if (is_too_long(words))
    return {ErrorCode::context_length, "says that the conversation is too long for the model",
            "shorten it, or choose a model with a larger context"};
  if (is_unknown_model(status, words))
    return {ErrorCode::model_not_found,
            "does not have the model '" + one_line(context.model, shown_id) + "'",
            "choose another model"};
  if (status == 401 || status == 403) return refused_key(status, context);
  if (status == 429) return {ErrorCode::rate_limit, "is asked too often", "wait, then try again"};
  if (status >= 500 || status == 408 || status == 409 || status == 425)
    return {ErrorCode::server_error, "failed", "try again later"};
  if (status < 400)
    return {ErrorCode::invalid_request, "redirects the request", "set the base URL to where it is"};
  return refused_request(status);
}

std::string sentence(const ServerContext& context, Verdict verdict, const std::string& status,
                     std::string_view words) {
  std::string what = verdict.what + status;
  if (const std::string said = shown(context, words, shown_words); !said.empty()) {
    what += ": " + said;
  }
  return failure_text(context, what, verdict.advice);
}

void take_headers(ProviderError::Details& details, const FailedAnswer& answer,
                  std::chrono::system_clock::time_point now) {
  details.retry_after = parse_retry_after_ms(answer.retry_after_ms);
  if (!details.retry_after) details.retry_after = parse_retry_after(answer.retry_after, now);
  const std::string should_retry = lower(answer.should_retry);
  if (should_retry == "true") details.retryable = true;
  if (should_retry == "false") details.retryable = false;
}

}  // namespace

std::string one_line(std::string_view text, std::size_t most) {
  std::string line;
  bool space = false;
  for (const char c : repair_utf8(text)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7F) {
      space = !line.empty();
      continue;
    }
    if (std::exchange(space, false)) line += ' ';
    line += c;
  }
  if (line.size() > most) line = line.substr(0, cut_position(line, 0, most)) + "\u2026";
  return line;
}

std::string shown(const ServerContext& context, std::string_view text, std::size_t most) {
  // Redacted before it is cut: half a key would not be recognised.
  return one_line(context.secrets.redact(text.substr(0, read_words)), most);
}

std::string failure_text(const ServerContext& context, std::string_view what,
                         std::string_view advice) {
  std::string text = context.server + ' ' + std::string(what);
  if (!advice.empty()) text += "; " + std::string(advice);
  if (!context.request_id.empty())
    text += " (request id " + shown(context, context.request_id, shown_id) + ')';
  return text;
}

ProviderError failure_of(const FailedAnswer& answer, const ServerContext& context,
                         std::chrono::system_clock::time_point now) {
  ServerWords words = words_of(answer.body);
  if (answer.status < 400 && !answer.location.empty()) words.message = "to " + answer.location;
  const Verdict verdict = judge(answer.status, words, context);
  ProviderError::Details details;
  details.http_status = answer.status;
  details.retryable = verdict.retryable;
  take_headers(details, answer, now);
  const std::string status = " (HTTP " + std::to_string(answer.status) + ')';
  return ProviderError(verdict.code, sentence(context, verdict, status, words.message), details);
}

bool is_error_frame(const json::object& frame) { return says_failure(frame); }

ProviderError failure_of(const json::object& frame, const ServerContext& context) {
  const ServerWords words = words_of(frame);
  const Verdict verdict = judge(status_in_stream(words), words, context);
  ProviderError::Details details;
  details.retryable = verdict.retryable;
  const std::string text = sentence(context, verdict, " while it answered", words.message);
  return ProviderError(verdict.code, text, details);
}

}  // namespace strandbus::detail
