#include "strandbus/agent/tool_registry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace strandbus {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct CityArgs {
  std::string city{};
  std::optional<int> days{};
};
BOOST_DESCRIBE_STRUCT(CityArgs, (), (city, days))

struct Address {
  std::string street{};
};
BOOST_DESCRIBE_STRUCT(Address, (), (street))

struct PeopleArgs {
  std::vector<Address> addresses{};
  std::optional<Address> home{};
  std::map<std::string, Address> others{};
};
BOOST_DESCRIBE_STRUCT(PeopleArgs, (), (addresses, home, others))

/// A tool whose definition is all that matters.
class StubTool final : public Tool {
 public:
  explicit StubTool(std::string name, json::object parameters = {{"type", "object"}}) {
    definition_.name = std::move(name);
    definition_.parameters = std::move(parameters);
  }
  const ToolDefinition& definition() const override { return definition_; }
  asio::awaitable<ToolResult> async_run(json::object, ToolContext&) override {
    co_return ToolResult::ok("");
  }

 private:
  ToolDefinition definition_;
};

/// What add() says about a tool.
std::string complaint(std::shared_ptr<Tool> tool) {
  ToolRegistry registry;
  try {
    registry.add(std::move(tool));
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

ToolRegistry weather_registry() {
  ToolRegistry registry;
  registry
      .add<CityArgs>("weather", "Tells the weather", [](const CityArgs& args) { return args.city; })
      .describe("city", "Where");
  registry.add(std::make_shared<StubTool>("other"));
  return registry;
}

TEST(ToolRegistry, KeepsToolsInTheOrderInWhichTheyCame) {
  const ToolRegistry registry = weather_registry();
  EXPECT_THAT(registry.names(), ElementsAre("weather", "other"));
  EXPECT_EQ(registry.size(), 2U);
  EXPECT_EQ(registry.definitions().at(0).description, "Tells the weather");
  EXPECT_EQ(registry.find("other")->definition().name, "other");
  EXPECT_EQ(registry.find("nobody"), nullptr);
  EXPECT_EQ(registry.schema("nobody"), nullptr);
}

TEST(ToolRegistry, TellsModelsNameDescriptionAndSchema) {
  const auto specs = weather_registry().specs();
  EXPECT_EQ(specs.at(0).name, "weather");
  EXPECT_EQ(specs.at(0).description, "Tells the weather");
  EXPECT_EQ(specs.at(0).parameters,
            json::value({{"type", "object"},
                         {"properties",
                          {{"city", {{"type", "string"}, {"description", "Where"}}},
                           {"days",
                            {{"type", "integer"},
                             {"minimum", std::numeric_limits<int>::min()},
                             {"maximum", std::numeric_limits<int>::max()}}}}},
                         {"required", json::array{"city"}},
                         {"additionalProperties", false}})
                .as_object());
}

TEST(ToolRegistry, RefusesNamesThatProvidersRefuse) {
  for (const std::string name : {"", "a b", "a:b", "a.b", "ä", "a/b"}) {
    EXPECT_EQ(complaint(std::make_shared<StubTool>(name)),
              "tool \"" + name + "\": a tool's name is 1 to 64 letters, digits, '_' and '-'");
  }
  EXPECT_THAT(complaint(std::make_shared<StubTool>(std::string(65, 'a'))), HasSubstr("1 to 64"));
  EXPECT_EQ(complaint(std::make_shared<StubTool>(std::string(64, 'a'))), "accepted");
  EXPECT_EQ(complaint(std::make_shared<StubTool>("Read-file_2")), "accepted");
}

TEST(ToolRegistry, RefusesANameThatIsTaken) {
  ToolRegistry registry = weather_registry();
  try {
    registry.add(std::make_shared<StubTool>("weather"));
    FAIL() << "was accepted";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "tool \"weather\": there is already a tool of this name");
  }
  EXPECT_EQ(registry.size(), 2U);
}

TEST(ToolRegistry, RefusesASchemaItCannotCheck) {
  EXPECT_EQ(complaint(std::make_shared<StubTool>(
                "t", json::object{{"type", "object"}, {"properties", {{"a", {{"$ref", "#"}}}}}})),
            "tool \"t\": its parameters are no usable JSON Schema: "
            "/properties/a/$ref: the keyword \"$ref\" is not supported");
}

TEST(ToolRegistry, RefusesParametersThatAreNoObject) {
  const std::string expected =
      "tool \"t\": its parameters must be a JSON Schema with \"type\": \"object\"";
  EXPECT_EQ(complaint(std::make_shared<StubTool>("t", json::object())), expected);
  EXPECT_EQ(complaint(std::make_shared<StubTool>("t", json::object{{"type", "string"}})), expected);
  EXPECT_EQ(complaint(nullptr), "ToolRegistry::add: the tool is null");
}

TEST(ToolRegistry, RefusesThreadCountsThatCannotBe) {
  ToolRegistryOptions options;
  options.threads = 0;
  try {
    const ToolRegistry registry(options);
    FAIL() << "was accepted";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "ToolRegistryOptions::threads is 0; allowed: 1 to 1024");
  }
}

TEST(ToolRegistry, DescribesArgumentsOfNestedStructs) {
  ToolRegistry registry;
  registry.add<PeopleArgs>("people", "", [](const PeopleArgs&) { return ""; })
      .describe("addresses", "all")
      .describe("addresses.street", "one")
      .describe("home.street", "two")
      .describe("others.street", "three")
      .requires_confirmation()
      .requires_read_first();
  const ToolDefinition definition = registry.definitions().front();
  const json::value parameters = definition.parameters;
  EXPECT_EQ(parameters.at_pointer("/properties/addresses/description"), "all");
  EXPECT_EQ(parameters.at_pointer("/properties/addresses/items/properties/street/description"),
            "one");
  EXPECT_EQ(parameters.at_pointer("/properties/home/properties/street/description"), "two");
  EXPECT_EQ(parameters.at_pointer(
                "/properties/others/additionalProperties/properties/street/description"),
            "three");
  EXPECT_TRUE(definition.requires_confirmation);
  EXPECT_TRUE(definition.requires_read_first);
}

TEST(ToolRegistry, RefusesToDescribeWhatIsNoArgument) {
  ToolRegistry registry;
  auto registration = registry.add<PeopleArgs>("people", "", [](const PeopleArgs&) { return ""; });
  for (const std::string name : {"street", "home.city", "addresses.street.x", "", "."}) {
    try {
      registration.describe(name, "x");
      FAIL() << name << " was accepted";
    } catch (const std::invalid_argument& error) {
      EXPECT_EQ(error.what(), "tool \"people\": has no argument \"" + name + "\" to describe");
    }
  }
}

TEST(ToolRegistry, SelectsToolsInTheOrderAskedFor) {
  const ToolRegistry registry = weather_registry();
  const ToolRegistry selection = registry.select({"other", "weather"});
  EXPECT_THAT(selection.names(), ElementsAre("other", "weather"));
  EXPECT_EQ(selection.find("weather"), registry.find("weather"));
  EXPECT_TRUE(registry.select(std::vector<std::string>{}).empty());
}

TEST(ToolRegistry, NamesTheKnownToolsWhenAnUnknownOneIsSelected) {
  const ToolRegistry registry = weather_registry();
  const auto selecting = [&](std::vector<std::string> names) -> std::string {
    try {
      static_cast<void>(registry.select(names));
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_EQ(selecting({"wether"}), "tool \"wether\": there is no such tool; known: weather, other");
  EXPECT_EQ(selecting({"other", "other"}), "tool \"other\": is selected twice");
  EXPECT_THROW(static_cast<void>(ToolRegistry().select({"x"})), std::invalid_argument);
}

TEST(PrepareCall, GivesToolAndArgumentsOfAGoodCall) {
  const ToolRegistry registry = weather_registry();
  const auto call = prepare_call(registry, "weather", {{"city", "Paris"}, {"days", 3.0}});
  ASSERT_TRUE(call.has_value());
  EXPECT_EQ(call->tool, registry.find("weather"));
  EXPECT_EQ(call->arguments.at("city"), "Paris");
}

/// Code and reason of a denial.
std::string denial(std::string_view tool, const json::value& arguments) {
  const auto call = prepare_call(weather_registry(), tool, arguments);
  return call ? "ready" : std::string(to_string(call.error().code)) + ": " + call.error().reason;
}

TEST(PrepareCall, DeniesAnUnknownToolAndListsTheKnownOnes) {
  EXPECT_EQ(denial("wether", json::object()),
            "E_TOOL_UNKNOWN: there is no tool \"wether\"; known: weather, other");
  EXPECT_EQ(denial("wether", nullptr),
            "E_TOOL_UNKNOWN: there is no tool \"wether\"; known: weather, other")
      << "the name is checked first";
}

TEST(PrepareCall, DeniesArgumentsThatAreNoObject) {
  EXPECT_EQ(denial("weather", "{\"city\":"),
            "E_VALIDATION: invalid arguments for \"weather\": expected an object, got a string");
  EXPECT_EQ(denial("weather", nullptr),
            "E_VALIDATION: invalid arguments for \"weather\": expected an object, got null");
}

TEST(PrepareCall, DeniesArgumentsAgainstTheSchemaWithTheirPointer) {
  EXPECT_EQ(
      denial("weather", {{"city", 5}}),
      "E_VALIDATION: invalid arguments for \"weather\": /city: expected a string, got an integer");
  EXPECT_EQ(denial("weather", json::object()),
            "E_VALIDATION: invalid arguments for \"weather\": the member \"city\" is missing");
  EXPECT_EQ(denial("weather", {{"city", "Paris"}, {"days", 3'000'000'000}}),
            "E_VALIDATION: invalid arguments for \"weather\": /days: expected at most 2147483647");
}

TEST(PrepareCall, DeniesArgumentsThatAreNestedTooDeep) {
  json::value deep = json::array();
  for (std::size_t i = 2; i < max_argument_depth; ++i) deep = json::array{std::move(deep)};
  EXPECT_EQ(denial("other", {{"x", deep}}), "ready");
  deep = json::array{std::move(deep)};
  EXPECT_EQ(denial("other", {{"x", deep}}),
            "E_VALIDATION: invalid arguments for \"other\": nested deeper than 32 levels");
}

}  // namespace
}  // namespace strandbus
