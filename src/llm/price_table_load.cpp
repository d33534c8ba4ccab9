#include "llm/json_file.hpp"
#include "llm/price_reader.hpp"
#include "strandbus/llm/price_table.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <utility>

namespace strandbus {
namespace {

using detail::JsonField;
using detail::JsonObjectReader;

constexpr detail::JsonFileKind price_file_kind{.name = "price file",
                                               .max_bytes = max_price_file_bytes,
                                               .max_depth = 8,
                                               .if_larger = "leave out models that are not used"};
constexpr std::size_t longest_name = 200;

/// The number that stands there; -1 if there is none.
int number_at(std::string_view text, std::size_t begin, std::size_t count) {
  int number = -1;
  const char* const end = text.data() + begin + count;
  const auto parsed = std::from_chars(text.data() + begin, end, number);
  return parsed.ec == std::errc{} && parsed.ptr == end ? number : -1;
}

/// RFC 3339, full-date.
bool is_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  const int month = number_at(text, 5, 2);
  const int day = number_at(text, 8, 2);
  if (number_at(text, 0, 4) < 1 || month < 1 || day < 1) return false;
  return std::chrono::year_month_day(std::chrono::year(number_at(text, 0, 4)),
                                     std::chrono::month(static_cast<unsigned>(month)),
                                     std::chrono::day(static_cast<unsigned>(day)))
      .ok();
}

std::string read_date(const JsonField& field) {
  std::string date = field.text();
  if (!is_date(date)) field.fail_expected("a day as \"2026-11-21\"");
  return date;
}

void check_currency(const JsonField& field) {
  static constexpr std::array<std::string_view, 1> known{"USD"};
  field.one_of(known);
}

/// What is wrong with the name of a model; empty if nothing.
std::string_view problem_of(std::string_view name) {
  if (name.empty() || name.size() > longest_name) return "the name of a model has 1 to 200 bytes";
  const bool printable = std::ranges::all_of(
      name, [](char c) { return static_cast<unsigned char>(c) > ' ' && c != '\x7F'; });
  if (!printable) return "the name of a model has no spaces and no control characters";
  if (name.ends_with('/')) return "the name of a model is missing behind the slash";
  const std::size_t star = name.find('*');
  if (star == std::string_view::npos) return {};
  const bool at_boundary =
      star > 0 && std::string_view("-_.:/@").find(name[star - 1]) != std::string_view::npos;
  if (star + 1 != name.size() || !at_boundary)
    return "a * stands only at the end, behind one of - _ . : / @";
  return {};
}

ModelPrice read_model(std::string_view name, const JsonField& field) {
  if (const std::string_view problem = problem_of(name); !problem.empty())
    throw detail::JsonProblem{field.pointer, detail::JsonPart::key, std::string(problem)};
  ModelPrice model;
  model.model = name;
  if (field.value.is_null()) return model;
  if (!field.value.is_object()) field.fail_expected("an object, or null if the price is not known");
  const JsonObjectReader object(
      field, {"input_per_million_usd", "output_per_million_usd", "cached_per_million_usd",
              "cache_write_per_million_usd", "reasoning_per_million_usd", "source"});
  model.price = detail::price_in(object);
  model.source = object.text_or_empty("source");
  return model;
}

PriceTable read_prices(const JsonField& root, std::string_view name) {
  const JsonObjectReader object(root,
                                {"$schema", "schema", "comment", "date", "currency", "models"});
  object.text_or_empty("$schema");
  object.text_or_empty("comment");
  object.integer("schema", 1, 1);

  PriceTable table;
  table.name = name;
  table.date = read_date(object.require("date"));
  check_currency(object.require("currency"));
  const JsonField models = object.require("models");
  for (const auto& member : models.object())
    table.models.push_back(read_model(member.key(), models.member(member.key())));
  return table;
}

}  // namespace

PriceTableResult parse_prices(std::string_view text, std::string_view name) {
  const auto document = detail::parse_json_file(text, name, price_file_kind);
  if (!document) return document.error();
  try {
    return read_prices(JsonField{*document, {}}, name);
  } catch (const detail::JsonProblem& problem) {
    return detail::json_file_error(text, name, problem);
  }
}

PriceTableResult load_prices(const std::string& path) {
  const auto text = detail::read_json_file(path, price_file_kind);
  if (!text) return text.error();
  return parse_prices(*text, path);
}

}  // namespace strandbus
