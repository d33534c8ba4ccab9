#include "llm/responses_provider.hpp"

#include "llm/chat_fixture.hpp"
#include "llm/openai_api.hpp"
#include "llm/responses_fixture.hpp"

#include <gmock/gmock.h>

#include <functional>
#include <stdexcept>

namespace strandbus::test {
namespace {

using Api = OpenAiOptions::Api;
using detail::chosen_api;
using testing::HasSubstr;
using testing::Not;

const std::vector<Message> question{user_says("hello")};
const std::string answer = R"(data: {"type":"response.output_text.delta","delta":"hi"})"
                           "\n\n"
                           R"(data: {"type":"response.completed","response":{}})"
                           "\n\n";

TEST(ResponsesProvider, SendsTheRequestToTheServer) {
  ResponsesSetup setup(body(answer));
  EXPECT_EQ(setup.provider.name(), "openai");
  EXPECT_EQ(setup.provider.model(), "o4-mini");
  const ModelRequest request = request_for(question);
  EXPECT_EQ(ask(setup, request).answer.value().content, "hi");
  const detail::HttpRequest& sent = setup.server.requests.at(0);
  EXPECT_EQ(sent.method, "POST");
  EXPECT_EQ(sent.url.target, "/v1/responses");
  EXPECT_THAT(sent.body, HasSubstr(R"("model":"o4-mini","input":[)"));
  EXPECT_EQ(sent.headers.at(2).value, std::string("Bearer ") + secret_key);
}

TEST(ResponsesProvider, SendsEffortAndSummaryAsTheOptionsSay) {
  OpenAiOptions options = responses_options();
  options.effort = "xhigh";
  options.reasoning_summary = OpenAiOptions::ReasoningSummary::ask;
  ResponsesSetup setup(body(answer), options);
  const ModelRequest request = request_for(question);
  ask(setup, request);
  EXPECT_THAT(setup.server.requests.at(0).body,
              HasSubstr(R"("reasoning":{"effort":"xhigh","summary":"auto"})"));
}

TEST(ResponsesProvider, CutsTheEffortOffTheModelOfTheRequest) {
  ResponsesSetup setup(body(answer));
  ModelRequest request = request_for(question);
  request.model = "o3-high";
  ask(setup, request);
  EXPECT_THAT(setup.server.requests.at(0).body, HasSubstr(R"("model":"o3")"));
}

TEST(ResponsesProvider, FindsThePriceOfAModelWithoutItsEffort) {
  const auto table = std::make_shared<PriceTable>();
  table->models.push_back({.model = "o4-mini", .price = Price{.input_pico_usd = 1'000'000}});
  OpenAiOptions options = responses_options();
  options.model = "o4-mini-high";
  options.prices = table;
  ResponsesSetup setup(body(R"({"output":[],"usage":{"input_tokens":1000}})"), options);
  const ModelRequest request = request_for(question);
  const ModelResponse response = ask(setup, request).answer.value();
  EXPECT_EQ(response.cost, NanoUsd{1'000'000});
  EXPECT_EQ(response.model, "o4-mini");
}

TEST(ResponsesProvider, SendsTheReasoningBackWithTheCall) {
  const std::string calling =
      R"(data: {"type":"response.output_item.done","item":{"type":"reasoning","id":"rs","encrypted_content":"gAAA"}})"
      "\n\n"
      R"(data: {"type":"response.output_item.done","item":{"type":"function_call","call_id":"c","name":"look","arguments":"{}"}})"
      "\n\n"
      R"(data: {"type":"response.completed","response":{}})"
      "\n\n";
  ResponsesSetup setup({body(calling), body(answer)});
  std::vector<Message> conversation = question;
  const ModelRequest first = request_for(conversation);
  ModelResponse called = ask(setup, first).answer.value();

  Message said = model_calls("c", "look");
  said.tool_calls = called.tool_calls;
  said.provider_data = called.provider_data;
  conversation.push_back(said);
  conversation.push_back(tool_says("c", "seen"));
  const ModelRequest second = request_for(conversation);
  EXPECT_EQ(ask(setup, second).answer.value().content, "hi");
  EXPECT_THAT(
      setup.server.requests.at(1).body,
      HasSubstr(
          R"({"type":"reasoning","id":"rs","summary":[],"encrypted_content":"gAAA"},{"type":"function_call","call_id":"c")"));
}

TEST(ResponsesProvider, PutsThePathBehindThatOfTheBaseUrl) {
  const auto target_for = [](const std::string& base_url) {
    OpenAiOptions options = responses_options();
    options.base_url = base_url;
    return detail::responses_url(options).target;
  };
  EXPECT_EQ(target_for("https://a.test/v1/"), "/v1/responses");
  EXPECT_EQ(target_for("https://a.test/x/responses"), "/x/responses");
  EXPECT_EQ(target_for("https://x.openai.azure.com/openai/v1?api-version=preview"),
            "/openai/v1/responses?api-version=preview");
}

// --- which API ----------------------------------------------------------------------------------

Api api_for(const std::string& model, const std::string& base_url = OpenAiOptions().base_url,
            Api wanted = Api::automatic) {
  OpenAiOptions options;
  options.model = model;
  options.base_url = base_url;
  options.api = wanted;
  return chosen_api(options);
}

TEST(OpenAiApi, IsResponsesForModelsThatReasonAtOpenAiAndAzure) {
  for (const char* model : {"o1", "o3-mini-high", "o4-mini", "gpt-5", "gpt-5-codex", "gpt-5.1"}) {
    EXPECT_EQ(api_for(model), Api::responses) << model;
    EXPECT_EQ(api_for(model, "https://x.openai.azure.com/openai/v1"), Api::responses) << model;
  }
  for (const char* model : {"gpt-4o-mini", "gpt-4.1", "gpt-5-chat-latest", "omni"})
    EXPECT_EQ(api_for(model), Api::chat) << model;
}

TEST(OpenAiApi, IsChatAtOtherServersAndBelowADeployment) {
  EXPECT_EQ(api_for("o4-mini", "http://127.0.0.1:11434/v1"), Api::chat);
  EXPECT_EQ(api_for("gpt-5", "https://api.openai.com.elsewhere.test/v1"), Api::chat);
  EXPECT_EQ(api_for("o3", "https://x.openai.azure.com/openai/deployments/o3?api-version=1"),
            Api::chat);
}

TEST(OpenAiApi, IsTheOneThatTheOptionOrTheAddressSays) {
  EXPECT_EQ(api_for("gpt-4o", "https://server.test/v1", Api::responses), Api::responses);
  EXPECT_EQ(api_for("o3", "https://api.openai.com/v1", Api::chat), Api::chat);
  EXPECT_EQ(api_for("gpt-4o", "https://server.test/v1/responses"), Api::responses);
  EXPECT_EQ(api_for("gpt-4o", "https://server.test/responses/?a=b"), Api::responses);
  EXPECT_EQ(api_for("o3", "https://api.openai.com/v1/chat/completions"), Api::chat);
}

/// What the options are refused with; empty if they are not.
std::string refusal_of(const std::function<void(OpenAiOptions&)>& change) {
  OpenAiOptions options = chat_options();
  change(options);
  try {
    make_openai_provider(options);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

TEST(OpenAiApi, AnOptionThatContradictsTheAddressIsRefused) {
  EXPECT_EQ(refusal_of([](OpenAiOptions& o) {
              o.api = Api::responses;
              o.base_url = "https://server.test/v1/chat/completions";
            }),
            "OpenAiOptions::api is responses, but base_url ends with /chat/completions; leave out "
            "one of them");
  EXPECT_THAT(refusal_of([](OpenAiOptions& o) {
                o.api = Api::chat;
                o.base_url = "https://server.test/responses";
              }),
              HasSubstr("OpenAiOptions::api is chat, but base_url ends with /responses"));
}

TEST(OpenAiApi, AnEffortIsAWord) {
  EXPECT_EQ(refusal_of([](OpenAiOptions& o) { o.effort = "minimal"; }), "");
  for (const char* effort : {"High", "very high", "5", "\"", "aaaaaaaaaaaaaaaaa"}) {
    EXPECT_THAT(refusal_of([&](OpenAiOptions& o) { o.effort = effort; }),
                HasSubstr("OpenAiOptions::effort is no effort; there are none, minimal, low"));
  }
}

TEST(OpenAiApi, ChatCompletionsGetTheEffortToo) {
  const std::string chunk = "data: {\"choices\":[{\"finish_reason\":\"stop\"}]}\n\n";
  OpenAiOptions options = chat_options();
  options.effort = "low";
  ChatSetup setup(body(chunk), options);
  const ModelRequest request = request_for(question);
  ask(setup, request);
  EXPECT_THAT(setup.server.requests.at(0).body, HasSubstr(R"("reasoning_effort":"low")"));
  ChatSetup without(body(chunk));
  ask(without, request);
  EXPECT_THAT(without.server.requests.at(0).body, Not(HasSubstr("effort")));
}

}  // namespace
}  // namespace strandbus::test
