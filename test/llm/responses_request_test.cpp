#include "llm/responses_request.hpp"

#include "llm/recording_sink.hpp"

#include <gtest/gtest.h>

namespace strandbus::test {
namespace {

using detail::ReasonedBefore;
using detail::responses_provider_data;
using detail::responses_request;
using detail::ResponsesDialect;
using detail::ResponsesItem;
using detail::ResponsesText;

ResponsesDialect dialect(std::string model = "gpt-4o") {
  ResponsesDialect dialect;
  dialect.origin = "server.test";
  dialect.default_model = std::move(model);
  return dialect;
}

json::object body_of(const ModelRequest& request, const ResponsesDialect& how = dialect()) {
  return parse_json(responses_request(request, how)).value().as_object();
}

/// The items that stand for this message in the request.
json::value sent(const Message& message, const ResponsesDialect& how = dialect()) {
  const std::vector<Message> conversation{message};
  const ModelRequest request = request_for(conversation);
  return body_of(request, how).at("input");
}

json::value json_of(std::string_view text) { return parse_json(text).value(); }

Message calling(json::value arguments) {
  Message message = model_calls("c1", "look");
  message.tool_calls[0].arguments = std::move(arguments);
  return message;
}

TEST(ResponsesRequest, AsksForAStreamThatIsNotStoredAndNothingThatWasNotGiven) {
  const std::vector<Message> conversation{user_says("hi")};
  const ModelRequest request = request_for(conversation);
  EXPECT_EQ(responses_request(request, dialect()),
            R"({"model":"gpt-4o","input":[{"role":"user","content":"hi"}],)"
            R"("stream":true,"store":false})");
}

TEST(ResponsesRequest, WritesAWholeConversationAsItems) {
  const std::vector<Message> conversation{system_says("Be kind."), user_says("2+2?"),
                                          model_calls("c1", "calculator"), tool_says("c1", "4")};
  ModelRequest request = request_for(conversation);
  request.system = "You are brief.";
  const json::object body = body_of(request);
  EXPECT_EQ(body.at("instructions"), "You are brief.");
  EXPECT_EQ(body.at("input"), json_of(R"([
    {"role":"system","content":"Be kind."},
    {"role":"user","content":"2+2?"},
    {"type":"function_call","call_id":"c1","name":"calculator","arguments":"{}"},
    {"type":"function_call_output","call_id":"c1","output":"4"}])"));
}

TEST(ResponsesRequest, TextBesideCallsIsAnItemBeforeThem) {
  Message message = calling(json::object{{"a", 1}});
  message.content = "Let me look.";
  EXPECT_EQ(sent(message), json_of(R"([
    {"role":"assistant","content":"Let me look."},
    {"type":"function_call","call_id":"c1","name":"look","arguments":"{\"a\":1}"}])"));
}

TEST(ResponsesRequest, AnEmptyAnswerIsAnEmptyText) {
  Message message;
  message.role = Role::assistant;
  EXPECT_EQ(sent(message), json_of(R"([{"role":"assistant","content":""}])"));
}

TEST(ResponsesRequest, WhatAConfusedModelCalledIsMadeHarmless) {
  Message message = calling("{\"a\": ");
  message.tool_calls[0].tool_name = "functions.look\n";
  EXPECT_EQ(sent(message).at(0).at("name"), "functions_look_");
  EXPECT_EQ(sent(message).at(0).at("arguments"), R"({"invalid_arguments":"{\"a\": "})");
}

TEST(ResponsesRequest, LongCallIdsAreShortenedTheSameInCallAndResult) {
  const std::string id(200, 'i');
  const std::vector<Message> conversation{model_calls(id, "a"), model_calls(id + "x", "b"),
                                          tool_says(id, "r")};
  const ModelRequest request = request_for(conversation);
  const json::value input = body_of(request).at("input");
  EXPECT_EQ(input.at(0).at("call_id").as_string().size(), 64U);
  EXPECT_EQ(input.at(0).at("call_id"), input.at(2).at("call_id"));
  EXPECT_NE(input.at(0).at("call_id"), input.at(1).at("call_id"));
}

TEST(ResponsesRequest, DescribesTheToolsWithoutMakingAllArgumentsRequired) {
  const std::vector<ToolSpec> tools{
      {.name = "look", .description = "Looks.", .parameters = {{"type", "object"}}},
      {.name = "wait"}};
  ModelRequest request;
  request.tools = tools;
  EXPECT_EQ(body_of(request).at("tools"), json_of(R"([
    {"type":"function","name":"look","description":"Looks.",
     "parameters":{"type":"object"},"strict":false},
    {"type":"function","name":"wait",
     "parameters":{"type":"object","properties":{}},"strict":false}])"));
}

TEST(ResponsesRequest, LimitsTheAnswer) {
  ModelRequest request;
  request.max_tokens = 100;
  request.temperature = 0.5;
  EXPECT_EQ(body_of(request).at("max_output_tokens"), 100);
  EXPECT_EQ(body_of(request).at("temperature"), 0.5);
}

TEST(ResponsesRequest, AModelThatReasonsGetsNoTemperatureAndIsAskedForItsReasoning) {
  ModelRequest request;
  request.temperature = 0.5;
  for (const char* model : {"o1", "o3-pro", "o4-mini", "gpt-5", "gpt-5.1-codex",
                            "codex-mini-latest", "ft:o4-mini:acme", "gpt-6"}) {
    const json::object body = body_of(request, dialect(model));
    EXPECT_EQ(body.at("model"), model);
    EXPECT_FALSE(body.contains("temperature")) << model;
    EXPECT_FALSE(body.contains("reasoning")) << model;
    EXPECT_EQ(body.at("include"), json_of(R"(["reasoning.encrypted_content"])")) << model;
  }
  for (const char* model : {"gpt-4o", "gpt-4.1", "gpt-5-chat-latest", "gpt-5.1-chat-latest",
                            "gpt-oss-120b", "omni-1", "o", "gpt-", "llama3.2", ""}) {
    const json::object body = body_of(request, dialect(model));
    EXPECT_TRUE(body.contains("temperature")) << model;
    EXPECT_FALSE(body.contains("include")) << model;
  }
}

TEST(ResponsesRequest, TheEndOfTheModelsNameIsAnEffort) {
  const json::object body = body_of(ModelRequest(), dialect("o4-mini-high"));
  EXPECT_EQ(body.at("model"), "o4-mini");
  EXPECT_EQ(body.at("reasoning"), json_of(R"({"effort":"high"})"));
  ModelRequest request;
  request.model = "gpt-5-low";
  EXPECT_EQ(body_of(request).at("model"), "gpt-5");
  EXPECT_EQ(body_of(request).at("reasoning").at("effort"), "low");
  EXPECT_EQ(body_of(ModelRequest(), dialect("o3-medium")).at("reasoning").at("effort"), "medium");
}

TEST(ResponsesRequest, OtherNamesAreSentAsTheyAre) {
  EXPECT_EQ(body_of(ModelRequest(), dialect("grok-high")).at("model"), "grok-high");
  EXPECT_EQ(body_of(ModelRequest(), dialect("o4-mini-xhigh")).at("model"), "o4-mini-xhigh");
  EXPECT_EQ(body_of(ModelRequest(), dialect("o3-")).at("model"), "o3-");
}

TEST(ResponsesRequest, AGivenEffortLeavesTheNameAlone) {
  ResponsesDialect how = dialect("o4-mini-high");
  how.effort = "low";
  EXPECT_EQ(body_of(ModelRequest(), how).at("model"), "o4-mini-high");
  EXPECT_EQ(body_of(ModelRequest(), how).at("reasoning").at("effort"), "low");
}

TEST(ResponsesRequest, AGivenEffortSaysWhetherAnyModelReasons) {
  ModelRequest request;
  request.temperature = 0.5;
  ResponsesDialect how = dialect("a-model-of-another-name");
  how.effort = "minimal";
  EXPECT_TRUE(body_of(request, how).contains("include"));
  EXPECT_FALSE(body_of(request, how).contains("temperature"));
  how.default_model = "gpt-5.1";
  how.effort = "none";
  EXPECT_EQ(body_of(request, how).at("reasoning").at("effort"), "none");
  EXPECT_FALSE(body_of(request, how).contains("include"));
  EXPECT_TRUE(body_of(request, how).contains("temperature"));
}

TEST(ResponsesRequest, ASummaryIsAskedForWhereItIsWanted) {
  ResponsesDialect how = dialect("o3-high");
  how.ask_summary = true;
  EXPECT_EQ(body_of(ModelRequest(), how).at("reasoning"),
            json_of(R"({"effort":"high","summary":"auto"})"));
}

TEST(ResponsesRequest, ASchemaBecomesTheFormatOfTheText) {
  ModelRequest request;
  request.response_schema = json::object{{"type", "object"}};
  EXPECT_EQ(
      body_of(request).at("text"),
      json_of(R"({"format":{"type":"json_schema","name":"answer","schema":{"type":"object"}}})"));
}

TEST(ResponsesRequest, ParametersAreAddedLastAndWin) {
  ModelRequest request;
  request.parameters = {{"store", true}, {"seed", 7}, {"include", json::array()}};
  const json::object body = body_of(request, dialect("o3"));
  EXPECT_EQ(body.at("store"), true);
  EXPECT_EQ(body.at("seed"), 7);
  EXPECT_EQ(body.at("include"), json::array());
}

// --- what comes back with the conversation ------------------------------------------------------

ResponsesItem reasoning(std::string id, std::string encrypted, std::vector<ResponsesText> texts) {
  ResponsesItem item;
  item.kind = ResponsesItem::Kind::reasoning;
  item.id = std::move(id);
  item.encrypted_content = std::move(encrypted);
  item.texts = std::move(texts);
  return item;
}

/// The message of an answer with two calls, as the agent keeps it.
Message kept(const std::vector<ReasonedBefore>& reasoned) {
  ModelResponse answer;
  answer.content = "Hm.";
  answer.tool_calls = {ToolCall{"c1", "one", json::object()}, ToolCall{"c2", "two", nullptr}};
  Message message;
  message.role = Role::assistant;
  message.content = answer.content;
  message.tool_calls = answer.tool_calls;
  message.provider_data = responses_provider_data(answer, reasoned, "server.test");
  return message;
}

const ResponsesText summary{.kind = ResponsesText::Kind::summary, .index = 0, .text = "S."};
const ResponsesText thought{.kind = ResponsesText::Kind::reasoning, .index = 0, .text = "R."};

TEST(ResponsesRequest, ReasoningGoesBackBeforeTheCallThatFollowedIt) {
  const Message message = kept({{.call = 0, .item = reasoning("rs_1", "gAAA", {summary})},
                                {.call = 1, .item = reasoning("rs_2", "gBBB", {})}});
  EXPECT_EQ(sent(message), json_of(R"([
    {"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"S."}],
     "encrypted_content":"gAAA"},
    {"role":"assistant","content":"Hm."},
    {"type":"function_call","call_id":"c1","name":"one","arguments":"{}"},
    {"type":"reasoning","id":"rs_2","summary":[],"encrypted_content":"gBBB"},
    {"type":"function_call","call_id":"c2","name":"two","arguments":"{}"}])"));
}

TEST(ResponsesRequest, ReasoningGoesBackAfterItWasStoredAsText) {
  Message message = kept({{.call = 1, .item = reasoning("rs_1", "gAAA", {})}});
  std::string text;
  append_json(text, message.provider_data);
  message.provider_data = parse_json(text).value();
  EXPECT_EQ(sent(message).at(2).at("id"), "rs_1");
}

TEST(ResponsesRequest, ReadableReasoningGoesBackWhereNothingIsEncrypted) {
  const Message message = kept({{.call = 0, .item = reasoning("rs", "", {summary, thought})}});
  EXPECT_EQ(sent(message).at(0), json_of(R"({"type":"reasoning","id":"rs",
    "summary":[{"type":"summary_text","text":"S."}],
    "content":[{"type":"reasoning_text","text":"R."}]})"));
  const Message both = kept({{.call = 0, .item = reasoning("rs", "gAAA", {thought})}});
  EXPECT_FALSE(sent(both).at(0).as_object().contains("content")) << "OpenAI refuses it";
}

TEST(ResponsesRequest, ReasoningThatTheServerCannotUseIsNotKept) {
  EXPECT_TRUE(kept({{.call = 0, .item = reasoning("rs", "", {summary})}}).provider_data.is_null())
      << "the server knows only what it stored, and it stored nothing";
  EXPECT_TRUE(kept({{.call = 2, .item = reasoning("rs", "gAAA", {})}}).provider_data.is_null())
      << "no call follows";
}

TEST(ResponsesRequest, ReasoningGoesToNoOtherServer) {
  const Message message = kept({{.call = 0, .item = reasoning("rs_1", "gAAA", {})}});
  ResponsesDialect other = dialect();
  other.origin = "elsewhere.test";
  EXPECT_EQ(sent(message, other).as_array().size(), 3U);
}

TEST(ResponsesRequest, ReasoningWithoutItsCallIsLeftOut) {
  Message message = kept({{.call = 0, .item = reasoning("rs_1", "gAAA", {})},
                          {.call = 1, .item = reasoning("rs_2", "gBBB", {})}});
  message.tool_calls.pop_back();
  EXPECT_EQ(sent(message).as_array().size(), 3U);
  message.tool_calls.clear();
  EXPECT_EQ(sent(message), json_of(R"([{"role":"assistant","content":"Hm."}])"));
}

TEST(ResponsesRequest, ARefusalComesBackAsText) {
  ModelResponse answer;
  answer.refusal = "I will not.";
  Message message;
  message.role = Role::assistant;
  message.provider_data = responses_provider_data(answer, {}, "server.test");
  EXPECT_EQ(sent(message), json_of(R"([{"role":"assistant","content":"I will not."}])"));
}

TEST(ResponsesRequest, WhatAnotherProviderKeptIsIgnored) {
  for (const char* data :
       {"7", "{}", R"({"refusal":1})", R"({"reasoning_items":[{"call":0,"item":{}}]})",
        R"({"origin":"server.test","reasoning_items":7})",
        R"({"origin":"server.test","reasoning_items":[7,{},{"call":0},{"call":0,"item":1},
                                                      {"call":-1,"item":{}}]})"}) {
    Message message = calling(json::object());
    message.provider_data = json_of(data);
    EXPECT_EQ(sent(message), sent(calling(json::object()))) << data;
  }
}

}  // namespace
}  // namespace strandbus::test
