#include "llm/json_field.hpp"
#include "llm/json_position.hpp"
#include "llm/price_reader.hpp"
#include "llm/text_split.hpp"
#include "strandbus/event/json_codec.hpp"
#include "strandbus/llm/script.hpp"

#include <boost/regex.hpp>

#include <array>
#include <set>
#include <utility>

namespace strandbus {
namespace {

using detail::JsonField;
using detail::JsonObjectReader;
using std::chrono::milliseconds;

constexpr std::int64_t longest_delay_ms = 10 * 60 * 1000;
constexpr std::int64_t most_tokens = 1'000'000'000'000;
constexpr std::size_t longest_regex = 1000;
constexpr std::size_t fragment_bytes = 12;
constexpr DecodeLimits argument_limits{.max_bytes = max_script_bytes, .max_depth = 32};

template <class T>
void assign(T& target, std::optional<T> value) {
  if (value) target = *std::move(value);
}

std::optional<milliseconds> read_delay(const JsonObjectReader& object, std::string_view name) {
  const std::optional<std::int64_t> ms = object.integer(name, 0, longest_delay_ms);
  if (!ms) return std::nullopt;
  return milliseconds(*ms);
}

void check_regex(const JsonField& field, const std::string& pattern) {
  if (pattern.size() > longest_regex)
    field.fail("the regular expression is longer than 1000 bytes");
  try {
    const boost::regex compiled(pattern);
  } catch (const std::runtime_error& error) {
    field.fail(std::string("not a regular expression: ") + error.what());
  }
}

/// The one of equals, contains and regex that the object has.
std::optional<TextMatch> read_comparison(const JsonObjectReader& object) {
  static constexpr std::array<std::string_view, 3> names{"equals", "contains",
                                                         "regex"};  // as TextMatch::Kind
  std::optional<TextMatch> match;
  for (std::size_t kind = 0; kind < names.size(); ++kind) {
    const std::optional<JsonField> found = object.find(names[kind]);
    if (!found) continue;
    if (match) found->fail("equals, contains and regex exclude each other: keep one");
    match = TextMatch{static_cast<TextMatch::Kind>(kind), found->text()};
    if (match->kind == TextMatch::Kind::regex) check_regex(*found, match->text);
  }
  return match;
}

TextMatch read_text_match(const JsonField& field) {
  if (field.value.is_string()) return {TextMatch::Kind::equals, field.text()};
  if (!field.value.is_object())
    field.fail_expected("a text or an object with equals, contains or regex");
  const JsonObjectReader object(field, {"equals", "contains", "regex"});
  std::optional<TextMatch> match = read_comparison(object);
  if (!match) field.fail("one of equals, contains and regex is missing");
  return *std::move(match);
}

ToolResultMatch read_tool_result_match(const JsonField& field) {
  if (field.value.is_string()) return {{}, {}, TextMatch{TextMatch::Kind::equals, field.text()}};
  if (!field.value.is_object()) field.fail_expected("a text or an object");
  const JsonObjectReader object(field, {"name", "call_id", "equals", "contains", "regex"});
  return {object.text_or_empty("name"), object.text_or_empty("call_id"), read_comparison(object)};
}

ResponseMatch read_match(const JsonField& field) {
  const JsonObjectReader object(field, {"user", "tool_result", "turn"});
  ResponseMatch match;
  if (const auto user = object.find("user")) match.user = read_text_match(*user);
  if (const auto result = object.find("tool_result"))
    match.tool_result = read_tool_result_match(*result);
  match.turn = object.integer("turn", 1, 1'000'000);
  if (field.value.get_object().empty()) {
    field.fail(
        "an empty match: name user, tool_result or turn, or leave match out to fit anything");
  }
  return match;
}

/// A text, which is cut, or a list of texts, which are taken as they are.
std::vector<std::string> read_tokens(const JsonField& field) {
  if (field.value.is_string()) return detail::split_tokens(field.text());
  if (!field.value.is_array()) field.fail_expected("a text or a list of texts");
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i < field.list().size(); ++i) {
    const JsonField token = field.element(i);
    tokens.push_back(token.text());
    if (tokens.back().empty()) token.fail("a token must not be empty");
  }
  return tokens;
}

/// What a provider makes of the arguments' text, see ModelResponse::tool_calls.
json::value arguments_of(const std::string& text) {
  const auto parsed = parse_json(text, argument_limits);
  return parsed ? *parsed : json::value(text);
}

ScriptedToolCall read_tool_call(const JsonField& field) {
  const JsonObjectReader object(field, {"call_id", "name", "arguments", "fragments"});
  const JsonField arguments = object.require("arguments");
  if (!arguments.value.is_object() && !arguments.value.is_string()) {
    arguments.fail_expected("an object, or a text that is sent as it is");
  }
  std::string text;
  if (arguments.value.is_string()) {
    text = arguments.text();
  } else {
    append_json(text, arguments.value);
  }

  const std::size_t pieces = (text.size() + fragment_bytes - 1) / fragment_bytes;
  const std::int64_t fragments =
      object.integer("fragments", 1, 10'000).value_or(static_cast<std::int64_t>(pieces));
  ScriptedToolCall call;
  call.call_id = object.text_or_empty("call_id");
  call.tool_name = object.require("name").name();
  call.arguments = arguments.value.is_object() ? arguments.value : arguments_of(text);
  call.fragments = detail::split_evenly(text, static_cast<std::size_t>(fragments));
  return call;
}

std::vector<ScriptedToolCall> read_tool_calls(const JsonField& field) {
  std::vector<ScriptedToolCall> calls;
  std::set<std::string> ids;
  for (std::size_t i = 0; i < field.list().size(); ++i) {
    const JsonField element = field.element(i);
    calls.push_back(read_tool_call(element));
    const std::string& id = calls.back().call_id;
    if (!id.empty() && !ids.insert(id).second) {
      element.fail("the call_id " + detail::quoted(id) + " is already used in this response");
    }
  }
  if (calls.empty()) field.fail("an empty list: leave tool_calls out when the model calls no tool");
  return calls;
}

Usage read_usage(const JsonField& field) {
  const JsonObjectReader object(field,
                                {"prompt", "completion", "cached", "cache_write", "reasoning"});
  Usage usage;
  usage.prompt = object.integer("prompt", 0, most_tokens).value_or(0);
  usage.completion = object.integer("completion", 0, most_tokens).value_or(0);
  usage.total = usage.prompt + usage.completion;
  usage.cached = object.integer("cached", 0, most_tokens);
  usage.cache_write = object.integer("cache_write", 0, most_tokens);
  usage.reasoning = object.integer("reasoning", 0, most_tokens);
  if (usage.cached.value_or(0) + usage.cache_write.value_or(0) > usage.prompt) {
    field.fail("cached and cache_write are parts of prompt: together they must not exceed it");
  }
  if (usage.reasoning.value_or(0) > usage.completion) {
    field.fail("reasoning is a part of completion: it must not exceed it");
  }
  return usage;
}

Price read_price(const JsonField& field) {
  return detail::price_in(JsonObjectReader(
      field, {"input_per_million_usd", "output_per_million_usd", "cached_per_million_usd",
              "cache_write_per_million_usd", "reasoning_per_million_usd"}));
}

ScriptedError read_error(const JsonField& field, std::size_t tokens) {
  static constexpr std::array codes{
      ErrorCode::network,         ErrorCode::authentication,   ErrorCode::rate_limit,
      ErrorCode::invalid_request, ErrorCode::invalid_response, ErrorCode::model_not_found,
      ErrorCode::context_length,  ErrorCode::server_error,     ErrorCode::interrupted};
  std::array<std::string_view, codes.size()> names;
  for (std::size_t i = 0; i < codes.size(); ++i) names[i] = to_string(codes[i]);

  const JsonObjectReader object(
      field, {"code", "message", "after_tokens", "http_status", "retry_after_ms"});
  ScriptedError error;
  error.code = codes[object.require("code").one_of(names)];
  error.message = object.require("message").text();
  error.after_tokens = object.integer("after_tokens", 0, most_tokens).value_or(0);
  if (static_cast<std::size_t>(error.after_tokens) > tokens) {
    object.require("after_tokens").fail("the text has only " + std::to_string(tokens) + " tokens");
  }
  error.http_status = object.integer("http_status", 100, 599);
  error.retry_after = read_delay(object, "retry_after_ms");
  return error;
}

FinishReason default_finish_reason(const ScriptedResponse& response) {
  if (response.error) return FinishReason::error;
  if (!response.tool_calls.empty()) return FinishReason::tool_calls;
  return response.refusal.empty() ? FinishReason::stop : FinishReason::refusal;
}

FinishReason read_finish_reason(const JsonField& field, bool calls_tools) {
  static constexpr std::array reasons{FinishReason::stop, FinishReason::tool_calls,
                                      FinishReason::length, FinishReason::content_filter,
                                      FinishReason::refusal};
  std::array<std::string_view, reasons.size()> names;
  for (std::size_t i = 0; i < reasons.size(); ++i) names[i] = to_string(reasons[i]);

  const FinishReason reason = reasons[field.one_of(names)];
  if (calls_tools && (reason == FinishReason::stop || reason == FinishReason::refusal)) {
    field.fail("a response with tool_calls finishes with tool_calls, length or content_filter");
  }
  if (!calls_tools && reason == FinishReason::tool_calls)
    field.fail("this response has no tool_calls");
  return reason;
}

void check_combination(const JsonObjectReader& object) {
  bool says_something = false;
  for (const std::string_view name : {"text", "reasoning", "refusal", "tool_calls", "error"}) {
    says_something = says_something || object.has(name);
  }
  if (!says_something) {
    object.field().fail(
        "an empty response: one of text, reasoning, refusal, tool_calls and error is missing");
  }
  if (!object.has("error")) return;
  for (const std::string_view name : {"tool_calls", "refusal", "finish_reason"}) {
    if (const auto found = object.find(name))
      found->fail("a response with an error has no " + std::string(name));
  }
}

ScriptedResponse read_response(const JsonField& field, milliseconds token_delay) {
  const JsonObjectReader object(
      field, {"comment", "match", "repeat", "reasoning", "text", "refusal", "tool_calls",
              "finish_reason", "usage", "error", "delay_ms", "token_delay_ms"});
  object.text_or_empty("comment");
  check_combination(object);

  ScriptedResponse response;
  if (const auto match = object.find("match")) response.match = read_match(*match);
  response.repeat = object.boolean_or("repeat", response.match.has_value());
  if (const auto reasoning = object.find("reasoning")) response.reasoning = read_tokens(*reasoning);
  if (const auto text = object.find("text")) response.text = read_tokens(*text);
  response.refusal = object.text_or_empty("refusal");
  if (const auto calls = object.find("tool_calls")) response.tool_calls = read_tool_calls(*calls);
  if (const auto usage = object.find("usage")) response.usage = read_usage(*usage);
  if (const auto error = object.find("error"))
    response.error = read_error(*error, response.text.size());
  response.finish_reason = default_finish_reason(response);
  if (const auto reason = object.find("finish_reason")) {
    response.finish_reason = read_finish_reason(*reason, !response.tool_calls.empty());
  }
  response.delay = read_delay(object, "delay_ms").value_or(milliseconds(0));
  response.token_delay = read_delay(object, "token_delay_ms").value_or(token_delay);
  return response;
}

}  // namespace

namespace detail {

Script read_script(const JsonField& root, std::string_view name) {
  const JsonObjectReader object(
      root, {"$schema", "schema", "comment", "model", "price", "token_delay_ms", "responses"});
  object.text_or_empty("$schema");
  object.text_or_empty("comment");
  object.integer("schema", 1, 1);

  Script script;
  script.name = name;
  const auto model = object.find("model");
  script.model = model ? model->name() : "scripted";
  if (const auto price = object.find("price")) script.price = read_price(*price);
  const milliseconds token_delay = read_delay(object, "token_delay_ms").value_or(milliseconds(0));

  const JsonField responses = object.require("responses");
  for (std::size_t i = 0; i < responses.list().size(); ++i) {
    script.responses.push_back(read_response(responses.element(i), token_delay));
  }
  if (script.responses.empty()) responses.fail("a script needs at least one response");
  return script;
}

}  // namespace detail
}  // namespace strandbus
