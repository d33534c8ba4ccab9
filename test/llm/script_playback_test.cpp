#include "llm/script_playback.hpp"

#include "llm/recording_sink.hpp"
#include "llm/text_split.hpp"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

namespace strandbus::detail {
namespace {

using Kind = PlaybackStep::Kind;
using test::model_calls;
using test::request_for;
using test::script_of;
using test::user_says;
using testing::ElementsAre;

TEST(PlanPlayback, ReasoningThenTextThenToolCalls) {
  const Script script = script_of(
      R"({"responses":[{"reasoning":"hm","text":"a b","tool_calls":[{"name":"t","arguments":{"x":1},"fragments":1}]}]})");
  EXPECT_THAT(
      plan_playback(script.responses[0]),
      ElementsAre(PlaybackStep{Kind::reasoning, "hm", 0}, PlaybackStep{Kind::text, "a", 0},
                  PlaybackStep{Kind::text, " b", 0}, PlaybackStep{Kind::tool_call_begin, "", 0},
                  PlaybackStep{Kind::tool_call_delta, "{\"x\":1}", 0},
                  PlaybackStep{Kind::tool_call_ready, "", 0}));
}

TEST(PlanPlayback, AnErrorCutsTheText) {
  const Script script = script_of(
      R"({"responses":[{"text":"a b c","error":{"code":"network","message":"m","after_tokens":2}},
                       {"text":"a b c","error":{"code":"network","message":"m"}}]})");
  EXPECT_EQ(plan_playback(script.responses[0]).size(), 2U);
  EXPECT_EQ(plan_playback(script.responses[1]).size(), 0U);
}

TEST(MakeAnswer, HasEverythingThatIsStreamedAndTheCost) {
  const Script script = script_of(
      R"({"model":"m","price":{"input_per_million_usd":3,"output_per_million_usd":15},"responses":[{"text":"x"},
          {"reasoning":"why","text":"a b","usage":{"prompt":10,"completion":2}}]})");
  const ModelResponse answer = make_answer(script, 1, ModelRequest{});
  EXPECT_EQ(answer.content, "a b");
  EXPECT_EQ(answer.reasoning, "why");
  EXPECT_EQ(answer.finish_reason, FinishReason::stop);
  EXPECT_EQ(answer.model, "m");
  EXPECT_EQ(answer.response_id, "scripted-2");
  EXPECT_EQ(answer.cost, NanoUsd{60'000});
  EXPECT_FALSE(make_answer(script_of(R"({"responses":[{"text":"x"}]})"), 0, ModelRequest{}).cost)
      << "no price, no cost";
}

TEST(MakeAnswer, TheRequestsModelAnswersIfItNamesOne) {
  ModelRequest request;
  request.model = "other";
  EXPECT_EQ(make_answer(default_script(), 0, request).model, "other");
}

TEST(MakeAnswer, CallIdsAreNewToTheConversation) {
  const Script script = script_of(R"({"responses":[{"tool_calls":[
    {"call_id":"tc1","name":"a","arguments":{}}, {"name":"b","arguments":{}}, {"name":"c","arguments":{}}]}]})");
  const auto ids = [&](const std::vector<Message>& messages) {
    std::vector<std::string> result;
    for (const ToolCall& call : make_answer(script, 0, request_for(messages)).tool_calls)
      result.push_back(call.call_id);
    return result;
  };
  EXPECT_THAT(ids({user_says("x")}), ElementsAre("tc1", "call_2", "call_3"));
  EXPECT_THAT(ids({model_calls("tc1", "a")}), ElementsAre("tc1-2", "call_3", "call_4"));
  EXPECT_THAT(ids({model_calls("tc1", "a"), model_calls("tc1-2", "a"), model_calls("call_5", "a")}),
              ElementsAre("tc1-3", "call_5-2", "call_6"));
}

RC_GTEST_PROP(PlanPlayback, TheFragmentsOfACallAreItsArguments, ()) {
  json::object arguments;
  for (const auto& [key, value] : *rc::gen::arbitrary<std::map<int, std::string>>()) {
    arguments[std::to_string(key)] = repair_utf8(value);
  }
  json::object call{
      {"name", "t"}, {"arguments", arguments}, {"fragments", *rc::gen::inRange(1, 30)}};
  std::string text = "{\"responses\":[{\"tool_calls\":[";
  append_json(text, json::value(call));
  const Script script = script_of(text + "]}]}");

  std::string streamed;
  for (const PlaybackStep& step : plan_playback(script.responses[0])) streamed += step.text;
  RC_ASSERT(parse_json(streamed).value() == json::value(arguments));
  RC_ASSERT(script.responses[0].tool_calls[0].arguments == json::value(arguments));
}

}  // namespace
}  // namespace strandbus::detail
