#include "otel/export_outcome.hpp"

#include "otel/span_content.hpp"
#include "strandbus/event/json_codec.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr int first_success = 200;
constexpr int first_redirection = 300;

bool may_be_repeated(int status) {
  constexpr int too_many_requests = 429;
  constexpr int bad_gateway = 502;
  constexpr int unavailable = 503;
  constexpr int gateway_timeout = 504;
  return status == too_many_requests || status == bad_gateway || status == unavailable ||
         status == gateway_timeout;
}

/// An int64 of this mapping: a text or a number.
std::uint64_t count_of(const json::value* value) {
  if (!value) return 0;
  std::int64_t count = 0;
  if (const auto* const text = value->if_string()) {
    std::from_chars(text->data(), text->data() + text->size(), count);
  } else if (value->is_int64()) {
    count = value->get_int64();
  }
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, count));
}

void take_partial_success(ExportOutcome& outcome, std::string_view body) {
  const auto parsed = parse_json(body);
  const json::object* const answer = parsed ? parsed->if_object() : nullptr;
  const json::value* const partial = answer ? answer->if_contains("partialSuccess") : nullptr;
  const json::object* const members = partial ? partial->if_object() : nullptr;
  if (!members) return;
  outcome.rejected = count_of(members->if_contains("rejectedSpans"));
  const json::value* const message = members->if_contains("errorMessage");
  if (message && message->is_string() && !message->get_string().empty())
    outcome.error = "the collector says: " + std::string(message->get_string());
}

void remove_all(std::string& text, std::string_view part) {
  constexpr std::size_t shortest = 4;  // a shorter one may stand in any word
  if (part.size() < shortest) return;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at))
    text.replace(at, part.size(), "[...]");
}

}  // namespace

ExportOutcome outcome_of(int status, std::optional<std::chrono::milliseconds> retry_after,
                         std::string_view body) {
  ExportOutcome outcome;
  if (status >= first_success && status < first_redirection) {
    take_partial_success(outcome, body);
    return outcome;
  }
  outcome.kind =
      may_be_repeated(status) ? ExportOutcome::Kind::again : ExportOutcome::Kind::refused;
  outcome.error = "the collector answers with status " + std::to_string(status);
  if (outcome.kind == ExportOutcome::Kind::again) outcome.retry_after = retry_after;
  return outcome;
}

std::optional<std::chrono::milliseconds> repeat_after(const OtlpExporterOptions& options,
                                                      const ExportOutcome& outcome, int failed,
                                                      std::chrono::milliseconds elapsed,
                                                      double random) {
  if (outcome.kind != ExportOutcome::Kind::again) return std::nullopt;
  auto delay = std::min(options.first_retry_delay, options.max_retry_delay);
  for (int i = 1; i < failed && delay < options.max_retry_delay; ++i)
    delay = std::min(delay * 2, options.max_retry_delay);
  const double part = 1 - std::clamp(random, 0.0, 1.0) / 2;
  delay = std::chrono::milliseconds(std::llround(static_cast<double>(delay.count()) * part));
  if (outcome.retry_after) delay = std::max(delay, *outcome.retry_after);
  if (elapsed + delay > options.max_retry_time) return std::nullopt;
  return delay;
}

std::string log_text(std::string_view text, const std::vector<OtlpHeader>& headers) {
  constexpr std::size_t longest = 300;
  std::string line(text);
  for (const OtlpHeader& header : headers) {
    const std::string_view value = header.value;
    remove_all(line, value);
    remove_all(line, value.substr(value.rfind(' ') + 1));  // a key behind its scheme
  }
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = ' ';
  }
  return cut_text(line, longest);
}

}  // namespace strandbus::detail
