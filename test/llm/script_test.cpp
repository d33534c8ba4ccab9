#include "strandbus/llm/script.hpp"

#include "llm/recording_sink.hpp"
#include "llm/text_split.hpp"

#include <gmock/gmock.h>

namespace strandbus {
namespace {

using namespace std::chrono_literals;
using test::script_of;
using testing::ElementsAre;
using testing::IsEmpty;

ScriptedResponse response_of(std::string_view response) {
  return script_of("{\"responses\":[" + std::string(response) + "]}").responses.at(0);
}

TEST(Script, TheSmallestScriptHasDefaultsForEverything) {
  const Script script = script_of(R"({"responses":[{"text":"Hello there"}]})");
  EXPECT_EQ(script.name, "test.json");
  EXPECT_EQ(script.model, "scripted");
  EXPECT_FALSE(script.price);
  ASSERT_EQ(script.responses.size(), 1U);
  const ScriptedResponse& response = script.responses[0];
  EXPECT_FALSE(response.match);
  EXPECT_FALSE(response.repeat);
  EXPECT_THAT(response.text, ElementsAre("Hello", " there"));
  EXPECT_THAT(response.reasoning, IsEmpty());
  EXPECT_THAT(response.tool_calls, IsEmpty());
  EXPECT_EQ(response.finish_reason, FinishReason::stop);
  EXPECT_EQ(response.usage.total, 0);
  EXPECT_FALSE(response.usage.cached);
  EXPECT_FALSE(response.error);
  EXPECT_EQ(response.delay, 0ms);
  EXPECT_EQ(response.token_delay, 0ms);
}

TEST(Script, EveryMemberOfTheScriptIsRead) {
  const Script script =
      script_of(R"({"$schema":"x","schema":1,"comment":"c","model":"m-1","token_delay_ms":7,
    "price":{"input_per_million_usd":2.5,"output_per_million_usd":10,"cached_per_million_usd":0.075,
             "cache_write_per_million_usd":3.125,"reasoning_per_million_usd":0},
    "responses":[{"text":"a"},{"text":"b","token_delay_ms":9,"delay_ms":11}]})");
  EXPECT_EQ(script.model, "m-1");
  ASSERT_TRUE(script.price);
  EXPECT_EQ(script.price->input_pico_usd, 2'500'000);
  EXPECT_EQ(script.price->output_pico_usd, 10'000'000);
  EXPECT_EQ(script.price->cached_pico_usd, 75'000);
  EXPECT_EQ(script.price->cache_write_pico_usd, 3'125'000);
  EXPECT_EQ(script.price->reasoning_pico_usd, 0);
  EXPECT_EQ(script.responses[0].token_delay, 7ms);
  EXPECT_EQ(script.responses[1].token_delay, 9ms);
  EXPECT_EQ(script.responses[1].delay, 11ms);
}

TEST(Script, AMatchIsRead) {
  const ScriptedResponse response = response_of(
      R"({"text":"a","match":{"user":{"regex":"^a+"},"turn":3,"tool_result":{"name":"bash","call_id":"c","contains":"x"}}})");
  ASSERT_TRUE(response.match);
  EXPECT_EQ(response.match->user->kind, TextMatch::Kind::regex);
  EXPECT_EQ(response.match->user->text, "^a+");
  EXPECT_EQ(response.match->turn, 3);
  EXPECT_EQ(response.match->tool_result->tool_name, "bash");
  EXPECT_EQ(response.match->tool_result->call_id, "c");
  EXPECT_EQ(response.match->tool_result->text->kind, TextMatch::Kind::contains);
  EXPECT_EQ(response.match->tool_result->text->text, "x");
  EXPECT_TRUE(response.repeat) << "what has a match may answer again";
}

TEST(Script, RepeatCanBeSaidEitherWay) {
  EXPECT_TRUE(response_of(R"({"text":"a","repeat":true})").repeat);
  EXPECT_FALSE(response_of(R"({"text":"a","repeat":false,"match":{"turn":1}})").repeat);
}

TEST(Script, TokensMayBeGivenOneByOne) {
  const ScriptedResponse response =
      response_of(R"({"text":["I","'ll"," do it"],"reasoning":["h","m m"]})");
  EXPECT_THAT(response.text, ElementsAre("I", "'ll", " do it"));
  EXPECT_THAT(response.reasoning, ElementsAre("h", "m m"));
}

TEST(Script, AnEmptyTextIsAnEmptyAnswer) {
  EXPECT_THAT(response_of(R"({"text":""})").text, IsEmpty());
}

TEST(Script, TheFragmentsOfArgumentsAreTheirJsonText) {
  const ScriptedResponse response = response_of(R"({"tool_calls":[
    {"name":"a","arguments":{"expr":"2+2"}},
    {"name":"b","arguments":{"n": 1.0, "list": [1, 9007199254740993]},"fragments":3},
    {"name":"c","arguments":{},"fragments":9}]})");
  EXPECT_EQ(response.finish_reason, FinishReason::tool_calls);
  ASSERT_EQ(response.tool_calls.size(), 3U);
  EXPECT_THAT(response.tool_calls[0].fragments, ElementsAre(R"({"expr")", R"(:"2+2"})"));
  EXPECT_EQ(response.tool_calls[1].fragments.size(), 3U);
  EXPECT_EQ(detail::join(response.tool_calls[1].fragments),
            R"({"n":1.0,"list":[1,9007199254740993]})");
  EXPECT_THAT(response.tool_calls[2].fragments, ElementsAre("{", "}"));
  EXPECT_EQ(parse_json(detail::join(response.tool_calls[1].fragments)).value(),
            response.tool_calls[1].arguments);
}

TEST(Script, ArgumentsGivenAsTextAreSentAsTheyAre) {
  const ScriptedResponse response = response_of(R"({"tool_calls":[
    {"name":"a","arguments":"{ \"expr\" : 1 }"}, {"name":"b","arguments":"{\"expr\": "}, {"name":"c","arguments":""}]})");
  EXPECT_EQ(detail::join(response.tool_calls[0].fragments), R"({ "expr" : 1 })");
  EXPECT_EQ(response.tool_calls[0].arguments, (json::value{{"expr", 1}}));
  EXPECT_EQ(response.tool_calls[1].arguments, json::value(R"({"expr": )"))
      << "not JSON: the text itself";
  EXPECT_EQ(response.tool_calls[2].arguments, json::value(""));
  EXPECT_THAT(response.tool_calls[2].fragments, IsEmpty());
}

TEST(Script, UsageCountsItsTotal) {
  const Usage usage =
      response_of(
          R"({"text":"a","usage":{"prompt":70,"completion":15,"cached":10,"cache_write":5,"reasoning":4}})")
          .usage;
  EXPECT_EQ(usage.prompt, 70);
  EXPECT_EQ(usage.completion, 15);
  EXPECT_EQ(usage.total, 85);
  EXPECT_EQ(usage.cached, 10);
  EXPECT_EQ(usage.cache_write, 5);
  EXPECT_EQ(usage.reasoning, 4);
}

TEST(Script, AnErrorIsRead) {
  const ScriptedResponse response = response_of(
      R"({"text":"a b c","error":{"code":"rate_limit","message":"slow down","after_tokens":2,"http_status":429,"retry_after_ms":250}})");
  EXPECT_EQ(response.finish_reason, FinishReason::error);
  EXPECT_EQ(response.error->code, ErrorCode::rate_limit);
  EXPECT_EQ(response.error->message, "slow down");
  EXPECT_EQ(response.error->after_tokens, 2);
  EXPECT_EQ(response.error->http_status, 429);
  EXPECT_EQ(response.error->retry_after, 250ms);
}

TEST(Script, ARefusalFinishesAsOne) {
  EXPECT_EQ(response_of(R"({"refusal":"I will not"})").finish_reason, FinishReason::refusal);
  EXPECT_EQ(response_of(R"({"text":"a","finish_reason":"length"})").finish_reason,
            FinishReason::length);
}

}  // namespace
}  // namespace strandbus
