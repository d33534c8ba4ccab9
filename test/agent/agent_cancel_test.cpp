// A4: cancel at every suspension point; and the operation as an Asio citizen.
#include "agent_fixture.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <gmock/gmock.h>

#include <latch>

namespace strandbus::test {
namespace {

using ::testing::IsEmpty;

class AgentCancel : public AgentTest {
 protected:
  void expect_cancelled() {
    EXPECT_EQ(result_.outcome, Outcome::cancelled);
    EXPECT_THAT(faults(events_), IsEmpty());
    EXPECT_EQ(types().back(), "run_cancelled");
    EXPECT_TRUE(valid_for_providers(agent_->messages()));
  }
};

TEST_F(AgentCancel, EndsAModelRequestAndKeepsItsUsage) {
  start({hangs_after("half", [this] { agent_->control().cancel("user"); })});
  process("go");
  expect_cancelled();
  EXPECT_FALSE(ec_);
  EXPECT_EQ(all<ModelFailed>().at(0).error_code, ErrorCode::cancelled);
  EXPECT_EQ(all<RunCancelled>().at(0).reason, "user");
  EXPECT_EQ(result_.usage.total, 8);
}

TEST_F(AgentCancel, EndsRunningToolsAndAnswersAllCalls) {
  std::vector<ToolCall> list{tool_call("c1", "hang"), tool_call("c2", "hang"),
                             tool_call("c3", "hang")};
  tools_.add<NoArgs>("hang", "Never ends", [](NoArgs, ToolContext&) -> asio::awaitable<ToolResult> {
    asio::steady_timer never(co_await asio::this_coro::executor,
                             asio::steady_timer::time_point::max());
    co_await never.async_wait(asio::use_awaitable);
    co_return ToolResult::ok("never");
  });
  int started = 0;
  on_event_ = [&](const StreamEvent& event) {
    if (event.is<ToolCallStarted>() && ++started == 2) agent_->control().cancel();
  };
  start({calls(list)}, {.max_parallel_tools = 2});
  process("go");
  expect_cancelled();
  EXPECT_EQ(all<ToolCallCancelled>().size(), 2u);
  EXPECT_EQ(agent_->messages().size(), 5u);  // three answers, one of a call that never ran
}

TEST_F(AgentCancel, LeavesAPlainFunctionBehind) {
  std::atomic<bool> saw_stop = false;
  std::latch asked(1);  // the control is not used any more when the agent goes
  tools_.add<NoArgs>("busy", "Looks at its context", [&](NoArgs, ToolContext& context) {
    agent_->control().cancel();
    asked.count_down();
    while (!context.cancelled()) std::this_thread::yield();
    saw_stop = true;
    return std::string("late");
  });
  start({calls({tool_call("c1", "busy")})});
  process("go");
  expect_cancelled();
  EXPECT_EQ(all<ToolCallCancelled>().size(), 1u);
  asked.wait();
  agent_.reset();
  tools_ = ToolRegistry();  // waits for the function
  EXPECT_TRUE(saw_stop);
}

TEST_F(AgentCancel, AfterTheTurnLetsTheToolsEnd) {
  tools_.add<NoArgs>("noop", "Does nothing", [](NoArgs) { return std::string("done"); });
  on_event_ = [&](const StreamEvent& event) {
    if (event.is<ModelStarted>()) agent_->control().cancel("later", CancelWhen::after_turn);
  };
  start({calls({tool_call("c1", "noop")}), says("never asked")});
  process("go");
  expect_cancelled();
  EXPECT_EQ(all<ToolCallCompleted>().size(), 1u);
  EXPECT_EQ(provider_->requests.size(), 1u);
}

TEST_F(AgentCancel, AfterTheTurnKeepsAnAnswerOfThatTurn) {
  on_event_ = [&](const StreamEvent& event) {
    if (event.is<ModelStarted>()) agent_->control().cancel("later", CancelWhen::after_turn);
  };
  start({says("done")});
  process("go");
  EXPECT_TRUE(result_.completed());
}

TEST_F(AgentCancel, ComesThroughTheCancellationSlot) {
  asio::cancellation_signal signal;
  start({hangs_after("half", [&] { signal.emit(asio::cancellation_type::total); })});
  agent_->async_process_message(
      "go", asio::bind_cancellation_slot(signal.slot(), [&](error_code ec, RunResult result) {
        ec_ = ec;
        result_ = std::move(result);
      }));
  io_.run();
  EXPECT_EQ(ec_, asio::error::operation_aborted);
  expect_cancelled();
}

TEST_F(AgentCancel, OfAnIdleAgentDoesNothing) {
  start({says("hello")});
  agent_->control().cancel();
  process("hi");
  EXPECT_TRUE(result_.completed());
}

TEST_F(AgentCancel, HappensWhenTheAgentIsDestroyed) {
  start({hangs_after("half", [this] { agent_.reset(); })});
  agent_->async_process_message(
      "go", [this](error_code, RunResult result) { result_ = std::move(result); });
  io_.run();
  EXPECT_EQ(result_.outcome, Outcome::cancelled);
  EXPECT_THAT(faults(events_), IsEmpty());
}

TEST_F(AgentCancel, IsNotNeededBeforeTheContextGoes) {
  // Destroyed while a run waits: nothing is called, nothing leaks (seen by the leak sanitizer).
  auto io = std::make_unique<asio::io_context>();
  EventBus bus(io->get_executor());
  auto provider =
      std::make_shared<PlayedProvider>(std::vector{hangs_after("half", [&] { io->stop(); })});
  auto agent =
      std::make_unique<Agent>(io->get_executor(), provider, ToolRegistry(), bus.publisher({}));
  bool called = false;
  agent->async_process_message("go", [&](error_code, RunResult) { called = true; });
  io->run();
  agent.reset();
  io.reset();
  EXPECT_FALSE(called);
}

class AgentTokens : public AgentTest {};

TEST_F(AgentTokens, CompleteFuturesDeferredTuplesAndCoroutines) {
  start({says("1"), says("2"), says("3"), says("4")});
  auto future = agent_->async_process_message("a", asio::use_future);
  io_.run();
  EXPECT_EQ(future.get().output, "1");

  auto deferred = agent_->async_process_message("b", asio::deferred);
  std::string second;
  std::move(deferred)([&](error_code, RunResult result) { second = result.output; });
  io_.restart();
  io_.run();
  EXPECT_EQ(second, "2");

  std::vector<std::string> outputs;
  auto both = [](Agent& agent, std::vector<std::string>& out) -> asio::awaitable<void> {
    auto ended = co_await agent.async_process_message("c", asio::as_tuple(asio::use_awaitable));
    out.push_back(std::get<1>(ended).output);
    const RunResult result = co_await agent.process_message("d");
    out.push_back(result.output);
  };
  asio::co_spawn(io_, both(*agent_, outputs), asio::detached);
  io_.restart();
  io_.run();
  EXPECT_EQ(outputs, (std::vector<std::string>{"3", "4"}));
}

TEST_F(AgentTokens, StreamTheEventsOfOneRunAndThenItsResult) {
  start({says("hello")});
  std::vector<std::string> names;
  std::string output;
  auto read = [](Agent& agent, std::vector<std::string>& seen,
                 std::string& out) -> asio::awaitable<void> {
    RunStream run = agent.stream("hi");
    EXPECT_THROW(agent.stream("again"), system_error);
    while (auto delivery = co_await run.next()) seen.emplace_back(delivery->event().wire_type());
    const RunResult result = co_await run.result();
    out = result.output;
  };
  asio::co_spawn(io_, read(*agent_, names, output), asio::detached);
  io_.run();
  EXPECT_EQ(names, types());
  EXPECT_EQ(output, "hello");
}

TEST_F(AgentTokens, WorkOnAThreadPoolWithManyAgentsOnOneBus) {
  asio::thread_pool pool(4);
  EventBus bus(pool.get_executor(), {.history = 100'000});
  std::vector<std::unique_ptr<Agent>> agents;
  std::vector<std::future<RunResult>> results;
  for (int i = 0; i < 16; ++i) {
    ToolRegistry tools;
    tools.add<NoArgs>("noop", "Does nothing", [](NoArgs) { return std::string("done"); });
    auto provider = std::make_shared<PlayedProvider>(
        std::vector{calls({tool_call("c1", "noop"), tool_call("c2", "noop")}), says("ok")});
    agents.push_back(
        std::make_unique<Agent>(pool.get_executor(), provider, tools, bus.publisher({})));
    results.push_back(agents.back()->async_process_message("go", asio::use_future));
  }
  for (auto& result : results) EXPECT_TRUE(result.get().completed());
  std::vector<StreamEvent> events;
  for (const Delivery& delivery : bus.history()) events.push_back(delivery.event());
  EXPECT_THAT(faults(events), IsEmpty());
  pool.join();
}

}  // namespace
}  // namespace strandbus::test
