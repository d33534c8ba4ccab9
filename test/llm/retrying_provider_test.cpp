#include "strandbus/llm/retrying_provider.hpp"

#include "agent/agent_fixture.hpp"
#include "llm/attempt_log.hpp"

#include <gmock/gmock.h>

#include <chrono>

namespace strandbus::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

/// Options that do not wait but write down for how long they would have.
RetryOptions without_waiting(std::vector<std::chrono::milliseconds>& waits) {
  RetryOptions options;
  options.random = [] { return 0.0; };
  options.wait = [&waits](std::chrono::milliseconds delay) -> asio::awaitable<void> {
    waits.push_back(delay);
    co_return;
  };
  return options;
}

struct RetrySetup {
  explicit RetrySetup(std::vector<PlayedProvider::Answer> answers, RetryOptions options = {})
      : played(std::make_shared<PlayedProvider>(std::move(answers))) {
    RetryOptions used = without_waiting(waits);
    used.max_retries = options.max_retries;
    used.after_delta = options.after_delta;
    provider = std::make_unique<RetryingProvider>(played, std::move(used));
  }

  Completion run() {
    const ModelRequest request = request_for(conversation);
    return complete(*provider, request, sink);
  }

  const std::vector<Message> conversation{user_says("hi")};
  std::vector<std::chrono::milliseconds> waits;
  std::shared_ptr<PlayedProvider> played;
  std::unique_ptr<RetryingProvider> provider;
  AttemptLog sink;
};

TEST(RetryingProvider, LooksLikeTheProviderInside) {
  RetrySetup setup({says("hi")});
  EXPECT_EQ(setup.provider->name(), "played");
  EXPECT_EQ(setup.provider->model(), "played-1");
  EXPECT_EQ(setup.run().response.value().content, "hi");
  EXPECT_THAT(setup.sink.lines, ElementsAre("text hi"));
}

TEST(RetryingProvider, TriesAgainAndTellsTheSink) {
  RetrySetup setup({breaks(ErrorCode::server_error), breaks(ErrorCode::network), says("hi")});
  EXPECT_EQ(setup.run().response.value().content, "hi");
  EXPECT_THAT(
      setup.sink.lines,
      ElementsAre("failed it broke", "retry 2 of 3 in 500 ms: it broke, server_error, played",
                  "started played played-1", "failed it broke",
                  "retry 3 of 3 in 1000 ms: it broke, network, played", "started played played-1",
                  "text hi"));
  EXPECT_THAT(setup.waits, ElementsAre(500ms, 1s));
}

TEST(RetryingProvider, TheLastFailureIsThrownAndNotReported) {
  RetrySetup setup(
      {breaks(ErrorCode::network), breaks(ErrorCode::network), breaks(ErrorCode::rate_limit)});
  EXPECT_EQ(setup.run().error().code(), ErrorCode::rate_limit);
  EXPECT_EQ(setup.sink.lines.size(), 6U);
  EXPECT_EQ(setup.played->requests.size(), 3U);
}

TEST(RetryingProvider, AFinalFailureIsThrownAtOnce) {
  RetrySetup setup({breaks(ErrorCode::authentication)});
  EXPECT_EQ(setup.run().error().code(), ErrorCode::authentication);
  EXPECT_THAT(setup.sink.lines, IsEmpty());
}

TEST(RetryingProvider, WaitsAsLongAsTheServerAsks) {
  RetrySetup setup({breaks(ErrorCode::rate_limit, 7s), says("hi")});
  EXPECT_TRUE(setup.run().response);
  EXPECT_THAT(setup.waits, ElementsAre(7s));
}

TEST(RetryingProvider, DoesNotWaitForMinutes) {
  RetrySetup setup({breaks(ErrorCode::rate_limit, 10min)});
  EXPECT_EQ(setup.run().error().retry_after(), 10min);
  EXPECT_THAT(setup.waits, IsEmpty());
}

TEST(RetryingProvider, AfterTheFirstPieceAFailureIsFinal) {
  RetrySetup setup({fails(ErrorCode::interrupted, "cut off")});
  EXPECT_STREQ(setup.run().error().what(), "cut off");
  EXPECT_THAT(setup.sink.lines, ElementsAre("text so far"));
}

TEST(RetryingProvider, MayTryAgainAfterTheFirstPieceWhenAllowed) {
  RetrySetup setup({fails(ErrorCode::interrupted, "cut off"), says("hi")},
                   {.after_delta = RetryOptions::AfterDelta::retry});
  EXPECT_EQ(setup.run().response.value().content, "hi");
  EXPECT_THAT(setup.sink.lines, ElementsAre("text so far", "failed cut off",
                                            "retry 2 of 3 in 500 ms: cut off, interrupted, played",
                                            "started played played-1", "text hi"));
}

TEST(RetryingProvider, APieceOfAnEarlierAttemptDoesNotCount) {
  RetrySetup setup(
      {fails(ErrorCode::interrupted, "cut off"), breaks(ErrorCode::network), says("hi")},
      {.after_delta = RetryOptions::AfterDelta::retry});
  EXPECT_TRUE(setup.run().response);
}

TEST(RetryingProvider, OtherExceptionsPassThrough) {
  RetrySetup setup({[](const ModelRequest&, DeltaSink&) -> asio::awaitable<ModelResponse> {
    throw std::logic_error("a bug");
    co_return ModelResponse();
  }});
  const Completion completion = setup.run();
  EXPECT_THROW(std::rethrow_exception(completion.exception), std::logic_error);
  EXPECT_THAT(setup.waits, IsEmpty());
}

TEST(RetryingProvider, CancelEndsTheDelayAtOnce) {
  const auto played =
      std::make_shared<PlayedProvider>(std::vector{breaks(ErrorCode::rate_limit, 100s)});
  RetryingProvider provider(played);
  asio::io_context context;
  asio::cancellation_signal signal;
  Completion completion;
  AttemptLog sink;
  const std::vector<Message> conversation{user_says("hi")};
  const ModelRequest request = request_for(conversation);
  start(context, provider, request, sink, completion, signal);
  context.poll();
  EXPECT_EQ(sink.lines.size(), 2U);
  EXPECT_FALSE(completion.done);
  signal.emit(asio::cancellation_type::terminal);
  context.run();
  EXPECT_TRUE(completion.aborted());
  EXPECT_EQ(sink.lines.size(), 2U) << "no further attempt begins";
}

TEST(RetryingProvider, WaitsWithARealTimerToo) {
  const auto played =
      std::make_shared<PlayedProvider>(std::vector{breaks(ErrorCode::rate_limit, 1ms), says("hi")});
  RetryingProvider provider(played);
  RecordingSink sink;
  const std::vector<Message> conversation{user_says("hi")};
  const ModelRequest request = request_for(conversation);
  EXPECT_TRUE(complete(provider, request, sink).response);
}

TEST(RetryingProvider, AroundAnotherOneBothCount) {
  std::vector<std::chrono::milliseconds> waits;
  const auto played = std::make_shared<PlayedProvider>(
      std::vector{breaks(ErrorCode::network), breaks(ErrorCode::network),
                  breaks(ErrorCode::network), says("hi")});
  RetryOptions one = without_waiting(waits);
  one.max_retries = 1;
  RetryingProvider outer(std::make_shared<RetryingProvider>(played, one), one);
  AttemptLog sink;
  const std::vector<Message> conversation{user_says("hi")};
  const ModelRequest request = request_for(conversation);
  EXPECT_TRUE(complete(outer, request, sink).response);
  EXPECT_EQ(waits.size(), 3U);
}

TEST(RetryingProvider, NoAttemptBeginsAfterTheWholeTime) {
  std::vector<std::chrono::milliseconds> waits;
  const auto played = std::make_shared<PlayedProvider>(
      std::vector{breaks(ErrorCode::network), breaks(ErrorCode::network), says("late")});
  RetryOptions options = without_waiting(waits);
  options.max_total = 2s;
  std::chrono::steady_clock::time_point now{};
  options.now = [&now] { return now += 1200ms; };
  RetryingProvider provider(played, options);
  RecordingSink sink;
  const std::vector<Message> conversation{user_says("hi")};
  const ModelRequest request = request_for(conversation);
  // The first attempt failed after 1.2 s, and 0.5 s of waiting fit; the second after 2.4 s.
  EXPECT_EQ(complete(provider, request, sink).error().code(), ErrorCode::network);
  EXPECT_THAT(waits, ElementsAre(500ms));
}

TEST(RetryingProvider, ImpossibleOptionsAreRefused) {
  const auto played = std::make_shared<PlayedProvider>(std::vector{says("hi")});
  EXPECT_THROW(RetryingProvider(played, {.max_retries = -1}), std::invalid_argument);
  EXPECT_THROW(RetryingProvider(played, {.max_total = -1ms}), std::invalid_argument);
  EXPECT_THROW(RetryingProvider(nullptr), std::invalid_argument);
}

class RetryingAgent : public AgentTest {};

TEST_F(RetryingAgent, ARetryIsPartOfOneRun) {
  std::vector<std::chrono::milliseconds> waits;
  const auto played = std::make_shared<PlayedProvider>(
      std::vector{fails(ErrorCode::interrupted, "cut off"), says("hello")});
  RetryOptions options = without_waiting(waits);
  options.after_delta = RetryOptions::AfterDelta::retry;
  start(std::make_shared<RetryingProvider>(played, options));
  process("hi");
  EXPECT_THAT(faults(events_), IsEmpty());
  EXPECT_EQ(all<Retry>().at(0).attempt, 2);
  EXPECT_EQ(all<MessageDiscarded>().size(), 1U);
  EXPECT_EQ(all<ModelStarted>().at(1).attempt, 2);
  EXPECT_EQ(all<RunCompleted>().size(), 1U);
  EXPECT_EQ(result_.llm_calls, 2);
}

}  // namespace
}  // namespace strandbus::test
