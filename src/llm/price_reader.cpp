#include "llm/price_reader.hpp"

#include <cmath>

namespace strandbus::detail {
namespace {

constexpr double highest_price = 1'000'000;

/// USD per 10^6 tokens as 10^-12 USD per token.
std::int64_t pico_usd(const JsonField& field) {
  return std::llround(field.number(0, highest_price) * 1e6);
}

std::optional<std::int64_t> pico_usd(const JsonObjectReader& object, std::string_view name) {
  const std::optional<JsonField> found = object.find(name);
  if (!found) return std::nullopt;
  return pico_usd(*found);
}

}  // namespace

Price price_in(const JsonObjectReader& object) {
  const JsonField input = object.require("input_per_million_usd");
  const JsonField output = object.require("output_per_million_usd");
  Price price;
  price.input_pico_usd = pico_usd(input);
  price.output_pico_usd = pico_usd(output);
  price.cached_pico_usd = pico_usd(object, "cached_per_million_usd");
  price.cache_write_pico_usd = pico_usd(object, "cache_write_per_million_usd");
  price.reasoning_pico_usd = pico_usd(object, "reasoning_per_million_usd");
  return price;
}

}  // namespace strandbus::detail
