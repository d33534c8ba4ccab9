#include "llm/server_words.hpp"

#include "llm/server_json.hpp"
#include "strandbus/event/json_codec.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <cstddef>

namespace strandbus::detail {
namespace {

namespace json = boost::json;

/// A member that is a text that says something.
std::string text_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (!value || !value->is_string()) return {};
  return std::string(value->get_string().data(), value->get_string().size());
}

const json::object* object_in(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value ? value->if_object() : nullptr;
}

void take_code(ServerWords& words, const json::object& object) {
  const json::value* code = object.if_contains("code");
  if (code && code->is_int64()) words.number = code->get_int64();
  words.code = text_of(object, "code");
}

/// Gateways put what the model's own server said below `metadata`.
std::string upstream_words(const json::object& error) {
  const json::object* metadata = object_in(error, "metadata");
  return metadata ? text_of(*metadata, "raw") : std::string();
}

/// {"loc": ["body", "model"], "msg": "field required"}
std::string complaint_of(const json::value& complaint) {
  if (const json::string* text = complaint.if_string()) {
    return std::string(text->data(), text->size());
  }
  if (!complaint.is_object()) return {};
  std::string where;
  if (const json::value* place = complaint.get_object().if_contains("loc")) {
    append_json(where, *place);
    where += ": ";
  }
  return where + text_of(complaint.get_object(), "msg");
}

std::string detail_of(const json::object& object) {
  const json::value* detail = object.if_contains("detail");
  if (!detail) return {};
  const json::array* complaints = detail->if_array();
  if (!complaints) return complaint_of(*detail);
  return complaints->empty() ? std::string() : complaint_of(complaints->front());
}

std::string plain_message(const json::object& object) {
  for (const std::string_view name : {"message", "msg", "error_description"}) {
    if (std::string text = text_of(object, name); !text.empty()) return text;
  }
  return detail_of(object);
}

bool begins_with_tag(std::string_view body) noexcept {
  const std::size_t first = body.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && body[first] == '<';
}

/// What a page of HTML is called.
std::string title_of(std::string_view page) {
  std::string lower(page);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  const std::size_t tag = lower.find("<title");
  const std::size_t begin = lower.find('>', tag);
  const std::size_t end = lower.find("</title", begin);
  if (tag == std::string::npos || begin == std::string::npos || end == std::string::npos)
    return "a page of HTML";
  return "a page of HTML titled '" + std::string(page.substr(begin + 1, end - begin - 1)) + "'";
}

}  // namespace

bool says_failure(const json::object& object) {
  const json::value* error = object.if_contains("error");
  if (error && !error->is_null()) return true;
  if (object.contains("choices")) return false;
  return text_of(object, "object") == "error" || !plain_message(object).empty();
}

ServerWords words_of(const json::object& object) {
  ServerWords words;
  const json::object* error = object_in(object, "error");
  const json::object& source = error ? *error : object;
  words.message = plain_message(source);
  if (!error && words.message.empty()) words.message = text_of(object, "error");
  if (const std::string raw = upstream_words(source); !raw.empty()) {
    words.message += (words.message.empty() ? "" : ": ") + raw;
  }
  words.type = text_of(source, "type");
  take_code(words, source);
  return words;
}

ServerWords words_of(std::string_view body) {
  if (const auto parsed = parse_server_json(body)) {
    if (const json::object* object = parsed->if_object()) return words_of(*object);
    const json::array* list = parsed->if_array();
    if (list && !list->empty() && list->front().is_object()) {
      return words_of(list->front().get_object());
    }
  }
  ServerWords words;
  words.message = begins_with_tag(body) ? title_of(body) : std::string(body);
  return words;
}

}  // namespace strandbus::detail
