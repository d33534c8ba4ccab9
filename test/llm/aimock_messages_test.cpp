#include "llm/aimock_fixture.hpp"
#include "strandbus/llm/anthropic_provider.hpp"
#include "strandbus/llm/retrying_provider.hpp"

#include <gmock/gmock.h>

#include <chrono>

namespace strandbus::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

class AimockMessages : public AimockTest {
 protected:
  static AnthropicOptions options() {
    AnthropicOptions options;
    options.base_url = server_->base_url();
    options.model = "claude-haiku-4-5";
    options.api_key = "sk-test-not-checked";
    return options;
  }

  using AimockTest::ask;
  Completion ask(const std::string& text) {
    const auto provider = make_anthropic_provider(options());
    return ask(text, *provider);
  }
};

TEST_F(AimockMessages, StreamsATextWithItsUsage) {
  const ModelResponse answer = answer_of(ask("say hello"));
  EXPECT_EQ(answer.content, "Hello there, Grüße u. 😀!");
  EXPECT_EQ(answer.finish_reason, FinishReason::stop);
  EXPECT_EQ(answer.usage.total, 18);
  EXPECT_EQ(answer.model, "claude-haiku-4-5");
  EXPECT_THAT(answer.response_id, HasSubstr("msg_"));
}

TEST_F(AimockMessages, StreamsReasoningBesideTheText) {
  const ModelResponse answer = answer_of(ask("think"));
  EXPECT_EQ(answer.reasoning, "First I think about it.");
  EXPECT_EQ(answer.content, "42");
}

TEST_F(AimockMessages, CallsAToolAndTakesItsResult) {
  const auto provider = make_anthropic_provider(options());
  const ModelResponse call = answer_of(ask("what is the weather", *provider));
  EXPECT_EQ(call.content, "Let me look.");
  EXPECT_EQ(call.finish_reason, FinishReason::tool_calls);
  EXPECT_THAT(calls_of(call), ElementsAre(R"(call_weather weather {"city":"Köln","days":2})"));

  Message said = model_calls("call_weather", "weather");
  said.content = call.content;
  said.tool_calls = call.tool_calls;
  said.provider_data = call.provider_data;
  conversation_.push_back(said);
  conversation_.push_back(tool_says("call_weather", "rain"));
  EXPECT_EQ(answer_of(ask(*provider)).content, "It rains in Köln.");
}

TEST_F(AimockMessages, CallsTwoToolsAtOnce) {
  const ModelResponse answer = answer_of(ask("look twice"));
  EXPECT_THAT(calls_of(answer), ElementsAre(R"(call_one weather {"city":"Rom"})",
                                            R"(call_two calculator {"expr":"2+2"})"));
}

TEST_F(AimockMessages, AnAnswerThatIsNotStreamedIsUnderstood) {
  const auto provider = make_anthropic_provider(options());
  conversation_ = {user_says("what is the weather")};
  ModelRequest request = request_for(conversation_);
  request.parameters = {{"stream", false}};
  RecordingSink sink;
  Completion completion;
  asio::cancellation_signal signal;
  start(context_, *provider, request, sink, completion, signal);
  context_.run();
  const ModelResponse answer = answer_of(completion);
  EXPECT_EQ(answer.content, "Let me look.");
  EXPECT_THAT(calls_of(answer), ElementsAre(R"(call_weather weather {"city":"Köln","days":2})"));
}

TEST_F(AimockMessages, WaitsAsLongAsTheServerAsksAndTriesAgain) {
  std::vector<std::chrono::milliseconds> waits;
  RetryOptions retry;
  retry.wait = [&waits](std::chrono::milliseconds delay) -> asio::awaitable<void> {
    waits.push_back(delay);
    co_return;
  };
  RetryingProvider provider(make_anthropic_provider(options()), retry);
  EXPECT_EQ(answer_of(ask("too often", provider)).content, "Now it works.");
  EXPECT_THAT(waits, ElementsAre(1s));
}

TEST_F(AimockMessages, AFailureOfTheServerIsOne) {
  const ProviderError error = ask("break").error();
  EXPECT_EQ(error.code(), ErrorCode::server_error);
  EXPECT_EQ(error.http_status(), 500);
  EXPECT_THAT(error.what(), HasSubstr("It broke"));
}

TEST_F(AimockMessages, AnAnswerThatIsCutOffIsInterrupted) {
  const ProviderError error = ask("cut off").error();
  EXPECT_EQ(error.code(), ErrorCode::interrupted);
  EXPECT_TRUE(error.retryable());
}

TEST_F(AimockMessages, AServerThatFallsSilentIsLeft) {
  AnthropicOptions impatient = options();
  impatient.silence_timeout = 300ms;
  const auto provider = make_anthropic_provider(impatient);
  const ProviderError error = ask("be slow", *provider).error();
  EXPECT_EQ(error.code(), ErrorCode::interrupted);
  EXPECT_THAT(error.what(), HasSubstr("sent nothing of the answer for 0.3 s"));
}

TEST_F(AimockMessages, AServerThatNeverBeginsIsLeft) {
  AnthropicOptions impatient = options();
  impatient.connect_timeout = 1s;
  impatient.first_event_timeout = 1ms;
  const auto provider = make_anthropic_provider(impatient);
  EXPECT_EQ(ask("be very slow", *provider).error().code(), ErrorCode::network);
}

TEST_F(AimockMessages, CancelClosesTheConnection) {
  const auto provider = make_anthropic_provider(options());
  asio::cancellation_signal signal;
  Completion completion;
  RecordingSink sink;
  conversation_ = {user_says("count")};
  const ModelRequest request = request_for(conversation_);
  start(context_, *provider, request, sink, completion, signal);
  while (sink.lines.size() < 2 && !completion.done) context_.run_one();
  signal.emit(asio::cancellation_type::terminal);
  context_.run();
  EXPECT_TRUE(completion.aborted());
}

}  // namespace
}  // namespace strandbus::test
