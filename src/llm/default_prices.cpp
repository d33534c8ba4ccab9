#include "strandbus/llm/price_table.hpp"

#include <boost/assert.hpp>

namespace strandbus {
namespace {

// A test compares this with examples/prices.json: change both.
constexpr std::string_view text = R"json({
  "$schema": "../docs/prices.schema.json",
  "schema": 1,
  "comment": "List prices without taxes, discounts, batches and priority; cache writes are those that are kept for 5 minutes. Prices change: compare with the sources.",
  "date": "2026-11-21",
  "currency": "USD",
  "models": {
    "openai/gpt-4o": {
      "input_per_million_usd": 2.5, "output_per_million_usd": 10, "cached_per_million_usd": 1.25,
      "source": "https://openai.com/api/pricing, as quoted by https://docs.rs/openai-models"
    },
    "openai/gpt-4o-2024-05-13": null,
    "openai/gpt-4o-mini": {
      "input_per_million_usd": 0.15, "output_per_million_usd": 0.6, "cached_per_million_usd": 0.075,
      "source": "https://openai.com/api/pricing, as quoted by https://docs.rs/openai-models"
    },
    "openai/gpt-4.1": {
      "input_per_million_usd": 2, "output_per_million_usd": 8, "cached_per_million_usd": 0.5,
      "source": "https://openai.com/api/pricing, as quoted by https://www.helicone.ai/model/gpt-4.1"
    },
    "openai/gpt-4.1-mini": {
      "input_per_million_usd": 0.4, "output_per_million_usd": 1.6, "cached_per_million_usd": 0.1,
      "source": "https://openai.com/api/pricing, as quoted by https://explore.oreate.ai/posts/current-api-pricing-for-gpt41-mini-and-cost-comparisons"
    },
    "openai/gpt-5-mini": {
      "input_per_million_usd": 0.25, "output_per_million_usd": 2, "cached_per_million_usd": 0.025,
      "source": "https://developers.openai.com/api/docs/models/gpt-5-mini"
    },
    "openai/gpt-5-nano": {
      "input_per_million_usd": 0.05, "output_per_million_usd": 0.4, "cached_per_million_usd": 0.005,
      "source": "https://developers.openai.com/api/docs/models/gpt-5-nano"
    },
    "anthropic/claude-opus-4-1": {
      "input_per_million_usd": 15, "output_per_million_usd": 75, "cached_per_million_usd": 1.5, "cache_write_per_million_usd": 18.75,
      "source": "https://platform.claude.com/docs/en/about-claude/pricing"
    },
    "anthropic/claude-opus-4-5": {
      "input_per_million_usd": 5, "output_per_million_usd": 25, "cached_per_million_usd": 0.5, "cache_write_per_million_usd": 6.25,
      "source": "https://platform.claude.com/docs/en/about-claude/pricing"
    },
    "anthropic/claude-opus-4-6": {
      "input_per_million_usd": 5, "output_per_million_usd": 25, "cached_per_million_usd": 0.5, "cache_write_per_million_usd": 6.25,
      "source": "https://platform.claude.com/docs/en/about-claude/pricing"
    },
    "anthropic/claude-opus-4-7": {
      "input_per_million_usd": 5, "output_per_million_usd": 25, "cached_per_million_usd": 0.5, "cache_write_per_million_usd": 6.25,
      "source": "https://platform.claude.com/docs/en/about-claude/pricing"
    },
    "anthropic/claude-sonnet-4-5": {
      "input_per_million_usd": 3, "output_per_million_usd": 15, "cached_per_million_usd": 0.3, "cache_write_per_million_usd": 3.75,
      "source": "https://platform.claude.com/docs/en/about-claude/pricing"
    },
    "anthropic/claude-sonnet-4-6": {
      "input_per_million_usd": 3, "output_per_million_usd": 15, "cached_per_million_usd": 0.3, "cache_write_per_million_usd": 3.75,
      "source": "https://platform.claude.com/docs/en/about-claude/pricing"
    },
    "anthropic/claude-haiku-4-5": {
      "input_per_million_usd": 1, "output_per_million_usd": 5, "cached_per_million_usd": 0.1, "cache_write_per_million_usd": 1.25,
      "source": "https://platform.claude.com/docs/en/about-claude/pricing"
    }
  }
}
)json";

PriceTable parse() {
  PriceTableResult prices = parse_prices(text, "prices.json (built in)");
  BOOST_ASSERT(prices.has_value());
  return *std::move(prices);
}

}  // namespace

const PriceTable& default_prices() {
  static const PriceTable prices = parse();
  return prices;
}

std::string_view default_prices_text() noexcept { return text; }

}  // namespace strandbus
