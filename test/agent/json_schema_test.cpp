#include "strandbus/agent/json_schema.hpp"

#include "strandbus/event/json_codec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace strandbus {
namespace {

using testing::HasSubstr;

json::value read(std::string_view text) {
  auto value = parse_json(text);
  EXPECT_TRUE(value.has_value()) << text;
  return value.has_value() ? *value : nullptr;
}

/// Why the value breaks the schema; "valid" when it does not.
std::string check(std::string_view schema, std::string_view value) {
  const auto compiled = JsonSchema::compile(read(schema));
  if (!compiled) return "no schema: " + compiled.error().to_string();
  const auto error = compiled->validate(read(value));
  return error ? error->to_string() : "valid";
}

std::string refusal(std::string_view schema) {
  const auto compiled = JsonSchema::compile(read(schema));
  return compiled ? "compiles" : compiled.error().to_string();
}

TEST(JsonSchema, SaysWhereAndWhatWasExpected) {
  const std::string_view schema =
      R"({"type":"object","properties":{"at":{"type":"object","properties":
    {"a/b~c":{"type":"array","items":{"type":"integer"}}}}}})";
  EXPECT_EQ(check(schema, R"({"at":{"a/b~c":[1,2,"3"]}})"),
            "/at/a~1b~0c/2: expected an integer, got a string");
  EXPECT_EQ(check(schema, "7"), "expected an object, got an integer");
}

TEST(JsonSchema, NamesTheMissingAndTheUnexpectedMember) {
  const std::string_view schema =
      R"({"properties":{"city":{},"days":{}},"required":["city"],"additionalProperties":false})";
  EXPECT_EQ(check(schema, "{}"), "the member \"city\" is missing");
  EXPECT_EQ(check(schema, R"({"city":1,"town":2})"),
            "/town: unexpected member; allowed: city, days");
  EXPECT_EQ(check(R"({"additionalProperties":false})", R"({"x":1})"),
            "/x: unexpected member; none is allowed");
}

TEST(JsonSchema, ListsWhatAnEnumAllows) {
  EXPECT_EQ(check(R"({"enum":["a",1,null]})", "\"b\""), "expected one of \"a\", 1, null");
  EXPECT_EQ(check(R"({"const":{"a":1}})", "2"), "expected {\"a\":1}");
}

TEST(JsonSchema, NamesTheBrokenLimit) {
  EXPECT_EQ(check(R"({"minimum":1.5})", "1"), "expected at least 1.5");
  EXPECT_EQ(check(R"({"maximum":1})", "2"), "expected at most 1");
  EXPECT_EQ(check(R"({"exclusiveMinimum":0})", "0"), "expected more than 0");
  EXPECT_EQ(check(R"({"exclusiveMaximum":0})", "0"), "expected less than 0");
  EXPECT_EQ(check(R"({"multipleOf":0.1})", "0.35"), "expected a multiple of 0.1");
  EXPECT_EQ(check(R"({"minLength":3})", "\"ab\""), "expected at least 3 characters, got 2");
  EXPECT_EQ(check(R"({"maxItems":1})", "[1,2]"), "expected at most 1 items, got 2");
  EXPECT_EQ(check(R"({"minProperties":1})", "{}"), "expected at least 1 members, got 0");
  EXPECT_EQ(check(R"({"uniqueItems":true})", "[1,2,1.0]"),
            "expected items that differ from each other");
  EXPECT_EQ(check(R"({"pattern":"^a+$"})", "\"ab\""), "expected a text that matches \"^a+$\"");
}

TEST(JsonSchema, TellsWhyNoAlternativeFits) {
  EXPECT_EQ(
      check(R"({"properties":{"x":{"anyOf":[{"type":"string"},{"type":"integer","minimum":5}]}}})",
            R"({"x":1})"),
      "/x: fits none of 2 alternatives: (1) /x: expected a string, got an integer (2) /x: expected "
      "at least 5");
  EXPECT_EQ(check(R"({"not":{"type":"null"}})", "null"), "this value is excluded");
  EXPECT_EQ(check("false", "1"), "no value is allowed here");
}

TEST(JsonSchema, ComparesNumbersExactly) {
  EXPECT_EQ(check(R"({"maximum":9007199254740992})", "9007199254740993"),
            "expected at most 9007199254740992");
  EXPECT_EQ(check(R"({"minimum":9007199254740993})", "9007199254740992.0"),
            "expected at least 9007199254740993");
  EXPECT_EQ(check(R"({"maximum":18446744073709551614})", "18446744073709551615"),
            "expected at most 18446744073709551614");
  EXPECT_EQ(check(R"({"exclusiveMaximum":18446744073709551616})", "18446744073709551615"), "valid");
  EXPECT_EQ(check(R"({"minimum":-9223372036854775808})", "-9223372036854775808.0"), "valid");
  EXPECT_EQ(check(R"({"const":9007199254740993})", "9007199254740992.0"),
            "expected 9007199254740993");
  EXPECT_EQ(check(R"({"const":-0.5})", "-1"), "expected -0.5");
  EXPECT_EQ(check(R"({"exclusiveMinimum":-1})", "-0.5"), "valid");
  EXPECT_EQ(check(R"({"maximum":-1})", "-0.5"), "expected at most -1");
  EXPECT_EQ(check(R"({"minimum":1e300})", "1e301"), "valid");
}

TEST(JsonSchema, TakesMultiplesAsPeopleWriteThem) {
  EXPECT_EQ(check(R"({"multipleOf":0.1})", "0.3"), "valid");
  EXPECT_EQ(check(R"({"multipleOf":0.01})", "1.15"), "valid");
  EXPECT_EQ(check(R"({"multipleOf":0.01})", "1.155"), "expected a multiple of 0.01");
  EXPECT_EQ(check(R"({"multipleOf":1e-300})", "1e300"), "valid");
  EXPECT_EQ(check(R"({"multipleOf":7})", "1e300"), "expected a multiple of 7");
  EXPECT_EQ(check(R"({"multipleOf":9007199254740993})", "18014398509481986"), "valid");
  EXPECT_EQ(check(R"({"multipleOf":2.5})", "-7.5"), "valid");
  EXPECT_EQ(check(R"({"multipleOf":100})", "50"), "expected a multiple of 100");
  EXPECT_EQ(check(R"({"multipleOf":3})", "0"), "valid");
}

TEST(JsonSchema, CountsCodePointsNotBytes) {
  EXPECT_EQ(check(R"({"maxLength":2})", "\"ä😀\""), "valid");
}

/// Whether a text matches a pattern; why the pattern is refused.
std::string match(const std::string& pattern, const std::string& text) {
  const auto schema = JsonSchema::compile(json::object{{"pattern", pattern}});
  if (!schema) return schema.error().to_string();
  const auto error = schema->validate(json::value(text));
  if (!error) return "yes";
  return error->message.find("takes too long") == std::string::npos ? "no" : "too long";
}

TEST(JsonSchema, MatchesPatternsAsEcmaScriptDoes) {
  EXPECT_EQ(match("a+", "xxaay"), "yes") << "not anchored";
  EXPECT_EQ(match("^a$", "a\n"), "no");
  EXPECT_EQ(match("^b$", "a\nb\nc"), "no");
  EXPECT_EQ(match("^.$", "\n"), "no");
  EXPECT_EQ(match("^.$", "\u2028"), "no");
  EXPECT_EQ(match("^.$", "\r"), "no");
  EXPECT_EQ(match("^[^]$", "\n"), "yes");
  EXPECT_EQ(match("[]", "a"), "no");
  EXPECT_EQ(match("^\\d$", "\u09e6"), "no") << "a digit, but not of ASCII";
  EXPECT_EQ(match("^\\w$", "é"), "no");
  EXPECT_EQ(match("^\\W\\D\\S$", "éée"), "yes");
  EXPECT_EQ(match("^\\s$", "\u00a0"), "yes");
  EXPECT_EQ(match("^[^\\s]$", "\u00a0"), "no");
  EXPECT_EQ(match("^[[:alpha:]]$", ":]"), "yes") << "no POSIX classes";
  EXPECT_EQ(match("^[.*+]$", "+"), "yes");
  EXPECT_EQ(match("^[\\b]$", "\b"), "yes");
  EXPECT_EQ(match("\\bfoo\\B", "a food"), "yes");
  EXPECT_EQ(match("^a{x}{2}$", "a{x}}"), "yes") << "a brace that counts nothing is a brace";
  EXPECT_EQ(match("^\\$\\/\\-$", "$/-"), "yes");
}

TEST(JsonSchema, MatchesPatternsByCodePoint) {
  EXPECT_EQ(match("^.{2}$", "ä😀"), "yes");
  EXPECT_EQ(match("^[😀-😂]$", "😁"), "yes");
  EXPECT_EQ(match("^\\u{1F600}\\ud83d\\ude00\\x41\\cJ\\0$", std::string("😀😀A\n\0", 11)), "yes");
}

TEST(JsonSchema, MatchesGroupsAndLookAhead) {
  EXPECT_EQ(match("^[\\w.-]+@(?:[a-z]+\\.)+[a-z]{2,}$", "a.b-c@mail.example.org"), "yes");
  EXPECT_EQ(match("^(?!ab).*?(?=c)", "xyc"), "yes");
  EXPECT_EQ(match("^(?!ab).*?(?=c)", "abc"), "no");
  EXPECT_EQ(match("^(?<year>[0-9]{4})-(0[1-9]|1[0-2])$", "2026-11"), "yes");
  EXPECT_EQ(match("^(?:a|b)*?$", "abab"), "yes");
}

TEST(JsonSchema, RefusesPatternsThatItCannotFollow) {
  EXPECT_EQ(match("a(?<=a)", ""), "/pattern: bad pattern at byte 4: look-behind is not supported");
  EXPECT_EQ(match("(a)\\1", ""),
            "/pattern: bad pattern at byte 4: back-references are not supported");
  EXPECT_EQ(match("ä\\p{L}", ""),
            "/pattern: bad pattern at byte 3: Unicode property classes are not supported");
  for (const char* pattern :
       {"(",       "a)",  "a**",     "*a",   "(?>a)",   "(?i)a",   "[a",
        "[z-a]",   "\\Z", "\\",      "(?",   "[\\d-z]", "[a-\\d]", "\\u{110000}",
        "\\ud83d", "^*",  "a{2}{3}", "\\x4", "a++",     "(?#c)"}) {
    EXPECT_THAT(match(pattern, ""), HasSubstr("/pattern: bad pattern")) << pattern;
  }
}

TEST(JsonSchema, GivesUpOnAPatternThatTakesTooLong) {
  const std::string text(20'000, 'a');
  for (const char* pattern : {"^(a+)+$", "^(a|a)*b$", "^((a?)*)*b$"}) {
    EXPECT_EQ(match(pattern, text + "!"), "too long") << pattern;
  }
  EXPECT_EQ(match("^[\\s\\S]*[^\\d]$", text + text), "yes");
}

TEST(JsonSchema, ChecksThousandsOfItemsForUniquenessQuickly) {
  json::array items;
  for (int i = 0; i < 3'000; ++i) items.push_back(json::object{{"a", i}, {"b", -i}});
  const auto schema = JsonSchema::compile(read(R"({"uniqueItems":true})"));
  EXPECT_FALSE(schema->validate(items));
  items.push_back(json::object{{"b", -5}, {"a", 5.0}});
  EXPECT_TRUE(schema->validate(items));
}

TEST(JsonSchema, AcceptsAnnotations) {
  EXPECT_EQ(
      refusal(
          R"({"$schema":"https://json-schema.org/draft/2020-12/schema","$comment":"c","title":"t",
    "description":"d","default":1,"examples":[1],"format":"date","deprecated":true,"readOnly":true,"writeOnly":true})"),
      "compiles");
  EXPECT_EQ(check(R"({"format":"date"})", "\"no date\""), "valid");
}

TEST(JsonSchema, RefusesEveryOtherKeywordWithItsPlace) {
  for (const char* keyword : {"$ref",
                              "$defs",
                              "$id",
                              "$anchor",
                              "$dynamicRef",
                              "oneOf",
                              "if",
                              "then",
                              "else",
                              "prefixItems",
                              "contains",
                              "minContains",
                              "patternProperties",
                              "propertyNames",
                              "dependentRequired",
                              "dependentSchemas",
                              "unevaluatedProperties",
                              "unevaluatedItems",
                              "definitions",
                              "dependencies",
                              "additionalItems",
                              "contentEncoding",
                              "Type",
                              "nullable"}) {
    const std::string name(keyword);
    EXPECT_EQ(refusal(R"({"properties":{"a":{"items":{")" + name + R"(":{}}}}})"),
              "/properties/a/items/" + name + ": the keyword \"" + name + "\" is not supported");
  }
}

TEST(JsonSchema, RefusesKeywordsWithTheWrongKindOfValue) {
  EXPECT_EQ(refusal("1"), "expected an object or a boolean, got an integer");
  EXPECT_EQ(refusal(R"({"type":"text"})"), "/type: \"text\" is no type of JSON Schema");
  EXPECT_EQ(refusal(R"({"type":[]})"), "/type: a list of types needs one");
  EXPECT_EQ(refusal(R"({"type":1})"), "/type: expected the name of a type, got an integer");
  EXPECT_EQ(refusal(R"({"enum":1})"), "/enum: expected an array, got an integer");
  EXPECT_EQ(refusal(R"({"required":"a"})"), "/required: expected an array, got a string");
  EXPECT_EQ(refusal(R"({"required":[1]})"),
            "/required: expected a list of strings, got an integer");
  EXPECT_EQ(refusal(R"({"properties":[]})"), "/properties: expected an object, got an array");
  EXPECT_EQ(refusal(R"({"items":[{}]})"), "/items: expected an object or a boolean, got an array");
  EXPECT_EQ(refusal(R"({"minimum":"1"})"), "/minimum: expected a number, got a string");
  EXPECT_EQ(refusal(R"({"multipleOf":0})"), "/multipleOf: expected a number above 0");
  EXPECT_EQ(refusal(R"({"minLength":-1})"), "/minLength: expected a whole number from 0 up");
  EXPECT_EQ(refusal(R"({"minLength":1.5})"), "/minLength: expected a whole number from 0 up");
  EXPECT_EQ(refusal(R"({"uniqueItems":1})"), "/uniqueItems: expected a boolean, got an integer");
  EXPECT_EQ(refusal(R"({"anyOf":[]})"), "/anyOf: a list of schemas needs one");
  EXPECT_EQ(refusal(R"({"allOf":[true,1]})"),
            "/allOf/1: expected an object or a boolean, got an integer");
  EXPECT_EQ(refusal(R"({"pattern":1})"), "/pattern: expected a string, got an integer");
}

TEST(JsonSchema, RefusesSchemasThatAreNestedTooDeep) {
  json::value schema = true;
  for (int i = 0; i < 64; ++i) schema = json::object{{"not", std::move(schema)}};
  EXPECT_TRUE(JsonSchema::compile(schema).has_value());
  schema = json::object{{"not", std::move(schema)}};
  EXPECT_TRUE(JsonSchema::compile(schema).has_error());
}

}  // namespace
}  // namespace strandbus
