#include "strandbus/event/json_codec.hpp"
#include "strandbus/llm/price_table.hpp"
#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

namespace strandbus {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::filesystem::path source = STRANDBUS_SOURCE_DIR;

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A file with these models, which stand in line 2 from column 1 on.
std::string with_models(std::string_view models) {
  return "{\"date\":\"2026-11-21\",\"currency\":\"USD\",\"models\":\n" + std::string(models) + "}";
}

PriceError error_of(std::string_view text) {
  PriceTableResult prices = parse_prices(text, "p.json");
  if (prices) throw std::logic_error("this text is a price file");
  return prices.error();
}

TEST(PriceFile, SaysWhatModelsCost) {
  const PriceTable table = parse_prices(with_models(R"({"m": {"input_per_million_usd": 2.5,
        "output_per_million_usd": 10, "cached_per_million_usd": 1.25,
        "cache_write_per_million_usd": 3, "reasoning_per_million_usd": 0.075, "source": "here"},
        "n": null})"),
                                        "p.json")
                               .value();
  EXPECT_EQ(table.name, "p.json");
  EXPECT_EQ(table.date, "2026-11-21");
  ASSERT_EQ(table.models.size(), 2U);
  EXPECT_EQ(table.models[0].source, "here");
  const Price price = table.find("m").value();
  EXPECT_EQ(price.input_pico_usd, 2'500'000);
  EXPECT_EQ(price.output_pico_usd, 10'000'000);
  EXPECT_EQ(price.cached_pico_usd, 1'250'000);
  EXPECT_EQ(price.cache_write_pico_usd, 3'000'000);
  EXPECT_EQ(price.reasoning_pico_usd, 75'000);
  EXPECT_FALSE(table.find("n"));
}

TEST(PriceFile, AnErrorNamesTheFileTheLineTheMemberAndWhatIsAllowed) {
  const std::string price = R"({"input_per_million_usd":1,"output_per_million_usd":2})";
  const std::vector<std::pair<std::string, std::string>> table{
      {"[]", "p.json:1:1: expected an object, found a list"},
      {"{", "p.json:1:2: not JSON: "},
      {"{}", "p.json:1:1: the field \"date\" is missing"},
      {R"({"date":"21.11.2026"})",
       "p.json:1:9: /date: expected a day as \"2026-11-21\", found the text \"21.11.2026\""},
      {R"({"date":"2026-02-29"})", "p.json:1:9: /date: expected a day as"},
      {R"({"date":"2026-1a-01"})", "p.json:1:9: /date: expected a day as"},
      {R"({"date":"2026-11-21"})", "p.json:1:1: the field \"currency\" is missing"},
      {R"({"date":"2026-11-21","currency":"EUR"})",
       "p.json:1:33: /currency: expected USD, found the text \"EUR\""},
      {R"({"date":"2026-11-21","currency":"USD"})", "p.json:1:1: the field \"models\" is missing"},
      {R"({"data":1})", "p.json:1:2: /data: unknown field \"data\", did you mean \"date\"?"},
      {R"({"schema":2})", "p.json:1:11: /schema: expected 1, found the number 2"},
      {with_models("[]"), "p.json:2:1: /models: expected an object, found a list"},
      {with_models(R"({"a/b":3})"),
       "p.json:2:8: /models/a~1b: expected an object, or null if the price is not known, found the "
       "number 3"},
      {with_models(R"({"m":{"input_per_million_usd":1}})"),
       "p.json:2:6: /models/m: the field \"output_per_million_usd\" is missing"},
      {with_models(R"({"m":{"input_per_million_usd":"1","output_per_million_usd":2}})"),
       "p.json:2:31: /models/m/input_per_million_usd: expected a number from 0 to 1000000, found "
       "the text \"1\""},
      {with_models(R"({"m":{"inptu_per_million_usd":1}})"),
       "p.json:2:7: /models/m/inptu_per_million_usd: unknown field \"inptu_per_million_usd\", did "
       "you mean \"input_per_million_usd\"?"},
      {with_models("{\"\":" + price + "}"), "the name of a model has 1 to 200 bytes"},
      {with_models("{\"a b\":" + price + "}"),
       "p.json:2:2: /models/a b: the name of a model has no"},
      {with_models("{\"a/\":null}"), "the name of a model is missing behind the slash"},
      {with_models("{\"gpt*\":" + price + "}"),
       "p.json:2:2: /models/gpt*: a * stands only at the end, behind one of - _ . : / @"},
      {with_models("{\"*\":" + price + "}"), "a * stands only at the end"},
      {with_models("{\"a-*-b\":" + price + "}"), "a * stands only at the end"},
      {with_models("{\"m\":null,\"m\":null}"), "has the key \"m\" twice"},
  };
  for (const auto& [text, message] : table)
    EXPECT_THAT(error_of(text).message, HasSubstr(message)) << text;
}

TEST(PriceFile, HasABoundedSize) {
  const PriceError error = error_of(std::string(max_price_file_bytes + 1, ' '));
  EXPECT_EQ(error.code, Errc::limit_exceeded);
  EXPECT_THAT(error.message, HasSubstr("a price file has at most 1 MiB"));
}

TEST(PriceFile, SaysWhyItCannotBeRead) {
  const testing::TemporaryDirectory directory;
  const PriceError missing = load_prices(directory.path("none.json")).error();
  EXPECT_EQ(missing.code, boost::system::errc::no_such_file_or_directory);
  EXPECT_THAT(missing.message, HasSubstr("cannot read the price file "));
  EXPECT_THAT(load_prices(directory.path(".")).error().message, HasSubstr("it is a directory"));
}

TEST(PriceFile, IsReadFromDisk) {
  const testing::TemporaryDirectory directory;
  const std::string file = directory.write(
      "p.json", with_models(R"({"m":{"input_per_million_usd":1,"output_per_million_usd":2}})"));
  EXPECT_EQ(load_prices(file).value().find("m")->output_pico_usd, 2'000'000);
}

TEST(DefaultPrices, AreTheExampleByteForByte) {
  EXPECT_EQ(default_prices_text(), read_text(source / "examples/prices.json"));
}

TEST(DefaultPrices, NameTheSourceOfEachPriceAndTheDay) {
  EXPECT_EQ(default_prices().date.size(), 10U);
  for (const ModelPrice& model : default_prices().models) {
    EXPECT_EQ(model.source.find("https://") != std::string::npos, model.price.has_value())
        << model.model;
  }
}

TEST(DefaultPrices, KnowTheModelThatIsAskedByDefault) {
  const Price price = default_prices().find("gpt-4o-mini").value();
  EXPECT_EQ(price.input_pico_usd, 150'000);
  EXPECT_EQ(price.output_pico_usd, 600'000);
  EXPECT_EQ(price.cached_pico_usd, 75'000);
  EXPECT_FALSE(default_prices().find("gpt-4o-2024-05-13")) << "it has a price of its own";
  EXPECT_TRUE(default_prices().find("claude-sonnet-4-5-20250929"));
}

/// The member names that an object of the schema allows.
std::vector<std::string> property_names(const json::value& schema) {
  std::vector<std::string> names;
  for (const auto& member : schema.at("properties").as_object()) names.emplace_back(member.key());
  return names;
}

TEST(PriceSchema, NamesTheMembersThatTheReaderKnows) {
  const json::value schema = parse_json(read_text(source / "docs/prices.schema.json")).value();
  EXPECT_THAT(property_names(schema),
              ElementsAre("$schema", "schema", "comment", "date", "currency", "models"));
  const json::value& price = schema.at("properties").at("models").at("additionalProperties");
  EXPECT_THAT(
      property_names(price.at("anyOf").at(1)),
      ElementsAre("input_per_million_usd", "output_per_million_usd", "cached_per_million_usd",
                  "cache_write_per_million_usd", "reasoning_per_million_usd", "source"));
}

}  // namespace
}  // namespace strandbus
