#include "strandbus/llm/price_table.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace strandbus {
namespace {

constexpr std::int64_t one_usd_per_million = 1'000'000;

/// A table in which the n-th model costs n dollars per million tokens.
PriceTable table_of(const std::vector<std::string>& names) {
  PriceTable table;
  for (const std::string& name : names) {
    Price price;
    price.input_pico_usd = one_usd_per_million * static_cast<std::int64_t>(table.models.size() + 1);
    table.models.push_back({name, price, {}});
  }
  return table;
}

/// Which model's price is found; empty if none.
std::string found(const PriceTable& table, std::string_view model) {
  const std::optional<Price> price = table.find(model);
  if (!price) return {};
  return table.models.at(static_cast<std::size_t>(price->input_pico_usd / one_usd_per_million - 1))
      .model;
}

TEST(PriceTable, FindsAModelByItsName) {
  const PriceTable table = table_of({"gpt-4o", "gpt-4o-mini"});
  EXPECT_EQ(found(table, "gpt-4o"), "gpt-4o");
  EXPECT_EQ(found(table, "gpt-4o-mini"), "gpt-4o-mini");
}

TEST(PriceTable, FindsTheSnapshotsOfAModel) {
  const PriceTable table = table_of({"gpt-4o", "gpt-4o-mini", "claude-haiku-4-5", "gpt-4"});
  EXPECT_EQ(found(table, "gpt-4o-2024-08-06"), "gpt-4o");
  EXPECT_EQ(found(table, "gpt-4o-mini-2024-07-18"), "gpt-4o-mini");
  EXPECT_EQ(found(table, "claude-haiku-4-5@20251001"), "claude-haiku-4-5");
  EXPECT_EQ(found(table, "claude-haiku-4-5-20251001-v1:0"), "claude-haiku-4-5");
  EXPECT_EQ(found(table, "claude-haiku-4-5-latest"), "claude-haiku-4-5");
  EXPECT_EQ(found(table, "gpt-4-0613"), "gpt-4");
}

TEST(PriceTable, NeverGivesThePriceOfAnotherModel) {
  const PriceTable table = table_of({"gpt-4o", "gpt-4o-mini", "gpt-4", "claude-opus-4"});
  for (const char* model :
       {"gpt-4o-minimal", "gpt-4o-mini-tts", "gpt-4o-mini-", "gpt-4o-", "gpt-4-32k",
        "gpt-4-1106-preview", "claude-opus-4-5", "claude-opus-4-latest-2", "GPT-4o", "o", "",
        "xgpt-4o", "ft:gpt-4o-mini-2024-07-18:me::1", "gpt-4o/", "/gpt-4o-mini-tts"})
    EXPECT_EQ(found(table, model), "") << model;
}

TEST(PriceTable, TakesTheLongestNameThatFits) {
  const PriceTable table = table_of({"llama-*", "llama-3-*", "llama-3-70b", "llama-3-70b-2024-*"});
  EXPECT_EQ(found(table, "llama-2"), "llama-*");
  EXPECT_EQ(found(table, "llama-3-8b"), "llama-3-*");
  EXPECT_EQ(found(table, "llama-3-70b"), "llama-3-70b");
  EXPECT_EQ(found(table, "llama-3-70b-2023-01-01"), "llama-3-70b");
  EXPECT_EQ(found(table, "llama-3-70b-2024-01-01"), "llama-3-70b-2024-*");
  EXPECT_EQ(found(table, "llama-"), "");
  EXPECT_EQ(found(table, "llama"), "");
}

TEST(PriceTable, FindsAModelWithoutItsProvider) {
  const PriceTable table = table_of({"openai/gpt-4o", "ollama/*"});
  EXPECT_EQ(found(table, "openai/gpt-4o"), "openai/gpt-4o");
  EXPECT_EQ(found(table, "gpt-4o"), "openai/gpt-4o");
  EXPECT_EQ(found(table, "gpt-4o-2024-08-06"), "openai/gpt-4o");
  EXPECT_EQ(found(table, "acme/gpt-4o"), "");
  EXPECT_EQ(found(table, "ollama/anything"), "ollama/*");
  EXPECT_EQ(found(table, "anything"), "");
}

TEST(PriceTable, HasNoPriceForAModelThatTwoProvidersHave) {
  const PriceTable table = table_of({"openai/gpt-4o", "azure/gpt-4o", "azure/gpt-4o-2024-08-06"});
  EXPECT_EQ(found(table, "gpt-4o"), "");
  EXPECT_EQ(found(table, "azure/gpt-4o"), "azure/gpt-4o");
  EXPECT_EQ(found(table, "gpt-4o-2024-08-06"), "azure/gpt-4o-2024-08-06") << "only one has that";
}

TEST(PriceTable, ANameWithoutAProviderComesFirst) {
  const PriceTable table = table_of({"openai/gpt-4o", "azure/gpt-4o", "gpt-4o"});
  EXPECT_EQ(found(table, "gpt-4o"), "gpt-4o");
}

TEST(PriceTable, APriceThatIsNotKnownHidesAShorterName) {
  PriceTable table = table_of({"gpt-4o", "gpt-4o-2024-05-13"});
  table.models[1].price.reset();
  EXPECT_EQ(found(table, "gpt-4o-2024-05-13"), "");
  EXPECT_EQ(found(table, "gpt-4o-2024-08-06"), "gpt-4o");
}

RC_GTEST_PROP(PriceTable, FindsWhatBeginsWithTheNameOrWithoutItsProvider, ()) {
  const auto word = rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab1-/.*:@20")));
  const std::string name = *word;
  const std::string model = *word;
  const std::string result = found(table_of({name}), model);
  if (result.empty()) return;
  const std::string prefix = name.substr(0, name.find_last_not_of('*') + 1);
  const std::string bare = prefix.substr(prefix.rfind('/') + 1);
  RC_ASSERT(model.starts_with(prefix) || model.starts_with(bare));
}

}  // namespace
}  // namespace strandbus
