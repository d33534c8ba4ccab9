#include "server/request_arguments.hpp"

#include "strandbus/event/json_codec.hpp"

#include <boost/algorithm/string/predicate.hpp>

#include <algorithm>
#include <charconv>

namespace strandbus::detail {
namespace {

constexpr int max_depth = 32;

bool is_json(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find(';'));
  const auto end = type.find_last_not_of(" \t");
  return boost::algorithm::iequals(type.substr(0, end == std::string_view::npos ? 0 : end + 1),
                                   "application/json");
}

}  // namespace

BadRequest::BadRequest(int status, std::string code, std::string message)
    : BadRequest(make_refusal(status, std::move(code), std::move(message))) {}

void refuse_parameter(std::string_view name, const std::string& wanted) {
  throw BadRequest(400, "invalid_parameter", "the parameter " + std::string(name) + " " + wanted);
}

void expect_parameters(const RequestTarget& target, std::initializer_list<std::string_view> known) {
  for (const auto& parameter : target.query) {
    if (std::find(known.begin(), known.end(), parameter.first) != known.end()) continue;
    const std::string_view meant =
        closest_name(parameter.first, std::span(known.begin(), known.size()));
    throw BadRequest(400, "invalid_parameter",
                     "there is no parameter " + detail::quoted(parameter.first.substr(0, 40)) +
                         " here" +
                         (meant.empty() ? "" : "; did you mean " + std::string(meant) + "?"));
  }
}

std::optional<std::string_view> single(const RequestTarget& target, std::string_view name) {
  const auto count = std::count_if(target.query.begin(), target.query.end(),
                                   [&](const auto& parameter) { return parameter.first == name; });
  if (count > 1) refuse_parameter(name, "is given twice");
  return target.parameter(name);
}

std::optional<std::uint64_t> number(const RequestTarget& target, std::string_view name,
                                    std::uint64_t least, std::uint64_t most) {
  const auto text = single(target, name);
  if (!text) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, failure] = std::from_chars(text->data(), text->data() + text->size(), value);
  const bool whole = failure == std::errc() && end == text->data() + text->size();
  if (!whole || value < least || value > most) {
    refuse_parameter(name,
                     "is a number from " + std::to_string(least) + " to " + std::to_string(most));
  }
  return value;
}

bool flag(const RequestTarget& target, std::string_view name) {
  const auto text = single(target, name);
  if (text && *text != "0" && *text != "1") refuse_parameter(name, "is 0 or 1");
  return text == "1";
}

std::vector<std::string> list(const RequestTarget& target, std::string_view name) {
  std::vector<std::string> values;
  for (const auto& parameter : target.query) {
    if (parameter.first != name) continue;
    std::string_view rest = parameter.second;
    for (;;) {
      const std::string_view value = rest.substr(0, rest.find(','));
      if (value.empty()) refuse_parameter(name, "has an empty value");
      values.emplace_back(value);
      if (value.size() == rest.size()) break;
      rest.remove_prefix(value.size() + 1);
    }
  }
  return values;
}

boost::json::value json_text(std::string_view text, std::string_view what) {
  auto value = parse_json(text, {.max_bytes = text.size(), .max_depth = max_depth});
  if (!value) {
    throw BadRequest(400, "malformed_json",
                     std::string(what) + " is not JSON: " + value.error().message);
  }
  return *std::move(value);
}

boost::json::value json_body(const ServerRequest& request) {
  if (!is_json(request.header("Content-Type").value_or(""))) {
    throw BadRequest(415, "media_type_unknown",
                     "the body must be JSON: send Content-Type: application/json");
  }
  return json_text(request.body, "the body");
}

HttpRefusal refusal_for(const JsonProblem& problem) {
  return make_refusal(
      400, "invalid_body",
      (problem.pointer.empty() ? "the body" : problem.pointer) + ": " + problem.message);
}

std::string text_of(const JsonObjectReader& body, std::string_view name, std::size_t max_bytes) {
  std::string text = body.text_or_empty(name);
  if (text.size() > max_bytes) {
    body.require(name).fail("has " + std::to_string(text.size()) + " bytes, at most " +
                            std::to_string(max_bytes) + " are allowed");
  }
  return text;
}

}  // namespace strandbus::detail
