#include "strandbus/agent/json_schema.hpp"
#include "strandbus/event/json_codec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

// The official JSON-Schema-Test-Suite, as the distribution packages it: every group of every file
// about a keyword that tool schemas may use. The oldest packages end with draft 7, which differs
// from 2020-12 in these keywords only by the list form of `items`; that form is refused.

namespace strandbus {
namespace {

const std::vector<std::string> keyword_files = {
    "additionalProperties",
    "allOf",
    "anyOf",
    "boolean_schema",
    "const",
    "default",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "not",
    "pattern",
    "properties",
    "required",
    "type",
    "uniqueItems",
    "optional/bignum",
    "optional/ecmascript-regex",
};

/// Groups whose schemas use a keyword that is refused, in any version of the suite. A refusal that
/// is not listed fails the test: nothing is skipped in silence.
const std::set<std::string> expected_refusals = {
    "additionalProperties: additionalProperties being false does not allow other properties",
    "additionalProperties: non-ASCII pattern with additionalProperties",
    "allOf: allOf combined with anyOf, oneOf",
    "items: an array of schemas for items",
    "items: array-form items with null instance elements",
    "items: items and subitems",
    "items: items does not look in applicators, valid case",
    "items: items with boolean schemas",
    "items: prefixItems validation adjusts the starting index for items",
    "items: prefixItems with no additional items allowed",
    "not: collect annotations inside a 'not', even if collection is disabled",
    "properties: properties, patternProperties, additionalProperties interaction",
    "uniqueItems: uniqueItems with an array of items",
    "uniqueItems: uniqueItems with an array of items and additionalItems=false",
    "uniqueItems: uniqueItems=false with an array of items",
    "uniqueItems: uniqueItems=false with an array of items and additionalItems=false",
    "optional/ecmascript-regex: \\a is not an ECMA 262 control escape",
    "optional/ecmascript-regex: \\d in patternProperties matches [0-9], not unicode digits",
    "optional/ecmascript-regex: \\w in patternProperties matches [A-Za-z0-9_], not unicode letters",
    "optional/ecmascript-regex: pattern with non-ASCII digits",
    "optional/ecmascript-regex: patternProperties with ASCII ranges",
    "optional/ecmascript-regex: patternProperties with non-ASCII digits",
    "optional/ecmascript-regex: patterns always use unicode semantics with pattern",
    "optional/ecmascript-regex: patterns always use unicode semantics with patternProperties",
};

/// Tests that expect of `format` more than an annotation.
const std::set<std::string> expected_disagreements = {
    "optional/ecmascript-regex: ECMA 262 regex non-compliance: "
    "ECMA 262 has no support for \\Z anchor from .NET",
};

json::value load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << path << " is missing: install the package json-schema-test-suite";
  std::stringstream text;
  text << file.rdbuf();
  auto value = parse_json(text.str());
  EXPECT_TRUE(value.has_value()) << path;
  return value.has_value() ? *value : json::array();
}

std::string text_of(const json::value& value) { return std::string(value.as_string()); }

struct Tally {
  std::vector<std::string> surprises;
  std::size_t groups = 0;
  std::size_t refused = 0;
  std::size_t tests = 0;
};

void run_group(const std::string& name, const json::object& group, Tally& tally) {
  ++tally.groups;
  const auto schema = JsonSchema::compile(group.at("schema"));
  if (!schema) {
    ++tally.refused;
    if (!expected_refusals.contains(name)) {
      tally.surprises.push_back(name + ": refused: " + schema.error().to_string());
    }
    return;
  }
  for (const json::value& item : group.at("tests").as_array()) {
    ++tally.tests;
    const json::object& test = item.as_object();
    const std::string test_name = name + ": " + text_of(test.at("description"));
    const bool valid = !schema->validate(test.at("data")).has_value();
    if (valid != test.at("valid").as_bool() && !expected_disagreements.contains(test_name)) {
      tally.surprises.push_back(test_name);
    }
  }
}

TEST(JsonSchemaSuite, EveryGroupThatCompilesAgreesAndTheOthersAreKnown) {
  Tally tally;
  for (const std::string& keyword : keyword_files) {
    const json::value groups = load(STRANDBUS_JSON_SCHEMA_SUITE "/" + keyword + ".json");
    for (const json::value& group : groups.as_array()) {
      const std::string name = keyword + ": " + text_of(group.as_object().at("description"));
      run_group(name, group.as_object(), tally);
    }
  }
  EXPECT_THAT(tally.surprises, testing::IsEmpty());
  EXPECT_GE(tally.tests, 250U) << "the smallest known version of the suite has more";
  RecordProperty("groups", static_cast<int>(tally.groups));
  RecordProperty("refused", static_cast<int>(tally.refused));
  RecordProperty("tests", static_cast<int>(tally.tests));
}

}  // namespace
}  // namespace strandbus
