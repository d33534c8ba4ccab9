#include "strandbus/agent/tool_arguments.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

namespace strandbus {
namespace {

enum class Unit { celsius, kelvin_ };
BOOST_DESCRIBE_ENUM(Unit, celsius, kelvin_)

struct Place {
  double latitude{};
  double longitude{};
};
BOOST_DESCRIBE_STRUCT(Place, (), (latitude, longitude))

struct Everything {
  bool flag{};
  std::int8_t tiny{};
  int number{};
  std::int64_t big{};
  unsigned count{};
  std::uint64_t huge{};
  double real{};
  std::string text{};
  Unit unit{};
  Place place{};
  std::vector<std::string> list{};
  std::map<std::string, int> map{};
  json::value any{};
  json::object object{};
  std::optional<int> maybe{};
  std::string default_{"unset"};
};
STRANDBUS_DESCRIBE(Everything, 1, flag, tiny, number, big, count, huge, real, text, unit, place,
                   list, map, any, object, maybe, default_)

struct Base {
  std::string a{};
};
BOOST_DESCRIBE_STRUCT(Base, (), (a))
struct Derived : Base {
  std::string b{};
};
BOOST_DESCRIBE_STRUCT(Derived, (Base), (b))

json::object everything() {
  return {{"flag", true},       {"tiny", -5},
          {"number", 7},        {"big", std::numeric_limits<std::int64_t>::min()},
          {"count", 8},         {"huge", std::numeric_limits<std::uint64_t>::max()},
          {"real", 3},          {"text", "hello"},
          {"unit", "kelvin"},   {"place", {{"latitude", 1.5}, {"longitude", 2}}},
          {"list", {"a", "b"}}, {"map", {{"x", 1}}},
          {"any", {1, "two"}},  {"object", {{"k", nullptr}}}};
}

/// Why the arguments cannot be read when one of them is replaced.
std::string complaint(std::string_view argument, json::value value) {
  json::object arguments = everything();
  arguments[argument] = std::move(value);
  const auto args = decode_arguments<Everything>(arguments);
  return args ? "fine" : args.error().to_string();
}

TEST(ToolArguments, HaveASchemaForEachKindOfMember) {
  const json::value schema = arguments_schema<Everything>();
  const auto property = [&](const std::string& name) {
    return schema.at_pointer("/properties/" + name);
  };
  EXPECT_EQ(property("flag"), json::value({{"type", "boolean"}}));
  EXPECT_EQ(property("tiny"),
            json::value({{"type", "integer"}, {"minimum", -128}, {"maximum", 127}}));
  EXPECT_EQ(property("big"), json::value({{"type", "integer"}}));
  EXPECT_EQ(property("count"),
            json::value({{"type", "integer"}, {"minimum", 0}, {"maximum", 4294967295}}));
  EXPECT_EQ(property("huge"), json::value({{"type", "integer"}, {"minimum", 0}}));
  EXPECT_EQ(property("real"), json::value({{"type", "number"}}));
  EXPECT_EQ(property("text"), json::value({{"type", "string"}}));
  EXPECT_EQ(property("unit"),
            json::value({{"type", "string"}, {"enum", json::array{"celsius", "kelvin"}}}));
  EXPECT_EQ(property("place"), json::value(arguments_schema<Place>()));
  EXPECT_EQ(property("list"), json::value({{"type", "array"}, {"items", {{"type", "string"}}}}));
  EXPECT_EQ(property("map").at("additionalProperties").at("type"), "integer");
  EXPECT_EQ(property("any"), json::value(json::object()));
  EXPECT_EQ(property("object"), json::value({{"type", "object"}}));
  EXPECT_EQ(property("maybe"), property("number"));
  EXPECT_EQ(property("default"), property("text"));
  EXPECT_EQ(schema.at("additionalProperties"), false);
  EXPECT_EQ(schema.at("required"),
            (json::array{"flag", "tiny", "number", "big", "count", "huge", "real", "text", "unit",
                         "place", "list", "map", "any", "object"}));
}

TEST(ToolArguments, OfNothingAreAnEmptyObject) {
  EXPECT_EQ(
      json::value(arguments_schema<NoArguments>()),
      json::value(
          {{"type", "object"}, {"properties", json::object()}, {"additionalProperties", false}}));
  EXPECT_TRUE(decode_arguments<NoArguments>({}).has_value());
}

TEST(ToolArguments, IncludeThoseOfBases) {
  EXPECT_EQ(arguments_schema<Derived>().at("required"), (json::array{"a", "b"}));
  const auto args = decode_arguments<Derived>({{"a", "1"}, {"b", "2"}});
  EXPECT_EQ(args->a + args->b, "12");
}

TEST(ToolArguments, HaveSchemasThatCompile) {
  const auto schema = JsonSchema::compile(arguments_schema<Everything>());
  ASSERT_TRUE(schema.has_value());
  EXPECT_EQ(schema->validate(everything()), std::nullopt);
}

TEST(ToolArguments, BecomeTheStruct) {
  const auto args = decode_arguments<Everything>(everything());
  ASSERT_TRUE(args.has_value()) << args.error().to_string();
  EXPECT_TRUE(args->flag);
  EXPECT_EQ(args->tiny, -5);
  EXPECT_EQ(args->number, 7);
  EXPECT_EQ(args->big, std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(args->count, 8U);
  EXPECT_EQ(args->huge, std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(args->real, 3.0);
  EXPECT_EQ(args->text, "hello");
  EXPECT_EQ(args->unit, Unit::kelvin_);
  EXPECT_EQ(args->place.latitude, 1.5);
  EXPECT_EQ(args->list, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(args->map.at("x"), 1);
  EXPECT_EQ(args->any, json::value({1, "two"}));
  EXPECT_EQ(args->object.at("k"), nullptr);
  EXPECT_EQ(args->maybe, std::nullopt);
  EXPECT_EQ(args->default_, "unset");
}

TEST(ToolArguments, TakeWholeNumbersHoweverTheyAreWritten) {
  EXPECT_EQ(complaint("number", 3.0), "fine");
  EXPECT_EQ(complaint("huge", 4.0), "fine");
  EXPECT_EQ(complaint("maybe", nullptr), "fine");
  EXPECT_EQ(complaint("maybe", 3), "fine");
}

TEST(ToolArguments, NameTheOneThatCannotBeRead) {
  EXPECT_EQ(complaint("flag", 1), "/flag: expected a boolean, got an integer");
  EXPECT_EQ(complaint("number", 3.5), "/number: expected an integer, got a number");
  EXPECT_EQ(complaint("tiny", 128), "/tiny: expected an integer from -128 to 127");
  EXPECT_EQ(complaint("count", -1), "/count: expected an integer from 0 to 4294967295");
  EXPECT_EQ(complaint("big", std::numeric_limits<std::uint64_t>::max()),
            "/big: expected an integer from -9223372036854775808 to 9223372036854775807");
  EXPECT_EQ(complaint("huge", 1e20), "/huge: expected an integer from 0 to 18446744073709551615");
  EXPECT_EQ(complaint("real", "1"), "/real: expected a number, got a string");
  EXPECT_EQ(complaint("text", nullptr), "/text: expected a string, got null");
  EXPECT_EQ(complaint("unit", "fahrenheit"),
            "/unit: expected one of the names in the schema, got a string");
  EXPECT_EQ(complaint("place", {{"latitude", 1}}), "/place: the member \"longitude\" is missing");
  EXPECT_EQ(complaint("place", 1), "/place: expected an object, got an integer");
  EXPECT_EQ(complaint("list", {"a", 1}), "/list/1: expected a string, got an integer");
  EXPECT_EQ(complaint("list", "a"), "/list: expected an array, got a string");
  EXPECT_EQ(complaint("map", {{"a/b", "x"}}), "/map/a~1b: expected an integer, got a string");
  EXPECT_EQ(complaint("object", json::array()), "/object: expected an object, got an array");
}

}  // namespace
}  // namespace strandbus
