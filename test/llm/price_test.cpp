#include "strandbus/llm/price.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

namespace strandbus {
namespace {

constexpr std::int64_t one_usd_per_million = 1'000'000;
constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();

Usage usage_of(std::int64_t prompt, std::int64_t completion) {
  Usage usage;
  usage.prompt = prompt;
  usage.completion = completion;
  usage.total = prompt + completion;
  return usage;
}

Price price_of(std::int64_t input, std::int64_t output) {
  Price price;
  price.input_pico_usd = input;
  price.output_pico_usd = output;
  return price;
}

TEST(CostOf, TheGoldenRunCosts350000BillionthsOfADollar) {
  const Price price = price_of(2 * one_usd_per_million, 2 * one_usd_per_million);
  EXPECT_EQ(cost_of(usage_of(70, 15), price) + cost_of(usage_of(80, 10), price), NanoUsd{350'000});
  EXPECT_EQ(cost_of(usage_of(150, 25), price), NanoUsd{350'000});
  EXPECT_EQ(to_string(NanoUsd{350'000}), "0.00035");
}

TEST(CostOf, CachedAndReasoningTokensArePartsWithTheirOwnPrices) {
  Usage usage = usage_of(1000, 100);
  usage.cached = 600;
  usage.cache_write = 100;
  usage.reasoning = 40;
  Price price = price_of(10 * one_usd_per_million, 40 * one_usd_per_million);
  EXPECT_EQ(cost_of(usage, price), NanoUsd{14'000'000})
      << "without own prices: 1000 × 10 + 100 × 40";

  price.cached_pico_usd = one_usd_per_million;
  price.cache_write_pico_usd = 12 * one_usd_per_million;
  price.reasoning_pico_usd = 20 * one_usd_per_million;
  EXPECT_EQ(cost_of(usage, price), NanoUsd{8'000'000}) << "300×10 + 600×1 + 100×12 + 60×40 + 40×20";
}

TEST(CostOf, RoundsHalfUpOnlyAtTheEnd) {
  EXPECT_EQ(cost_of(usage_of(1, 0), price_of(499, 0)), NanoUsd{0});
  EXPECT_EQ(cost_of(usage_of(1, 0), price_of(500, 0)), NanoUsd{1});
  EXPECT_EQ(cost_of(usage_of(1, 1), price_of(250, 250)), NanoUsd{1});
}

TEST(CostOf, NegativeCountsAreZeroAndHugeOnesDoNotOverflow) {
  EXPECT_EQ(cost_of(usage_of(-5, -5), price_of(1000, 1000)), NanoUsd{0});
  Usage inconsistent = usage_of(10, 0);
  inconsistent.cached = 30;
  EXPECT_EQ(cost_of(inconsistent, price_of(1000, 0)), NanoUsd{30});
  EXPECT_EQ(cost_of(usage_of(largest, 0), price_of(largest, 0)), NanoUsd{largest});
}

RC_GTEST_PROP(CostOf, IsTheSumOfTheProducts, ()) {
  const std::int64_t prompt = *rc::gen::inRange<std::int64_t>(0, 1'000'000);
  const std::int64_t completion = *rc::gen::inRange<std::int64_t>(0, 1'000'000);
  const std::int64_t input = *rc::gen::inRange<std::int64_t>(0, 100'000'000);
  const std::int64_t output = *rc::gen::inRange<std::int64_t>(0, 100'000'000);
  const std::int64_t pico = prompt * input + completion * output;
  RC_ASSERT(cost_of(usage_of(prompt, completion), price_of(input, output)).value ==
            (pico + 500) / 1000);
}

}  // namespace
}  // namespace strandbus
