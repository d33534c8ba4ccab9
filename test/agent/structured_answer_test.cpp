#include "strandbus/agent/structured_answer.hpp"

#include "strandbus/event/json_codec.hpp"

#include <gmock/gmock.h>

#include <stdexcept>

namespace strandbus::test {
namespace {

using testing::HasSubstr;

JsonSchema schema() {
  auto schema = JsonSchema::compile(parse_json(R"({"type":"object","properties":{
    "city":{"type":"string"},"days":{"type":"array","items":{"type":"integer"}}},
    "required":["city"],"additionalProperties":false})")
                                        .value());
  if (!schema) throw std::logic_error(schema.error().to_string());
  return *std::move(schema);
}

/// What is wrong with an answer, in one line.
std::string fault_of(std::string_view text) {
  const auto answer = structured_answer(text, schema());
  return answer ? "nothing" : answer.error().to_string();
}

TEST(StructuredAnswer, IsTheValueOfAnAnswerThatFollowsItsSchema) {
  const auto answer = structured_answer(R"( {"city":"Köln","days":[1,2]} )", schema());
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(*answer, parse_json(R"({"city":"Köln","days":[1,2]})").value());
}

TEST(StructuredAnswer, SaysWhereTheAnswerBreaksTheSchema) {
  EXPECT_THAT(fault_of(R"({"city":null})"), HasSubstr("/city: "));
  EXPECT_THAT(fault_of(R"({"city":"Rom","days":[1,"two"]})"), HasSubstr("/days/1: "));
  EXPECT_THAT(fault_of("{}"), HasSubstr("city"));
  EXPECT_THAT(fault_of(R"({"city":"Rom","extra":1})"), HasSubstr("extra"));
}

TEST(StructuredAnswer, SaysWhereTheAnswerIsNoJson) {
  EXPECT_THAT(fault_of(R"({"city": Rom})"), HasSubstr("the answer is no JSON: "));
  EXPECT_THAT(fault_of(R"({"city": Rom})"), HasSubstr("9"));
  EXPECT_THAT(fault_of(""), HasSubstr("no JSON"));
  EXPECT_THAT(fault_of("```json\n{\"city\":\"Rom\"}\n```"), HasSubstr("no JSON"));
}

}  // namespace
}  // namespace strandbus::test
