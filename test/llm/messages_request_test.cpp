#include "llm/messages_request.hpp"

#include "llm/messages_block.hpp"
#include "llm/recording_sink.hpp"

#include <gmock/gmock.h>

namespace strandbus::test {
namespace {

using detail::kept_thinking;
using detail::messages_request;
using detail::MessagesBlock;
using detail::MessagesDialect;
using Thinking = AnthropicOptions::Thinking;

MessagesDialect dialect() {
  MessagesDialect dialect;
  dialect.origin = "server.test";
  dialect.default_model = "claude-1";
  return dialect;
}

json::object body_of(const ModelRequest& request, const MessagesDialect& how = dialect()) {
  // As text and back: what is sent is text.
  std::string text;
  append_json(text, json::value(messages_request(request, how)));
  return parse_json(text).value().as_object();
}

json::value json_of(std::string_view text) { return parse_json(text).value(); }

/// The messages that stand for these in the request.
json::value sent(const std::vector<Message>& conversation, const MessagesDialect& how = dialect()) {
  const ModelRequest request = request_for(conversation);
  return body_of(request, how).at("messages");
}

Message model_says(std::string text) {
  Message message;
  message.role = Role::assistant;
  message.content = std::move(text);
  return message;
}

// --- the request --------------------------------------------------------------------------------

TEST(MessagesRequest, AsksForAStreamAndNothingThatWasNotGiven) {
  const std::vector<Message> conversation{user_says("hi")};
  const ModelRequest request = request_for(conversation);
  std::string text;
  append_json(text, json::value(messages_request(request, dialect())));
  EXPECT_EQ(text, R"({"model":"claude-1","max_tokens":8192,"messages":[{"role":"user","content":)"
                  R"([{"type":"text","text":"hi"}]}],"stream":true})");
}

TEST(MessagesRequest, TheRequestsOwnModelAndLimitWin) {
  ModelRequest request;
  request.model = "claude-2";
  request.max_tokens = 9;
  EXPECT_EQ(body_of(request).at("model"), "claude-2");
  EXPECT_EQ(body_of(request).at("max_tokens"), 9);
}

TEST(MessagesRequest, SystemMessagesAreAllTheSystemPrompt) {
  const std::vector<Message> conversation{system_says("Be kind."), user_says("hi"),
                                          system_says(" \n"), system_says("Be quick.")};
  ModelRequest request = request_for(conversation);
  request.system = "You are brief.";
  const json::object body = body_of(request);
  EXPECT_EQ(body.at("system"), "You are brief.\n\nBe kind.\n\nBe quick.");
  EXPECT_EQ(body.at("messages").as_array().size(), 1U);
  EXPECT_FALSE(body_of(ModelRequest()).contains("system"));
}

TEST(MessagesRequest, DescribesTheTools) {
  const std::vector<ToolSpec> tools{
      {.name = "look",
       .description = "Looks.",
       .parameters = {{"properties", {{"a", {{"type", "integer"}}}}}}},
      {.name = "wait"}};
  ModelRequest request;
  request.tools = tools;
  const json::object body = body_of(request);
  EXPECT_EQ(body.at("tools"), json_of(R"([
    {"name":"look","description":"Looks.",
     "input_schema":{"properties":{"a":{"type":"integer"}},"type":"object"}},
    {"name":"wait","input_schema":{"type":"object","properties":{}}}])"));
  EXPECT_FALSE(body.contains("tool_choice"));
}

TEST(MessagesRequest, WithoutToolsThoseOfThePastAreNamedAndForbidden) {
  const std::vector<Message> conversation{user_says("hi"), model_calls("c1", "look"),
                                          tool_says("c1", "seen"), model_calls("c2", "look")};
  const json::object body = body_of(request_for(conversation));
  EXPECT_EQ(body.at("tools"), json_of(R"([{"name":"look","input_schema":{"type":"object"}}])"));
  EXPECT_EQ(body.at("tool_choice"), json_of(R"({"type":"none"})"));
}

TEST(MessagesRequest, ATemperatureBeyondTheApisIsItsHighest) {
  ModelRequest request;
  request.temperature = 0.5;
  EXPECT_EQ(body_of(request).at("temperature"), 0.5);
  request.temperature = 1.7;
  EXPECT_EQ(body_of(request).at("temperature"), 1.0);
}

TEST(MessagesRequest, ParametersAreAddedLastAndWin) {
  ModelRequest request;
  request.temperature = 0.5;
  request.parameters = {{"temperature", 1}, {"top_k", 7}, {"stream", false}};
  const json::object body = body_of(request);
  EXPECT_EQ(body.at("temperature"), 1);
  EXPECT_EQ(body.at("top_k"), 7);
  EXPECT_EQ(body.at("stream"), false);
}

// --- the conversation ---------------------------------------------------------------------------

TEST(MessagesRequest, WritesAWholeConversation) {
  std::vector<Message> conversation{user_says("2+2?"), model_calls("c1", "calculator"),
                                    tool_says("c1", "4"), model_says("It is 4."),
                                    user_says("Thanks.")};
  conversation[1].content = "Let me see.";
  conversation[1].tool_calls[0].arguments = json::object{{"expr", "2+2"}};
  EXPECT_EQ(sent(conversation), json_of(R"([
    {"role":"user","content":[{"type":"text","text":"2+2?"}]},
    {"role":"assistant","content":[
      {"type":"text","text":"Let me see."},
      {"type":"tool_use","id":"c1","name":"calculator","input":{"expr":"2+2"}}]},
    {"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":"4"}]},
    {"role":"assistant","content":[{"type":"text","text":"It is 4."}]},
    {"role":"user","content":[{"type":"text","text":"Thanks."}]}])"));
}

TEST(MessagesRequest, ResultsAreOneMessageInTheOrderOfTheirCallsAndTextsFollow) {
  Message two = model_calls("a", "one");
  two.tool_calls.push_back({.call_id = "b", .tool_name = "two", .arguments = {}});
  EXPECT_EQ(
      sent({user_says("hi"), two, user_says("hurry"), tool_says("b", "2"), tool_says("a", "1")})
          .at(2),
      json_of(R"({"role":"user","content":[
    {"type":"tool_result","tool_use_id":"a","content":"1"},
    {"type":"tool_result","tool_use_id":"b","content":"2"},
    {"type":"text","text":"hurry"}]})"));
}

TEST(MessagesRequest, AMissingResultIsMadeUpAsAFailure) {
  EXPECT_EQ(sent({user_says("hi"), model_calls("a", "look"), user_says("well?")}).at(2),
            json_of(R"({"role":"user","content":[
    {"type":"tool_result","tool_use_id":"a",
     "content":"There is no result: the call was not carried out.","is_error":true},
    {"type":"text","text":"well?"}]})"));
}

TEST(MessagesRequest, AResultThatAnswersNoCallIsLeftOut) {
  EXPECT_EQ(
      sent({tool_says("x", "0"), user_says("hi"), model_calls("a", "look"), tool_says("a", "1"),
            tool_says("a", "2"), tool_says("y", "3"), model_says("so"), tool_says("a", "4")}),
      json_of(R"([
    {"role":"user","content":[{"type":"text","text":"hi"}]},
    {"role":"assistant","content":[{"type":"tool_use","id":"a","name":"look","input":{}}]},
    {"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"1"}]},
    {"role":"assistant","content":[{"type":"text","text":"so"}]},
    {"role":"user","content":[{"type":"text","text":"Go on."}]}])"));
}

TEST(MessagesRequest, MessagesOfOneSideThatFollowEachOtherBecomeOne) {
  EXPECT_EQ(
      sent({user_says("a"), user_says("b"), model_says("c"), model_says("d"), user_says("e")}),
      json_of(R"([
    {"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},
    {"role":"assistant","content":[{"type":"text","text":"c"},{"type":"text","text":"d"}]},
    {"role":"user","content":[{"type":"text","text":"e"}]}])"));
}

TEST(MessagesRequest, EmptyTextsAreLeftOut) {
  EXPECT_EQ(sent({user_says("a"), model_says(" \n"), user_says(""), user_says("b"),
                  model_calls("c", "look"), tool_says("c", "")}),
            json_of(R"([
    {"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},
    {"role":"assistant","content":[{"type":"tool_use","id":"c","name":"look","input":{}}]},
    {"role":"user","content":[{"type":"tool_result","tool_use_id":"c"}]}])"));
}

TEST(MessagesRequest, TheUserHasTheFirstAndTheLastWord) {
  const json::value go_on =
      json_of(R"({"role":"user","content":[{"type":"text","text":"Go on."}]})");
  EXPECT_EQ(sent({}), json::value(json::array{go_on}));
  const json::value both = sent({model_says("I begin.")});
  EXPECT_EQ(both.at(0), go_on);
  EXPECT_EQ(both.at(2), go_on);
}

TEST(MessagesRequest, IdsAreMadeValidAndDiffer) {
  const json::value messages =
      sent({user_says("hi"), model_calls("a.b", "look"), tool_says("a.b", "1"),
            model_calls("a_b", "look"), tool_says("a_b", "2"), model_calls("a_b", "look"),
            tool_says("a_b", "3"), model_calls("", "look"), tool_says("", "4")});
  const char* ids[] = {"a_b", "a_b-2", "a_b-3", "unknown"};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(messages.at(2 * i + 1).at("content").at(0).at("id"), ids[i]);
    EXPECT_EQ(messages.at(2 * i + 2).at("content").at(0).at("tool_use_id"), ids[i]);
    EXPECT_EQ(messages.at(2 * i + 2).at("content").at(0).at("content"),
              json::value(std::to_string(i + 1)));
  }
}

TEST(MessagesRequest, CallsOfOneIdGetTheirResultsInOrder) {
  Message twice = model_calls("a", "look");
  twice.tool_calls.push_back(twice.tool_calls[0]);
  EXPECT_EQ(sent({user_says("hi"), twice, tool_says("a", "1"), tool_says("a", "2")}).at(2),
            json_of(R"({"role":"user","content":[
    {"type":"tool_result","tool_use_id":"a","content":"1"},
    {"type":"tool_result","tool_use_id":"a-2","content":"2"}]})"));
}

TEST(MessagesRequest, ArgumentsAreAlwaysAnObject) {
  const auto sent_arguments = [](json::value arguments) {
    Message message = model_calls("c", "look");
    message.tool_calls[0].arguments = std::move(arguments);
    return sent({user_says("hi"), message}).at(1).at("content").at(0).at("input");
  };
  EXPECT_EQ(sent_arguments(json::object{{"a", 1.5}}), json_of(R"({"a":1.5})"));
  EXPECT_EQ(sent_arguments(nullptr), json_of("{}"));
  EXPECT_EQ(sent_arguments(R"({"a": 1})"), json_of(R"({"a":1})"));
  EXPECT_EQ(sent_arguments(R"({"a": )"), json_of(R"({"invalid_arguments":"{\"a\": "})"));
  EXPECT_EQ(sent_arguments(json::array{1}), json_of(R"({"invalid_arguments":[1]})"));
}

TEST(MessagesRequest, ANameThatAModelInventedIsMadeHarmless) {
  const json::value messages = sent({user_says("hi"), model_calls("c", "read file\n")});
  EXPECT_EQ(messages.at(1).at("content").at(0).at("name"), "read_file_");
}

// --- thinking -----------------------------------------------------------------------------------

MessagesBlock block_of(std::string_view start) {
  return detail::begun_block(json_of(start).as_object());
}

/// An assistant message with thinking, a text, redacted thinking and a call.
Message thoughtful() {
  std::vector<MessagesBlock> blocks{block_of(R"({"type":"thinking"})"),
                                    block_of(R"({"type":"text"})"),
                                    block_of(R"({"type":"redacted_thinking","data":"xyz"})"),
                                    block_of(R"({"type":"tool_use","id":"c","name":"look"})")};
  blocks[0].text = "Hm.";
  blocks[0].signature = "sig";
  blocks[1].text = "Wait.";
  Message message = model_calls("c", "look");
  message.content = "Wait.";
  message.provider_data = kept_thinking(blocks, {.server = "server.test", .model = "claude-1"});
  return message;
}

MessagesDialect thinking(std::int64_t budget = 2000) {
  MessagesDialect how = dialect();
  how.thinking = Thinking::budget;
  how.thinking_budget = budget;
  return how;
}

TEST(MessagesRequest, ThinkingBeforeCallsGoesBackToWhereItWas) {
  EXPECT_EQ(sent({user_says("hi"), thoughtful(), tool_says("c", "1")}).at(1).at("content"),
            json_of(R"([
    {"type":"thinking","thinking":"Hm.","signature":"sig"},
    {"type":"text","text":"Wait."},
    {"type":"redacted_thinking","data":"xyz"},
    {"type":"tool_use","id":"c","name":"look","input":{}}])"));
}

TEST(MessagesRequest, ThinkingGoesToNoOtherServerAndNoOtherModel) {
  MessagesDialect elsewhere = dialect();
  elsewhere.origin = "elsewhere.test";
  MessagesDialect other = dialect();
  other.default_model = "claude-2";
  for (const MessagesDialect& how : {elsewhere, other}) {
    EXPECT_EQ(sent({user_says("hi"), thoughtful()}, how).at(1).at("content"), json_of(R"([
      {"type":"text","text":"Wait."},{"type":"tool_use","id":"c","name":"look","input":{}}])"));
  }
}

TEST(MessagesRequest, ThinkingDoesNotGoBackWithAMessageThatWasChanged) {
  Message longer = thoughtful();
  longer.content += "!";
  Message more = thoughtful();
  more.tool_calls.push_back(more.tool_calls[0]);
  Message fewer = thoughtful();
  fewer.tool_calls.clear();
  for (const Message& message : {longer, more, fewer}) {
    const json::value content = sent({user_says("hi"), message}).at(1).at("content");
    EXPECT_EQ(content.at(0).at("type"), "text");
    EXPECT_EQ(content.as_array().size(), 1 + message.tool_calls.size());
  }
}

TEST(MessagesRequest, WhatAnotherProviderKeptIsIgnored) {
  for (const char* data :
       {"7", R"({"origin":"server.test","model":"claude-1","blocks":7})",
        R"({"origin":"server.test","model":"claude-1","blocks":[7]})",
        R"({"origin":"server.test","model":"claude-1","blocks":[{"bytes":-1}]})",
        R"({"origin":"server.test","model":"claude-1","blocks":[{"bytes":"x"},{}]})",
        R"({"origin":"server.test","reasoning_field":"reasoning","reasoning":"Hm."})"}) {
    Message message = thoughtful();
    message.provider_data = json_of(data);
    EXPECT_EQ(sent({user_says("hi"), message}).at(1).at("content").as_array().size(), 2U) << data;
  }
}

TEST(MessagesRequest, ThinkingThatWasNotSignedOrNotBeforeACallIsNotKept) {
  std::vector<MessagesBlock> blocks{block_of(R"({"type":"thinking"})"),
                                    block_of(R"({"type":"tool_use","id":"c","name":"look"})")};
  EXPECT_TRUE(kept_thinking(blocks, {}).is_null());
  blocks[0].signature = "sig";
  EXPECT_FALSE(kept_thinking(blocks, {}).is_null());
  blocks.pop_back();
  EXPECT_TRUE(kept_thinking(blocks, {}).is_null());
}

TEST(MessagesRequest, ABudgetIsAskedForWithoutATemperature) {
  ModelRequest request;
  request.temperature = 0.5;
  const json::object body = body_of(request, thinking());
  EXPECT_EQ(body.at("thinking"), json_of(R"({"type":"enabled","budget_tokens":2000})"));
  EXPECT_FALSE(body.contains("temperature"));
  EXPECT_FALSE(body_of(request).contains("thinking"));
}

TEST(MessagesRequest, ALimitThatLeavesNoRoomForTheBudgetIsKept) {
  ModelRequest request;
  request.max_tokens = 2000;
  EXPECT_FALSE(body_of(request, thinking()).contains("thinking"));
  request.max_tokens = 2001;
  EXPECT_TRUE(body_of(request, thinking()).contains("thinking"));
}

TEST(MessagesRequest, ATurnThatBeganWithoutThinkingGoesOnWithoutIt) {
  const std::vector<Message> plain{user_says("hi"), model_calls("c", "look"), tool_says("c", "1")};
  EXPECT_FALSE(body_of(request_for(plain), thinking()).contains("thinking"));
  const std::vector<Message> thought{user_says("hi"), thoughtful(), tool_says("c", "1")};
  EXPECT_TRUE(body_of(request_for(thought), thinking()).contains("thinking"));
  MessagesDialect adaptive = dialect();
  adaptive.thinking = Thinking::adaptive;
  EXPECT_EQ(body_of(request_for(plain), adaptive).at("thinking"),
            json_of(R"({"type":"adaptive"})"));
}

// --- structured answers -------------------------------------------------------------------------

TEST(MessagesRequest, ASchemaIsAToolThatMustBeCalled) {
  ModelRequest request;
  request.response_schema = json_of(R"({"type":"object","properties":{"a":{}}})");
  const json::object body = body_of(request, thinking());
  EXPECT_EQ(body.at("tools"), json_of(R"([{"name":"answer","description":"Gives the final answer.",
    "input_schema":{"type":"object","properties":{"a":{}}}}])"));
  EXPECT_EQ(body.at("tool_choice"), json_of(R"({"type":"tool","name":"answer"})"));
  EXPECT_FALSE(body.contains("thinking")) << "which excludes it";
}

TEST(MessagesRequest, BesideToolsAnyOfThemMayBeCalled) {
  const std::vector<ToolSpec> tools{{.name = "answer"}, {.name = "answer_"}};
  ModelRequest request;
  request.tools = tools;
  request.response_schema = json::object{{"type", "object"}};
  const json::object body = body_of(request);
  EXPECT_EQ(body.at("tools").at(2).at("name"), "answer__");
  EXPECT_EQ(body.at("tool_choice"), json_of(R"({"type":"any"})"));
}

TEST(MessagesRequest, ASchemaOfSomethingElseThanAnObjectIsWrapped) {
  const auto wrapped = [](std::string_view schema) {
    ModelRequest request;
    request.response_schema = json_of(schema);
    return body_of(request).at("tools").at(0).at("input_schema");
  };
  EXPECT_EQ(wrapped(R"({"type":"array"})"), json_of(R"({"type":"object",
    "properties":{"value":{"type":"array"}},"required":["value"]})"));
  EXPECT_EQ(wrapped(R"({"properties":{}})"), json_of(R"({"properties":{},"type":"object"})"));
  for (const char* schema : {"true", R"({"type":"object","anyOf":[]})", R"({"$ref":"#/$defs/a"})"})
    EXPECT_TRUE(wrapped(schema).at("properties").as_object().contains("value")) << schema;
  EXPECT_EQ(wrapped(R"({"$ref":"#/$defs/a","$defs":{"a":{}}})").at("$defs"),
            json_of(R"({"a":{}})"));
}

}  // namespace
}  // namespace strandbus::test
