#include "llm/recording_sink.hpp"
#include "strandbus/llm/script.hpp"

#include <gtest/gtest.h>

namespace strandbus {
namespace {

using test::model_calls;
using test::request_for;
using test::script_of;
using test::system_says;
using test::tool_says;
using test::user_says;

using Conversation = std::vector<Message>;

constexpr std::size_t none = static_cast<std::size_t>(-1);

/// The index of the response that answers, or none.
std::size_t answer_of(const Script& script, const Conversation& conversation, std::int64_t turn = 1,
                      const std::vector<bool>& used = {}) {
  return find_response(script, request_for(conversation, turn), used).value_or(none);
}

/// A script whose responses have these matches; an empty one has none.
Script matching(const std::vector<std::string>& matches) {
  std::string text = "{\"responses\":[";
  for (const std::string& match : matches) {
    if (text.back() != '[') text += ',';
    text += match.empty() ? "{\"text\":\"a\"}" : "{\"text\":\"a\",\"match\":" + match + "}";
  }
  return script_of(text + "]}");
}

TEST(FindResponse, AResponseWithoutMatchFitsAnything) {
  const Script script = matching({""});
  EXPECT_EQ(answer_of(script, {user_says("hello")}), 0U);
  EXPECT_EQ(answer_of(script, {}), 0U);
  EXPECT_EQ(answer_of(script, {user_says("x"), model_calls("c", "t"), tool_says("c", "r")}, 7), 0U);
}

TEST(FindResponse, TheFirstThatFitsAnswers) {
  const Script script = matching({R"({"user":"a"})", R"({"user":{"contains":"a"}})", ""});
  EXPECT_EQ(answer_of(script, {user_says("a")}), 0U);
  EXPECT_EQ(answer_of(script, {user_says("ab")}), 1U);
  EXPECT_EQ(answer_of(script, {user_says("c")}), 2U);
}

TEST(FindResponse, AResponseWithoutMatchAnswersOnce) {
  const Script script = matching({"", ""});
  EXPECT_EQ(answer_of(script, {user_says("a")}, 1, {false, false}), 0U);
  EXPECT_EQ(answer_of(script, {user_says("a")}, 1, {true}), 1U);
  EXPECT_EQ(answer_of(script, {user_says("a")}, 1, {true, true}), none);
}

TEST(FindResponse, AResponseWithMatchAnswersAgain) {
  EXPECT_EQ(answer_of(matching({R"({"user":"a"})"}), {user_says("a")}, 1, {true}), 0U);
}

TEST(FindResponse, RepeatOverridesBothRules) {
  const Script script = script_of(
      R"({"responses":[{"match":{"user":"a"},"text":"1","repeat":false},{"text":"2","repeat":true}]})");
  EXPECT_EQ(answer_of(script, {user_says("a")}), 0U);
  EXPECT_EQ(answer_of(script, {user_says("a")}, 1, {true, true}), 1U);
}

TEST(FindResponse, EqualsIgnoresWhiteSpaceAtTheEndsOnly) {
  const Script script = matching({R"({"user":"Calculate 2+2"})"});
  EXPECT_EQ(answer_of(script, {user_says(" Calculate 2+2\r\n")}), 0U);
  EXPECT_EQ(answer_of(script, {user_says("Calculate  2+2")}), none);
  EXPECT_EQ(answer_of(script, {user_says("calculate 2+2")}), none);
  EXPECT_EQ(answer_of(script, {user_says("")}), none);
}

TEST(FindResponse, ContainsAndRegexLookAnywhere) {
  const Script contains = matching({R"({"user":{"contains":"weather"}})"});
  EXPECT_EQ(answer_of(contains, {user_says("the weather in Oslo")}), 0U);
  EXPECT_EQ(answer_of(contains, {user_says("the Weather")}), none);

  const Script regex = matching({R"({"user":{"regex":"\\b\\d+ ?\\+ ?\\d+\\b"}})"});
  EXPECT_EQ(answer_of(regex, {user_says("what is 12 + 30, please")}), 0U);
  EXPECT_EQ(answer_of(regex, {user_says("what is twelve plus thirty")}), none);
}

TEST(FindResponse, ARegexThatWouldTakeForeverDoesNotFit) {
  const Script script =
      matching({R"({"user":{"regex":"^(a|a?)+$"}})", R"({"user":{"contains":""}})"});
  EXPECT_EQ(answer_of(script, {user_says(std::string(200, 'a') + "b")}), 1U);
}

TEST(FindResponse, UserLooksAtTheLastUserMessage) {
  const Script script = matching({R"({"user":"first"})", R"({"user":"second"})"});
  EXPECT_EQ(answer_of(script, {user_says("first"), model_calls("c", "t"), tool_says("c", "r"),
                               user_says("second")}),
            1U);
  EXPECT_EQ(answer_of(script, {user_says("first"), system_says("be brief")}), 0U)
      << "system messages do not count";
}

TEST(FindResponse, UserAloneFitsOnlyWhileTheUserSpokeLast) {
  const Script script = matching({R"({"user":"a"})"});
  EXPECT_EQ(answer_of(script, {user_says("a"), model_calls("c", "t"), tool_says("c", "r")}, 2),
            none);
  Message answer;
  answer.role = Role::assistant;
  EXPECT_EQ(answer_of(script, {user_says("a"), answer}, 2), none);
}

TEST(FindResponse, ToolResultLooksAtTheResultsSinceTheModelSpoke) {
  const Script script = matching({R"({"tool_result":"4"})"});
  EXPECT_EQ(answer_of(script, {user_says("a"), model_calls("c", "t"), tool_says("c", "4")}, 2), 0U);
  EXPECT_EQ(answer_of(script, {user_says("a"), model_calls("c", "t"), tool_says("c", "5")}, 2),
            none);
  EXPECT_EQ(answer_of(script,
                      {model_calls("c", "t"), tool_says("c", "4"), model_calls("d", "t"),
                       tool_says("d", "5")},
                      3),
            none);
  EXPECT_EQ(answer_of(script, {model_calls("c", "t"), tool_says("c", "4"), user_says("a")}), none);
}

TEST(FindResponse, AnyOfSeveralResultsMayFit) {
  const Script script = matching({R"({"tool_result":{"name":"bash","contains":"42"}})"});
  Message calls = model_calls("c1", "calculator");
  calls.tool_calls.push_back(ToolCall{"c2", "bash", {}});
  EXPECT_EQ(
      answer_of(script, {user_says("a"), calls, tool_says("c1", "1"), tool_says("c2", "is 42")}, 2),
      0U);
  EXPECT_EQ(
      answer_of(script, {user_says("a"), calls, tool_says("c1", "is 42"), tool_says("c2", "1")}, 2),
      none)
      << "name and text must be those of one result";
}

TEST(FindResponse, ToolResultMayNameTheCall) {
  const Script script = matching({R"({"tool_result":{"call_id":"c2"}})"});
  EXPECT_EQ(answer_of(script, {model_calls("c2", "t"), tool_says("c2", "r")}, 2), 0U);
  EXPECT_EQ(answer_of(script, {model_calls("c1", "t"), tool_says("c1", "r")}, 2), none);
}

TEST(FindResponse, AnEmptyToolResultFitsAnyResultButNoPrompt) {
  const Script script = matching({R"({"tool_result":{}})"});
  EXPECT_EQ(answer_of(script, {model_calls("c", "t"), tool_says("c", "")}, 2), 0U);
  EXPECT_EQ(answer_of(script, {user_says("a")}), none);
}

TEST(FindResponse, UserTogetherWithToolResultLooksBehindTheResults) {
  const Script script = matching({R"({"user":{"contains":"sum"},"tool_result":{}})"});
  EXPECT_EQ(answer_of(script, {user_says("a sum"), model_calls("c", "t"), tool_says("c", "r")}, 2),
            0U);
  EXPECT_EQ(answer_of(script, {user_says("other"), model_calls("c", "t"), tool_says("c", "r")}, 2),
            none);
  EXPECT_EQ(answer_of(script, {user_says("a sum")}), none);
}

TEST(FindResponse, TurnIsTheIterationOfTheRun) {
  const Script script = matching({R"({"turn":2})", R"({"turn":1,"user":"a"})"});
  EXPECT_EQ(answer_of(script, {user_says("a")}, 1), 1U);
  EXPECT_EQ(answer_of(script, {user_says("a")}, 2), 0U);
  EXPECT_EQ(answer_of(script, {user_says("b")}, 1), none);
  EXPECT_EQ(answer_of(script, {user_says("a")}, 3), none);
}

TEST(Script, KnowsSaysWhetherAFirstPromptIsAnswered) {
  EXPECT_TRUE(default_script().knows("Calculate 2+2"));
  EXPECT_TRUE(default_script().knows("Calculate 2+2\n"));
  EXPECT_FALSE(default_script().knows("Calculate 3+3"));
  EXPECT_FALSE(default_script().knows(""));
  EXPECT_FALSE(matching({R"({"turn":2})"}).knows("anything"));
}

TEST(Script, WhyUnknownSaysWhatWasAskedAndWhatIsKnown) {
  EXPECT_EQ(default_script().why_unknown("Calculate 3+3\x1b[31m"),
            "the script calculator.json (built in) has no response for turn 1 after the user said "
            "\"Calculate 3+3\\u001b[31m\"; it answers to the user saying \"Calculate 2+2\", to a "
            "result of calculator: "
            "a text that contains \"4\": say that, or add a response to the script");
}

TEST(WhyNoResponse, NamesTheToolResultThatNothingFits) {
  const Conversation conversation{user_says("a"), model_calls("c", "bash"),
                                  tool_says("c", std::string(100, 'x'))};
  EXPECT_EQ(why_no_response(matching({R"({"turn":1,"user":{"regex":"a"}})"}),
                            request_for(conversation, 2)),
            "the script test.json has no response for turn 2 after the result \"" +
                std::string(60, 'x') +
                "…\" of bash; it answers to the user saying a text that matches \"a\" and turn 1: "
                "say that, or add a "
                "response to the script");
}

TEST(WhyNoResponse, SaysThatAResponseIsUsedUp) {
  const Conversation conversation{user_says("a")};
  EXPECT_EQ(
      why_no_response(matching({R"({"user":"b"})", ""}), request_for(conversation), {false, true}),
      "the script test.json has no response for turn 1 after the user said \"a\"; response 2 fits "
      "but has been "
      "used: give it \"repeat\": true or add another one");
}

TEST(WhyNoResponse, ListsFiveResponsesAtMost) {
  const Conversation conversation{user_says("x")};
  const Script script = matching(std::vector<std::string>(7, R"({"user":"y"})"));
  const std::string text = why_no_response(script, request_for(conversation));
  EXPECT_NE(text.find(" and to 2 more: say that"), std::string::npos) << text;
}

}  // namespace
}  // namespace strandbus
