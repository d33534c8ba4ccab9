// A1, A2, A3, A7: the order of events, one terminal event on every path, an end for every start.
#include "agent_fixture.hpp"
#include "strandbus/tools/calculator.hpp"

#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <gmock/gmock.h>

namespace strandbus::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class AgentRun : public AgentTest {};

TEST_F(AgentRun, FollowsTheGoldenOrder) {
  tools_.add(make_calculator());
  start(std::make_shared<ScriptedProvider>(
      default_script(), ScriptedOptions{.delays = ScriptedOptions::Delays::none}));

  const RunResult result = process("Calculate 2+2");

  auto names = types();
  const auto last = std::unique(names.begin(), names.end(), [](const auto& a, const auto& b) {
    return a == b && (a == "tool_call_delta" || a == "token_delta");
  });
  names.erase(last, names.end());
  EXPECT_THAT(
      names, ElementsAre("run_started", "user_message", "message_committed", "turn_started",
                         "context_built", "status_update", "model_started", "token_delta",
                         "tool_call_begin", "tool_call_delta", "tool_call_ready", "model_completed",
                         "message_committed", "tool_call_started", "tool_call_completed",
                         "message_committed", "turn_ended", "turn_started", "context_built",
                         "status_update", "model_started", "token_delta", "model_completed",
                         "message_committed", "assistant_message", "turn_ended", "status_update",
                         "usage_update", "run_completed"));
  EXPECT_THAT(faults(events_), IsEmpty());
  EXPECT_EQ(result.output, "The answer is 4");
  EXPECT_EQ(result.usage.total, 175);
  EXPECT_EQ(result.cost, NanoUsd{350'000});
  EXPECT_EQ(all<AssistantMessage>().at(0).metadata.rounds, 2);
}

TEST_F(AgentRun, NamesSessionRunAgentModelAndTurnInEveryEvent) {
  start({says("hello")}, {.name = "greeter"});
  process("hi");
  for (const StreamEvent& event : events_) {
    EXPECT_EQ(event.session_id(), "s1");
    EXPECT_EQ(event.run_id(), result_.run_id);
    EXPECT_EQ(event.agent(), "greeter");
    EXPECT_EQ(event.model_id(), "played-1");
    EXPECT_NE(event.span_id(), 0u);
  }
  EXPECT_EQ(events_.back().turn(), 0);
  EXPECT_EQ(events_.at(3).turn(), 1);
}

TEST_F(AgentRun, KeepsTheConversationForTheNextMessage) {
  start({says("one"), says("two")});
  process("first");
  process("second");
  ASSERT_EQ(provider_->requests.size(), 2u);
  EXPECT_EQ(provider_->requests[1].size(), 3u);
  EXPECT_EQ(agent_->messages().size(), 4u);
  EXPECT_THAT(faults(events_), IsEmpty());
}

TEST_F(AgentRun, EndsWithRunFailedWhenTheModelFails) {
  start({fails(ErrorCode::rate_limit, "too many requests")});
  const RunResult result = process("hi");
  EXPECT_FALSE(ec_);
  EXPECT_EQ(result.outcome, Outcome::failed);
  EXPECT_EQ(result.error_code, ErrorCode::rate_limit);
  EXPECT_THAT(faults(events_), IsEmpty());
  EXPECT_EQ(all<ModelFailed>().at(0).error, "too many requests");
  EXPECT_EQ(all<TurnEnded>().at(0).stop_reason, FinishReason::error);
  EXPECT_EQ(types().back(), "run_failed");
}

TEST_F(AgentRun, EndsWithRunFailedWhenTheProviderThrowsAnything) {
  start({[](const ModelRequest&, DeltaSink&) -> asio::awaitable<ModelResponse> {
    throw std::logic_error("a bug");
    co_return ModelResponse();
  }});
  process("hi");
  EXPECT_EQ(result_.error, "a bug");
  EXPECT_THAT(faults(events_), IsEmpty());
}

TEST_F(AgentRun, StopsAfterMaxRounds) {
  tools_.add<NoArgs>("noop", "Does nothing", [](NoArgs) { return std::string("done"); });
  start({calls({tool_call("c1", "noop")}), calls({tool_call("c2", "noop")})}, {.max_rounds = 2});
  process("go");
  EXPECT_EQ(result_.error_code, ErrorCode::budget);
  const auto exceeded = all<BudgetExceeded>();
  ASSERT_EQ(exceeded.size(), 1u);
  EXPECT_EQ(exceeded[0].budget, BudgetKind::rounds);
  EXPECT_EQ(exceeded[0].limit, 2);
  EXPECT_THAT(faults(events_), IsEmpty());
  EXPECT_TRUE(valid_for_providers(agent_->messages()));
}

TEST_F(AgentRun, StopsWhenItsTimeIsOver) {
  start({hangs_after("thinking", [] {})}, {.timeout = std::chrono::milliseconds(1)});
  process("go");
  EXPECT_EQ(result_.error_code, ErrorCode::budget);
  EXPECT_EQ(all<BudgetExceeded>().at(0).budget, BudgetKind::wall_time);
  EXPECT_EQ(result_.usage.total, 8);
  EXPECT_THAT(faults(events_), IsEmpty());
}

TEST_F(AgentRun, RefusesASecondMessageMeanwhile) {
  error_code second;
  start({hangs_after("a", [&] {
    agent_->async_process_message("again", [&](error_code ec, RunResult) {
      second = ec;
      agent_->control().cancel();
    });
  })});
  process("go");
  EXPECT_EQ(second, Errc::busy);
  EXPECT_EQ(result_.outcome, Outcome::cancelled);
}

TEST_F(AgentRun, FailsToStartOnAClosedBus) {
  start({says("never")});
  bus_.close();
  process("go");
  EXPECT_EQ(ec_, Errc::closed);
  EXPECT_TRUE(provider_->requests.empty());
}

TEST_F(AgentRun, ShowsOnlyNewMessagesInModelStarted) {
  start({says("one"), says("two")});
  process("first");
  process("second");
  const auto started = all<ModelStarted>();
  ASSERT_EQ(started.size(), 2u);
  EXPECT_EQ(started[0].messages.size(), 1u);
  ASSERT_EQ(started[1].messages.size(), 2u);
  EXPECT_EQ(started[1].messages[0].content, "one");
  EXPECT_EQ(started[1].message_count, 3);
}

TEST_F(AgentRun, ShowsWhatCaptureSays) {
  start({says("one"), says("two")}, {.capture = Capture::full});
  process("first");
  process("second");
  EXPECT_EQ(all<ModelStarted>().at(1).messages.size(), 3u);
  events_.clear();
  start({says("one")}, {.capture = Capture::none});
  process("first");
  EXPECT_TRUE(all<ModelStarted>().at(0).messages.empty());
}

TEST_F(AgentRun, GivesTheSameRequestTheSameDigest) {
  start({says("one")});
  process("first");
  start({says("one")});
  process("first");
  start({says("one")});
  process("other");
  const auto started = all<ModelStarted>();
  EXPECT_EQ(started.at(0).request_digest.size(), 64u);
  EXPECT_EQ(started[0].request_digest, started[1].request_digest);
  EXPECT_NE(started[0].request_digest, started[2].request_digest);
}

TEST_F(AgentRun, WorksOnAPoolAndOnAStrand) {
  asio::thread_pool pool(2);
  for (const asio::any_io_executor& executor : {asio::any_io_executor(pool.get_executor()),
                                                asio::any_io_executor(asio::make_strand(io_))}) {
    Agent agent(executor, std::make_shared<PlayedProvider>(std::vector{says("one")}), tools_,
                bus_.publisher(RunContext{.session_id = "s1"}));
    auto result = agent.async_process_message("first", asio::use_future);
    io_.restart();
    io_.run();
    EXPECT_EQ(result.get().output, "one");
  }
}

TEST_F(AgentRun, HasNoCostWhenAPriceIsUnknown) {
  start({says("one")});
  process("first");
  EXPECT_FALSE(result_.cost);
  EXPECT_FALSE(all<RunCompleted>().at(0).cost);
}

TEST_F(AgentRun, PublishesTheSameToACallable) {
  std::vector<StreamEvent> got;
  Agent agent(io_.get_executor(), std::make_shared<PlayedProvider>(std::vector{says("hello")}),
              ToolRegistry(),
              Publisher(RunContext{.session_id = "s2"},
                        [&](const StreamEvent& event) { got.push_back(event); }));
  agent.async_process_message("hi", [](error_code, RunResult) {});
  io_.run();
  EXPECT_THAT(faults(got), IsEmpty());
  ASSERT_FALSE(got.empty());
  EXPECT_TRUE(got.back().is<RunCompleted>());
}

TEST_F(AgentRun, TellsAboutARetryAndVoidsTheShownText) {
  start({[](const ModelRequest&, DeltaSink& sink) -> asio::awaitable<ModelResponse> {
    sink.on_text("half an ans");
    sink.on_attempt_failed(ProviderError(ErrorCode::network, "reset"));
    Retry retry;
    retry.attempt = 2;
    sink.on_retry(retry);
    sink.on_attempt_started("played", "played-2");
    sink.on_text("whole");
    co_return text_response("whole");
  }});
  process("hi");
  EXPECT_THAT(faults(events_), IsEmpty());
  EXPECT_EQ(all<MessageDiscarded>().at(0).attempt, 1);
  EXPECT_EQ(all<ModelStarted>().at(1).attempt, 2);
  EXPECT_EQ(result_.llm_calls, 2);
}

TEST_F(AgentRun, CountsWhatFailedAttemptsHaveUsedToo) {
  start({[](const ModelRequest&, DeltaSink& sink) -> asio::awaitable<ModelResponse> {
    const Usage used{.prompt = 5, .completion = 3, .total = 8};
    sink.on_usage(used, std::nullopt);
    sink.on_attempt_failed(ProviderError(ErrorCode::network, "reset"));
    sink.on_attempt_started("played", "played-1");
    co_return text_response("whole");
  }});
  process("hi");
  EXPECT_EQ(result_.usage.prompt, 15);
  EXPECT_EQ(result_.usage.total, 20);
  EXPECT_EQ(all<TurnEnded>().at(0).usage.total, 20);
}

TEST_F(AgentRun, EndsAnAttemptOnceWhenItIsCancelledBetweenTwo) {
  start({[this](const ModelRequest&, DeltaSink& sink) -> asio::awaitable<ModelResponse> {
    sink.on_attempt_failed(ProviderError(ErrorCode::network, "reset"));
    agent_->control().cancel();
    asio::steady_timer never(co_await asio::this_coro::executor,
                             asio::steady_timer::time_point::max());
    co_await never.async_wait(asio::use_awaitable);
    co_return ModelResponse();
  }});
  process("hi");
  EXPECT_EQ(result_.outcome, Outcome::cancelled);
  EXPECT_EQ(all<ModelFailed>().size(), 1u);
  EXPECT_THAT(faults(events_), IsEmpty());
}

TEST_F(AgentRun, KnowsNoCostWhereTheModelToldNoUsage) {
  start({[](const ModelRequest&, DeltaSink&) -> asio::awaitable<ModelResponse> {
    ModelResponse response = text_response("x");
    response.usage = Usage{};
    co_return response;
  }});
  process("hi");
  EXPECT_EQ(result_.cost, std::nullopt);
}

TEST_F(AgentRun, RefusesOptionsThatCannotBe) {
  EXPECT_THROW(start({says("x")}, {.max_rounds = 0}), std::invalid_argument);
  EXPECT_THROW(start({says("x")}, {.max_parallel_tools = 0}), std::invalid_argument);
  EXPECT_THROW(start({says("x")}, {.name = "a:b"}), std::invalid_argument);
  EXPECT_THROW(start(std::shared_ptr<Provider>()), std::invalid_argument);
}

}  // namespace
}  // namespace strandbus::test
