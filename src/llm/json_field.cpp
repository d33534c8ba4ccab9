#include "llm/json_field.hpp"

#include "strandbus/event/json_codec.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>
#include <vector>

namespace strandbus::detail {
namespace {

namespace json = boost::json;

constexpr std::size_t shown_bytes = 40;

/// "the number 5", "the text \"abc\"", "an object"
std::string described(const json::value& value) {
  if (value.is_null()) return "null";
  if (value.is_object()) return "an object";
  if (value.is_array()) return "a list";
  std::string shown;
  append_json(shown, value);
  if (shown.size() > shown_bytes) return value.is_string() ? "a long text" : "a long number";
  if (value.is_bool()) return shown;
  return (value.is_string() ? "the text " : "the number ") + shown;
}

std::string listed(std::span<const std::string_view> names) {
  std::string result;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i != 0) result += i + 1 == names.size() ? " or " : ", ";
    result += names[i];
  }
  return result;
}

std::string child_pointer(std::string_view pointer, std::string_view name) {
  std::string result(pointer);
  result += '/';
  for (const char c : name) {
    if (c == '~')
      result += "~0";
    else if (c == '/')
      result += "~1";
    else
      result += c;
  }
  return result;
}

/// Levenshtein's distance: how many letters to insert, remove or replace.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

std::string shown_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.15g", value);
  return text;
}

}  // namespace

std::string quoted(std::string_view text) {
  std::string result;
  append_json_string(result, text);
  return result;
}

std::string_view closest_name(std::string_view wrong, std::span<const std::string_view> known) {
  std::string_view best;
  if (wrong.size() > 64) return best;
  const std::size_t tolerated = wrong.size() < 4 ? 1 : std::max<std::size_t>(2, wrong.size() / 3);
  std::size_t best_distance = tolerated + 1;
  for (const std::string_view name : known) {
    const std::size_t distance = edit_distance(wrong, name);
    if (distance < best_distance) {
      best = name;
      best_distance = distance;
    }
  }
  return best;
}

void JsonField::fail(std::string message) const {
  throw JsonProblem{pointer, JsonPart::value, std::move(message)};
}

void JsonField::fail_expected(std::string_view wanted) const {
  fail("expected " + std::string(wanted) + ", found " + described(value));
}

std::string JsonField::text() const {
  if (const json::string* text = value.if_string()) return std::string(text->data(), text->size());
  fail_expected("text");
}

std::string JsonField::name() const {
  std::string name = text();
  if (name.empty()) fail_expected("a name");
  return name;
}

bool JsonField::boolean() const {
  if (const bool* boolean = value.if_bool()) return *boolean;
  fail_expected("true or false");
}

std::int64_t JsonField::integer(std::int64_t least, std::int64_t most) const {
  const std::int64_t* number = value.if_int64();
  if (number && *number >= least && *number <= most) return *number;
  if (least == most) fail_expected(std::to_string(least));
  fail_expected("a whole number from " + std::to_string(least) + " to " + std::to_string(most));
}

double JsonField::number(double least, double most) const {
  double number = least - 1;
  if (const std::int64_t* whole = value.if_int64()) number = static_cast<double>(*whole);
  if (const double* real = value.if_double()) number = *real;
  if (number >= least && number <= most) return number;
  fail_expected("a number from " + shown_number(least) + " to " + shown_number(most));
}

const json::array& JsonField::list() const {
  if (const json::array* array = value.if_array()) return *array;
  fail_expected("a list");
}

const json::object& JsonField::object() const {
  if (const json::object* object = value.if_object()) return *object;
  fail_expected("an object");
}

JsonField JsonField::member(std::string_view name) const {
  return {object().at(name), child_pointer(pointer, name)};
}

JsonField JsonField::element(std::size_t index) const {
  return {list()[index], child_pointer(pointer, std::to_string(index))};
}

std::size_t JsonField::one_of(std::span<const std::string_view> names) const {
  if (value.is_string()) {
    const auto found = std::ranges::find(names, std::string_view(value.get_string()));
    if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  }
  fail_expected(listed(names));
}

JsonObjectReader::JsonObjectReader(JsonField field, std::initializer_list<std::string_view> known)
    : object_(field.object()), field_(std::move(field)) {
  const std::span names(known.begin(), known.size());
  for (const auto& member : object_) {
    const std::string_view key = member.key();
    if (std::ranges::find(names, key) != names.end()) continue;
    std::string message = "unknown field " + quoted(key.substr(0, shown_bytes));
    if (const std::string_view meant = closest_name(key, names); !meant.empty()) {
      message += ", did you mean " + quoted(meant) + "?";
    } else {
      message += "; the fields here are " + listed(names);
    }
    throw JsonProblem{child_pointer(field_.pointer, key), JsonPart::key, std::move(message)};
  }
}

std::optional<JsonField> JsonObjectReader::find(std::string_view name) const {
  const json::value* value = object_.if_contains(name);
  if (!value) return std::nullopt;
  return JsonField{*value, child_pointer(field_.pointer, name)};
}

JsonField JsonObjectReader::require(std::string_view name) const {
  if (std::optional<JsonField> found = find(name)) return *std::move(found);
  field_.fail("the field " + quoted(name) + " is missing");
}

std::string JsonObjectReader::text_or_empty(std::string_view name) const {
  const std::optional<JsonField> found = find(name);
  return found ? found->text() : std::string();
}

bool JsonObjectReader::boolean_or(std::string_view name, bool fallback) const {
  const std::optional<JsonField> found = find(name);
  return found ? found->boolean() : fallback;
}

std::optional<std::int64_t> JsonObjectReader::integer(std::string_view name, std::int64_t least,
                                                      std::int64_t most) const {
  const std::optional<JsonField> found = find(name);
  if (!found) return std::nullopt;
  return found->integer(least, most);
}

}  // namespace strandbus::detail
