#include "llm/messages_provider.hpp"

#include "llm/messages_fixture.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <functional>

namespace strandbus::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

using End = FakeAnswer::End;
using Thinking = AnthropicOptions::Thinking;

const std::vector<Message> question{user_says("hello")};
const std::string hello = message_start() + text_block(0, "hello");
const std::string ends = message_end();

ModelResponse answered(MessagesSetup& setup) {
  const ModelRequest request = request_for(question);
  Outcome outcome = ask(setup, request);
  EXPECT_THAT(outcome.faults, IsEmpty());
  if (!outcome.answer) throw std::runtime_error(outcome.error->what());
  return std::move(*outcome.answer);
}

ProviderError failed(MessagesSetup& setup) {
  const ModelRequest request = request_for(question);
  const Outcome outcome = ask(setup, request);
  EXPECT_THAT(outcome.faults, IsEmpty());
  if (outcome.answer) throw std::runtime_error("it answered: " + outcome.answer->content);
  return *outcome.error;
}

json::value sent(const MessagesSetup& setup, std::size_t number = 0) {
  return parse_json(setup.server.requests.at(number).body).value();
}

// --- what is sent -------------------------------------------------------------------------------

std::vector<std::string> headers_of(const MessagesSetup& setup) {
  std::vector<std::string> headers;
  for (const detail::HttpHeader& header : setup.server.requests.at(0).headers)
    headers.push_back(header.name + ": " + header.value);
  return headers;
}

TEST(MessagesProvider, SendsTheRequestToTheServer) {
  AnthropicOptions options = messages_options();
  options.headers = {{"anthropic-beta", "some-feature"}};
  MessagesSetup setup(body(hello + ends), options);
  EXPECT_EQ(setup.provider.name(), "anthropic");
  EXPECT_EQ(setup.provider.model(), "claude-haiku-4-5");
  EXPECT_EQ(answered(setup).content, "hello");
  EXPECT_EQ(setup.server.requests.at(0).method, "POST");
  EXPECT_EQ(setup.server.requests.at(0).url.target, "/v1/messages");
  EXPECT_EQ(sent(setup).at("model"), "claude-haiku-4-5");
  EXPECT_THAT(
      headers_of(setup),
      ElementsAre("Content-Type: application/json", "Accept: text/event-stream, application/json",
                  "anthropic-version: 2023-06-01", std::string("x-api-key: ") + secret_key,
                  "anthropic-beta: some-feature"));
}

TEST(MessagesProvider, WithoutAKeySendsNone) {
  AnthropicOptions options = messages_options();
  options.api_key.clear();
  MessagesSetup setup(body(hello + ends), options);
  answered(setup);
  EXPECT_EQ(headers_of(setup).size(), 3U);
}

std::string target_for(const std::string& base_url) {
  AnthropicOptions options = messages_options();
  options.base_url = base_url;
  MessagesSetup setup(body(hello + ends), options);
  answered(setup);
  return setup.server.requests.at(0).url.target;
}

TEST(MessagesProvider, PutsThePathBehindThatOfTheBaseUrl) {
  EXPECT_EQ(target_for("https://a.test"), "/v1/messages");
  EXPECT_EQ(target_for("https://a.test/v1/"), "/v1/messages");
  EXPECT_EQ(target_for("https://a.test/v1/messages"), "/v1/messages");
  EXPECT_EQ(target_for("http://127.0.0.1:8080/anthropic"), "/anthropic/v1/messages");
  EXPECT_EQ(target_for("https://a.test/x/v1?key=1"), "/x/v1/messages?key=1");
}

TEST(MessagesProvider, AsksAsTheOptionsSay) {
  AnthropicOptions options = messages_options();
  options.max_tokens = 5000;
  options.thinking = Thinking::budget;
  options.thinking_budget = 1024;
  MessagesSetup setup(body(hello + ends), options);
  answered(setup);
  EXPECT_EQ(sent(setup).at("max_tokens"), 5000);
  EXPECT_EQ(sent(setup).at("thinking").at("budget_tokens"), 1024);
}

TEST(MessagesProvider, SendsThinkingBackThatItsServerSent) {
  MessagesSetup setup(
      {body(message_start() + block_start(0, R"({"type":"thinking","thinking":"Hm."})") +
            block_delta(0, R"({"type":"signature_delta","signature":"sig"})") + block_stop(0) +
            call_block(1, "toolu_1", "look", "{}") + message_end("tool_use")),
       body(hello + ends)},
      messages_options());
  ModelResponse first = answered(setup);
  Message said;
  said.role = Role::assistant;
  said.content = first.content;
  said.tool_calls = first.tool_calls;
  said.provider_data = first.provider_data;
  const std::vector<Message> conversation{user_says("hello"), said, tool_says("toolu_1", "seen")};
  const ModelRequest request = request_for(conversation);
  EXPECT_TRUE(ask(setup, request).answer);
  EXPECT_EQ(sent(setup, 1).at("messages").at(1).at("content").at(0),
            parse_json(R"({"type":"thinking","thinking":"Hm.","signature":"sig"})").value());
}

// --- what comes back ----------------------------------------------------------------------------

TEST(MessagesProvider, AStructuredAnswerIsItsText) {
  MessagesSetup setup(body(message_start() + call_block(0, "toolu_1", "answer", R"({"a":1})") +
                           message_end("tool_use")));
  ModelRequest request = request_for(question);
  request.response_schema = json::object{{"type", "object"}};
  const Outcome outcome = ask(setup, request);
  EXPECT_THAT(outcome.faults, IsEmpty());
  EXPECT_EQ(outcome.answer.value().content, R"({"a":1})");
}

TEST(MessagesProvider, AFailedStatusIsTheServersFailure) {
  FakeAnswer answer =
      status(529, R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})");
  answer.headers = {{"retry-after", "3"}, {"request-id", "req_9"}};
  MessagesSetup setup(answer);
  const ProviderError error = failed(setup);
  EXPECT_EQ(error.code(), ErrorCode::server_error);
  EXPECT_TRUE(error.retryable());
  EXPECT_EQ(error.retry_after(), 3s);
  EXPECT_STREQ(error.what(),
               "server.test failed (HTTP 529): Overloaded; try again later (request id req_9)");
}

TEST(MessagesProvider, TheUsageOfACancelledRequestIsKnown) {
  FakeAnswer answer = body(hello);
  answer.end = End::hangs;
  MessagesSetup setup(answer);
  asio::io_context context;
  asio::cancellation_signal signal;
  Completion completion;
  RecordingSink sink;
  const ModelRequest request = request_for(question);
  start(context, setup.provider, request, sink, completion, signal);
  context.poll();
  signal.emit(asio::cancellation_type::terminal);
  context.run();
  EXPECT_TRUE(completion.aborted());
  EXPECT_THAT(sink.lines, ElementsAre("usage 5+1=6", "text hello"));
  EXPECT_EQ(setup.server.open, 0);
}

// --- pauses -------------------------------------------------------------------------------------

const std::string searches =
    message_start() + text_block(0, "I search.") +
    block_start(1, R"({"type":"server_tool_use","id":"srv_1","name":"web_search","input":{}})") +
    block_stop(1) + message_end("pause_turn");

TEST(MessagesProvider, ATurnThatTheServerPausesIsSentBackToGoOn) {
  MessagesSetup setup({body(searches), body(message_start() + text_block(0, " Found.") + ends)});
  const ModelResponse answer = answered(setup);
  EXPECT_EQ(answer.content, "I search. Found.");
  EXPECT_EQ(answer.usage.total, 24) << "of both exchanges";
  ASSERT_EQ(setup.server.requests.size(), 2U);
  EXPECT_EQ(sent(setup, 1).at("messages"), parse_json(R"([
    {"role":"user","content":[{"type":"text","text":"hello"}]},
    {"role":"assistant","content":[{"type":"text","text":"I search."},
      {"type":"server_tool_use","id":"srv_1","name":"web_search","input":{}}]}])")
                                               .value());
}

TEST(MessagesProvider, ATurnThatIsPausedAgainAndAgainIsLeft) {
  AnthropicOptions options = messages_options();
  options.max_pauses = 2;
  MessagesSetup setup(body(searches), options);
  const ProviderError error = failed(setup);
  EXPECT_EQ(error.code(), ErrorCode::interrupted);
  EXPECT_FALSE(error.retryable());
  EXPECT_STREQ(error.what(),
               "server.test paused the turn 3 times; ask for less, or raise max_pauses");
  EXPECT_EQ(setup.server.requests.size(), 3U);
  // Each time with all that was said so far.
  EXPECT_EQ(sent(setup, 2).at("messages").at(1).at("content").as_array().size(), 4U);
}

TEST(MessagesProvider, AFailureAfterAPauseIsTheRequests) {
  MessagesSetup setup({body(searches), body(message_start())});
  EXPECT_EQ(failed(setup).code(), ErrorCode::interrupted);
}

/// Cancels after `steps` handlers; true if the request had not ended before.
bool cancel_after(const std::vector<FakeAnswer>& answers, int steps) {
  MessagesSetup setup(answers);
  asio::io_context context;
  asio::cancellation_signal signal;
  Completion completion;
  RecordingSink sink;
  const ModelRequest request = request_for(question);
  start(context, setup.provider, request, sink, completion, signal);
  for (int i = 0; i < steps && !completion.done; ++i) context.poll_one();
  if (completion.done) return false;
  signal.emit(asio::cancellation_type::terminal);
  context.run();
  EXPECT_TRUE(completion.aborted() || completion.response) << "after " << steps;
  EXPECT_EQ(setup.server.open, 0);
  return true;
}

TEST(MessagesProvider, CancelAtAnyStepClosesTheConnection) {
  FakeAnswer hangs = body(hello);
  hangs.end = End::hangs;
  for (const FakeAnswer& last : {hangs, body(hello + ends)}) {
    int steps = 0;
    while (steps < 100 && cancel_after({body(searches), last}, steps)) ++steps;
    EXPECT_GT(steps, 6);
  }
}

// --- options ------------------------------------------------------------------------------------

std::string refusal_of(const std::function<void(AnthropicOptions&)>& change) {
  AnthropicOptions options = messages_options();
  change(options);
  try {
    (void)make_anthropic_provider(options);
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(), Not(HasSubstr("0123456789ab"))) << "the key";
    return error.what();
  }
  return "";
}

TEST(AnthropicOptions, TheDefaultsAreGood) {
  EXPECT_EQ(make_anthropic_provider()->name(), "anthropic");
  EXPECT_EQ(refusal_of([](AnthropicOptions&) {}), "");
  EXPECT_EQ(refusal_of([](AnthropicOptions& o) { o.thinking = Thinking::budget; }), "");
  EXPECT_EQ(refusal_of([](AnthropicOptions& o) { o.thinking_budget = 0; }), "") << "not used";
}

TEST(AnthropicOptions, ImpossibleOnesAreRefusedByName) {
  EXPECT_THAT(refusal_of([](AnthropicOptions& o) { o.base_url = "http://server.test"; }),
              HasSubstr("AnthropicOptions::base_url is 'http://server.test': plain http"));
  EXPECT_THAT(refusal_of([](AnthropicOptions& o) { o.model = ""; }),
              HasSubstr("AnthropicOptions::model is empty"));
  EXPECT_THAT(refusal_of([](AnthropicOptions& o) { o.api_key += "\n"; }),
              HasSubstr("AnthropicOptions::api_key holds a space, a line break"));
  EXPECT_THAT(refusal_of([](AnthropicOptions& o) { o.version = "2023\r\nX: y"; }),
              HasSubstr("AnthropicOptions::version"));
  EXPECT_EQ(refusal_of([](AnthropicOptions& o) { o.max_tokens = 0; }),
            "AnthropicOptions::max_tokens is 0; 1 to 100000000 are allowed");
  EXPECT_EQ(refusal_of([](AnthropicOptions& o) { o.max_pauses = -1; }),
            "AnthropicOptions::max_pauses is -1; 0 to 100 are allowed");
  for (const std::int64_t budget : {std::int64_t{1023}, std::int64_t{8192}}) {
    EXPECT_EQ(refusal_of([budget](AnthropicOptions& o) {
                o.thinking = Thinking::budget;
                o.thinking_budget = budget;
              }),
              "AnthropicOptions::thinking_budget is " + std::to_string(budget) +
                  "; 1024 to 8191 are allowed");
  }
  EXPECT_EQ(refusal_of([](AnthropicOptions& o) { o.silence_timeout = 0ms; }),
            "AnthropicOptions::silence_timeout is 0 ms; more than 0 and at most 24 hours are "
            "allowed");
}

}  // namespace
}  // namespace strandbus::test
