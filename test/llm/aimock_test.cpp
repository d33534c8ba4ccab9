#include "llm/aimock_fixture.hpp"
#include "strandbus/llm/openai_provider.hpp"
#include "strandbus/llm/retrying_provider.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <memory>

namespace strandbus::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

class Aimock : public AimockTest {
 protected:
  static OpenAiOptions options() {
    OpenAiOptions options;
    options.base_url = server_->base_url();
    options.model = "gpt-4o";
    options.api_key = "sk-test-not-checked";
    return options;
  }

  using AimockTest::ask;
  Completion ask(const std::string& text) {
    const auto provider = make_openai_provider(options());
    return AimockTest::ask(text, *provider);
  }
};

TEST_F(Aimock, StreamsATextWithItsUsage) {
  const ModelResponse answer = answer_of(ask("say hello"));
  EXPECT_EQ(answer.content, "Hello there, Grüße u. 😀!");
  EXPECT_EQ(answer.finish_reason, FinishReason::stop);
  EXPECT_EQ(answer.usage.total, 18);
  EXPECT_EQ(answer.model, "gpt-4o");
  EXPECT_THAT(answer.response_id, HasSubstr("chatcmpl-"));
}

TEST_F(Aimock, HalvesOfACharacterCostNoAnswer) {
  EXPECT_EQ(answer_of(ask("split a character")).content, "\uFFFD\uFFFD");
}

TEST_F(Aimock, StreamsReasoningBesideTheText) {
  const ModelResponse answer = answer_of(ask("think"));
  EXPECT_EQ(answer.reasoning, "First I think about it.");
  EXPECT_EQ(answer.content, "42");
}

TEST_F(Aimock, CallsAToolAndTakesItsResult) {
  const auto provider = make_openai_provider(options());
  const ModelResponse call = answer_of(ask("what is the weather", *provider));
  EXPECT_EQ(call.content, "Let me look.");
  EXPECT_EQ(call.finish_reason, FinishReason::tool_calls);
  EXPECT_THAT(calls_of(call), ElementsAre(R"(call_weather weather {"city":"Köln","days":2})"));

  Message said = model_calls("call_weather", "weather");
  said.content = call.content;
  said.tool_calls = call.tool_calls;
  conversation_.push_back(said);
  conversation_.push_back(tool_says("call_weather", "rain"));
  EXPECT_EQ(answer_of(ask(*provider)).content, "It rains in Köln.");
}

TEST_F(Aimock, CallsTwoToolsAtOnce) {
  const ModelResponse answer = answer_of(ask("look twice"));
  EXPECT_THAT(calls_of(answer), ElementsAre(R"(call_one weather {"city":"Rom"})",
                                            R"(call_two calculator {"expr":"2+2"})"));
}

TEST_F(Aimock, AnAnswerWithoutUsageHasNone) {
  OpenAiOptions quiet = options();
  quiet.stream_usage = OpenAiOptions::StreamUsage::do_not_ask;
  const auto provider = make_openai_provider(quiet);
  const ModelResponse answer = answer_of(ask("say hello", *provider));
  EXPECT_EQ(answer.usage.total, 0);
  EXPECT_EQ(sink_->usages, 0);
}

TEST_F(Aimock, AnAnswerThatIsNotStreamedIsUnderstood) {
  const auto provider = make_openai_provider(options());
  conversation_ = {user_says("what is the weather")};
  ModelRequest request = request_for(conversation_);
  request.parameters = {{"stream", false}, {"stream_options", nullptr}};
  const ModelResponse answer = answer_of(ask(*provider, request));
  EXPECT_EQ(answer.content, "Let me look.");
  EXPECT_THAT(calls_of(answer), ElementsAre(R"(call_weather weather {"city":"Köln","days":2})"));
}

TEST_F(Aimock, WaitsAsLongAsTheServerAsksAndTriesAgain) {
  std::vector<std::chrono::milliseconds> waits;
  RetryOptions retry;
  retry.wait = [&waits](std::chrono::milliseconds delay) -> asio::awaitable<void> {
    waits.push_back(delay);
    co_return;
  };
  RetryingProvider provider(make_openai_provider(options()), retry);
  EXPECT_EQ(answer_of(ask("too often", provider)).content, "Now it works.");
  EXPECT_THAT(waits, ElementsAre(1s));
}

TEST_F(Aimock, WithoutCreditTryingAgainDoesNotHelp) {
  const ProviderError error = ask("no credit").error();
  EXPECT_EQ(error.code(), ErrorCode::rate_limit);
  EXPECT_FALSE(error.retryable());
  EXPECT_THAT(error.what(), HasSubstr("Quota exceeded"));
}

TEST_F(Aimock, AFailureOfTheServerIsOne) {
  const ProviderError error = ask("break").error();
  EXPECT_EQ(error.code(), ErrorCode::server_error);
  EXPECT_EQ(error.http_status(), 500);
  EXPECT_THAT(error.what(), HasSubstr("It broke"));
  EXPECT_THAT(error.what(), HasSubstr("request id req"));
}

TEST_F(Aimock, ARequestThatItDoesNotKnowIsRefused) {
  EXPECT_EQ(ask("something else").error().code(), ErrorCode::invalid_request);
}

TEST_F(Aimock, AnAnswerThatIsCutOffIsInterrupted) {
  const ProviderError error = ask("cut off").error();
  EXPECT_EQ(error.code(), ErrorCode::interrupted);
  EXPECT_TRUE(error.retryable());
  EXPECT_EQ(sink_->text, "This ");
}

TEST_F(Aimock, AServerThatHangsUpIsAFailureOfTheNetwork) {
  const ProviderError error = ask("hang up at once").error();
  EXPECT_TRUE(error.code() == ErrorCode::network || error.code() == ErrorCode::interrupted);
  EXPECT_TRUE(error.retryable());
}

TEST_F(Aimock, AServerThatFallsSilentIsLeft) {
  OpenAiOptions impatient = options();
  impatient.silence_timeout = 300ms;
  const auto provider = make_openai_provider(impatient);
  const ProviderError error = ask("be slow", *provider).error();
  EXPECT_EQ(error.code(), ErrorCode::interrupted);
  EXPECT_THAT(error.what(), HasSubstr("sent nothing of the answer for 0.3 s"));
}

TEST_F(Aimock, AServerThatNeverBeginsIsLeft) {
  OpenAiOptions impatient = options();
  impatient.connect_timeout = 1s;
  impatient.first_event_timeout = 1ms;
  const auto provider = make_openai_provider(impatient);
  EXPECT_EQ(ask("be very slow", *provider).error().code(), ErrorCode::network);
}

TEST_F(Aimock, CancelClosesTheConnection) {
  const auto provider = make_openai_provider(options());
  EXPECT_TRUE(cancel("count", *provider).aborted());
}

}  // namespace
}  // namespace strandbus::test
