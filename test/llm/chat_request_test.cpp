#include "llm/chat_request.hpp"

#include "llm/recording_sink.hpp"

#include <gtest/gtest.h>

namespace strandbus::test {
namespace {

using detail::chat_provider_data;
using detail::chat_request;
using detail::ChatDialect;

ChatDialect dialect() {
  ChatDialect dialect;
  dialect.origin = "server.test";
  dialect.default_model = "small-1";
  return dialect;
}

json::object body_of(const ModelRequest& request, const ChatDialect& how = dialect()) {
  return parse_json(chat_request(request, how)).value().as_object();
}

/// The message that stands for this one in the request.
json::value sent(const Message& message, const ChatDialect& how = dialect()) {
  const std::vector<Message> conversation{message};
  const ModelRequest request = request_for(conversation);
  return body_of(request, how).at("messages").at(0);
}

json::value json_of(std::string_view text) { return parse_json(text).value(); }

Message calling(json::value arguments) {
  Message message = model_calls("c1", "look");
  message.tool_calls[0].arguments = std::move(arguments);
  return message;
}

std::string sent_arguments(json::value arguments) {
  const json::value message = sent(calling(std::move(arguments)));
  const json::value& text = message.at("tool_calls").at(0).at("function").at("arguments");
  return std::string(text.as_string());
}

TEST(ChatRequest, AsksForAStreamWithUsageAndNothingThatWasNotGiven) {
  const std::vector<Message> conversation{user_says("hi")};
  const ModelRequest request = request_for(conversation);
  EXPECT_EQ(chat_request(request, dialect()),
            R"({"model":"small-1","messages":[{"role":"user","content":"hi"}],)"
            R"("stream":true,"stream_options":{"include_usage":true}})");
}

TEST(ChatRequest, DoesNotAskForUsageWhereThatIsRefused) {
  ChatDialect how = dialect();
  how.ask_usage = false;
  EXPECT_FALSE(body_of(ModelRequest(), how).contains("stream_options"));
}

TEST(ChatRequest, TheModelOfTheRequestWins) {
  ModelRequest request;
  request.model = "large-2";
  EXPECT_EQ(body_of(request).at("model"), "large-2");
}

TEST(ChatRequest, WritesAWholeConversation) {
  const std::vector<Message> conversation{system_says("Be kind."), user_says("2+2?"),
                                          model_calls("c1", "calculator"), tool_says("c1", "4")};
  ModelRequest request = request_for(conversation);
  request.system = "You are brief.";
  EXPECT_EQ(body_of(request).at("messages"), json_of(R"([
    {"role":"system","content":"You are brief."},
    {"role":"system","content":"Be kind."},
    {"role":"user","content":"2+2?"},
    {"role":"assistant","content":null,"tool_calls":[
      {"id":"c1","type":"function","function":{"name":"calculator","arguments":"{}"}}]},
    {"role":"tool","tool_call_id":"c1","content":"4"}])"));
}

TEST(ChatRequest, TextBesideCallsIsSentToo) {
  Message message = calling(json::object{{"a", 1}});
  message.content = "Let me look.";
  EXPECT_EQ(sent(message).at("content"), "Let me look.");
}

TEST(ChatRequest, AnEmptyAnswerIsAnEmptyText) {
  Message message;
  message.role = Role::assistant;
  EXPECT_EQ(sent(message), json_of(R"({"role":"assistant","content":""})"));
}

TEST(ChatRequest, ArgumentsAreAlwaysTheTextOfAnObject) {
  EXPECT_EQ(sent_arguments(json::object{{"a", 1.5}, {"b", "ü"}}), R"({"a":1.5,"b":"ü"})");
  EXPECT_EQ(sent_arguments(nullptr), "{}");
  EXPECT_EQ(sent_arguments(""), "{}");
  EXPECT_EQ(sent_arguments(R"({"a": 1})"), R"({"a": 1})") << "a text that is an object";
  EXPECT_EQ(sent_arguments(R"({"a": )"), R"({"invalid_arguments":"{\"a\": "})");
  EXPECT_EQ(sent_arguments("[1]"), R"({"invalid_arguments":"[1]"})");
  EXPECT_EQ(sent_arguments(json::array{1, 2}), R"({"invalid_arguments":[1,2]})");
}

TEST(ChatRequest, ANameThatAModelInventedIsMadeHarmless) {
  const auto name_of = [](std::string name) {
    const json::value message = sent(model_calls("c1", std::move(name)));
    return std::string(message.at("tool_calls").at(0).at("function").at("name").as_string());
  };
  EXPECT_EQ(name_of("read_file-2"), "read_file-2");
  EXPECT_EQ(name_of("functions.read file\n"), "functions_read_file_");
  EXPECT_EQ(name_of(""), "unknown");
  EXPECT_EQ(name_of(std::string(100, 'x')), std::string(64, 'x'));
}

TEST(ChatRequest, BadUtf8InTheConversationIsRepaired) {
  EXPECT_EQ(sent(user_says("a\xFF")).at("content"), "a\uFFFD");
}

TEST(ChatRequest, DescribesTheTools) {
  const std::vector<ToolSpec> tools{
      {.name = "look",
       .description = "Looks.",
       .parameters = {{"type", "object"}, {"properties", {{"a", {{"type", "integer"}}}}}}},
      {.name = "wait"}};
  ModelRequest request;
  request.tools = tools;
  EXPECT_EQ(body_of(request).at("tools"), json_of(R"([
    {"type":"function","function":{"name":"look","description":"Looks.",
      "parameters":{"type":"object","properties":{"a":{"type":"integer"}}}}},
    {"type":"function","function":{"name":"wait",
      "parameters":{"type":"object","properties":{}}}}])"));
}

TEST(ChatRequest, LimitsAreSentUnderTheNameThatTheServerKnows) {
  ModelRequest request;
  request.max_tokens = 100;
  request.temperature = 0.5;
  EXPECT_EQ(body_of(request).at("max_completion_tokens"), 100);
  EXPECT_EQ(body_of(request).at("temperature"), 0.5);
  ChatDialect how = dialect();
  how.max_tokens_field = "max_tokens";
  EXPECT_EQ(body_of(request, how).at("max_tokens"), 100);
  EXPECT_FALSE(body_of(request, how).contains("max_completion_tokens"));
}

TEST(ChatRequest, ASchemaBecomesTheResponseFormat) {
  ModelRequest request;
  request.response_schema = json::object{{"type", "object"}};
  EXPECT_EQ(
      body_of(request).at("response_format"),
      json_of(
          R"({"type":"json_schema","json_schema":{"name":"answer","schema":{"type":"object"}}})"));
}

TEST(ChatRequest, ParametersAreAddedLastAndWin) {
  ModelRequest request;
  request.temperature = 0.5;
  request.parameters = {{"temperature", 1}, {"seed", 7}, {"stream", false}};
  const json::object body = body_of(request);
  EXPECT_EQ(body.at("temperature"), 1);
  EXPECT_EQ(body.at("seed"), 7);
  EXPECT_EQ(body.at("stream"), false);
}

/// The message of an answer, as the agent keeps it.
Message kept(const ModelResponse& answer, std::string_view field = "",
             const ChatDialect& how = dialect()) {
  Message message;
  message.role = Role::assistant;
  message.content = answer.content;
  message.tool_calls = answer.tool_calls;
  message.provider_data = chat_provider_data(answer, field, how.origin);
  return message;
}

TEST(ChatRequest, ARefusalComesBackAsText) {
  ModelResponse answer;
  answer.refusal = "I will not.";
  EXPECT_EQ(sent(kept(answer)), json_of(R"({"role":"assistant","content":"I will not."})"));
}

TEST(ChatRequest, ReasoningBeforeCallsGoesBackToTheServerThatSentIt) {
  ModelResponse answer;
  answer.reasoning = "Hm.";
  answer.tool_calls = model_calls("c1", "look").tool_calls;
  const Message message = kept(answer, "reasoning_content");
  EXPECT_EQ(sent(message).at("reasoning_content"), "Hm.");

  ChatDialect other = dialect();
  other.origin = "elsewhere.test";
  EXPECT_FALSE(sent(message, other).as_object().contains("reasoning_content"));
}

TEST(ChatRequest, OtherReasoningIsNotKept) {
  ModelResponse answer;
  answer.reasoning = "Hm.";
  EXPECT_TRUE(chat_provider_data(answer, "reasoning_content", dialect().origin).is_null());
}

TEST(ChatRequest, WhatAnotherProviderKeptIsIgnored) {
  for (const json::value& data : {json::value(7), json::value(json::object{{"refusal", 1}}),
                                  json::value(json::object{{"reasoning_field", "role"}})}) {
    Message message = calling(json::object());
    message.provider_data = data;
    EXPECT_EQ(sent(message), sent(calling(json::object())));
  }
}

}  // namespace
}  // namespace strandbus::test
