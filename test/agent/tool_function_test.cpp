#include "strandbus/agent/tool_registry.hpp"
#include "tools/tool_harness.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <latch>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>

// Tools made of functions: where they run, what becomes of what they return or throw, and how they
// are cancelled.

namespace strandbus {
namespace {

struct NumberArgs {
  int number{};
};
BOOST_DESCRIBE_STRUCT(NumberArgs, (), (number))

/// Waits until the call is cancelled.
void wait_for_cancel(const ToolContext& context) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  changed.wait(lock, context.cancellation, [&] { return context.cancelled(); });
}

asio::awaitable<ToolResult> twice(NumberArgs args, ToolContext& context) {
  context.progress("thinking");
  asio::steady_timer timer(co_await asio::this_coro::executor);
  timer.expires_after(std::chrono::milliseconds(1));
  co_await timer.async_wait(asio::use_awaitable);
  co_return ToolResult::ok(std::to_string(args.number * 2));
}

asio::awaitable<ToolResult> forever(NoArguments) {
  asio::steady_timer timer(co_await asio::this_coro::executor,
                           asio::steady_timer::time_point::max());
  co_await timer.async_wait(asio::use_awaitable);
  co_return ToolResult::ok("never");
}

asio::awaitable<ToolResult> throwing(NoArguments) {
  throw std::runtime_error("no luck");
  co_return ToolResult();
}

struct ToolFunctionTest : testing::Test {
  ToolResult run(std::string_view name, json::object arguments = {}) {
    const auto outcome = harness.run(*registry.find(name), std::move(arguments));
    EXPECT_FALSE(outcome.exception);
    return outcome.result;
  }
  std::shared_ptr<test::Call> start(std::string_view name) {
    return harness.start(*registry.find(name), {});
  }
  void finish(const test::Call& call) {
    harness.run_until([&] { return call.outcome.done; });
  }

  test::ToolHarness harness;
  ToolRegistry registry;
};

TEST_F(ToolFunctionTest, APlainFunctionRunsOnAnotherThread) {
  std::thread::id ran_on;
  registry.add<NoArguments>("where", "", [&](NoArguments) {
    ran_on = std::this_thread::get_id();
    return ToolResult::ok("here");
  });
  EXPECT_EQ(run("where").output, "here");
  EXPECT_NE(ran_on, std::this_thread::get_id());
  EXPECT_NE(ran_on, std::thread::id());
}

TEST_F(ToolFunctionTest, APlainFunctionGetsItsArgumentsAndItsContext) {
  registry.add<NumberArgs>("twice", "", [](const NumberArgs& args, ToolContext& context) {
    context.progress("computing", 0.5);
    return std::to_string(args.number * 2) + " for " + context.call_id + " in " +
           context.workspace.string();
  });
  const ToolResult result = run("twice", {{"number", 21}});
  EXPECT_TRUE(result.success);
  EXPECT_EQ(result.output, "42 for tc1 in " + harness.workspace.path().string());
  EXPECT_EQ(harness.payloads<ToolOutput>().at(0).text, "computing");
}

TEST_F(ToolFunctionTest, APlainFunctionMayBeMoveOnly) {
  registry.add<NoArguments>(
      "owner", "", [text = std::make_unique<std::string>("mine")](NoArguments) { return *text; });
  EXPECT_EQ(run("owner").output, "mine");
}

TEST_F(ToolFunctionTest, AnExceptionBecomesAFailedResult) {
  registry.add<NoArguments>(
      "throws", "", [](NoArguments) -> std::string { throw std::runtime_error("disk full\xFF"); });
  registry.add<NoArguments>("throws_odd", "", [](NoArguments) -> std::string { throw 5; });
  registry.add<NoArguments>("throws_later", "", throwing);
  EXPECT_EQ(run("throws").error, "disk full\uFFFD");
  EXPECT_EQ(run("throws_odd").error, "the tool threw something that is no std::exception");
  EXPECT_EQ(run("throws_later").error, "no luck");
  EXPECT_FALSE(run("throws_later").success);
}

TEST_F(ToolFunctionTest, ArgumentsThatNobodyCheckedAreAFailedResult) {
  registry.add<NumberArgs>("plain", "", [](NumberArgs) { return ""; });
  registry.add<NumberArgs>("coroutine", "", twice);
  for (const char* tool : {"plain", "coroutine"}) {
    const ToolResult result = run(tool, {{"number", "x"}});
    EXPECT_EQ(result.error_code, ErrorCode::E_VALIDATION);
    EXPECT_EQ(result.error, "invalid arguments: /number: expected an integer, got a string");
  }
}

TEST_F(ToolFunctionTest, ACoroutineRunsOnTheAgentsThread) {
  registry.add<NumberArgs>("twice", "", twice);
  std::thread::id ran_on;
  registry.add<NoArguments>("where", "", [&](NoArguments) -> asio::awaitable<ToolResult> {
    ran_on = std::this_thread::get_id();
    co_return ToolResult::ok("here");
  });
  EXPECT_EQ(run("twice", {{"number", 21}}).output, "42");
  EXPECT_EQ(run("where").output, "here");
  EXPECT_EQ(ran_on, std::this_thread::get_id());
}

TEST_F(ToolFunctionTest, ACancelledCoroutineThrows) {
  registry.add<NoArguments>("forever", "", forever);
  const auto call = start("forever");
  harness.io.poll();
  harness.cancel(*call);
  finish(*call);
  EXPECT_TRUE(call->outcome.aborted());
}

TEST_F(ToolFunctionTest, ACancelledCallIsReleasedBeforeItsFunctionReturns) {
  std::latch running(1);
  std::latch may_return(1);
  std::atomic<bool> saw_request{false};
  registry.add<NoArguments>("stubborn", "", [&](NoArguments, ToolContext& context) {
    running.count_down();
    may_return.wait();
    saw_request = context.cancelled();
    context.progress("too late");
    return "dropped";
  });
  const auto call = start("stubborn");
  harness.io.poll();
  running.wait();
  harness.cancel(*call);
  finish(*call);
  EXPECT_TRUE(call->outcome.aborted());
  may_return.count_down();
  registry = ToolRegistry();  // waits for the function
  EXPECT_TRUE(saw_request);
  EXPECT_TRUE(harness.events().empty());
}

TEST_F(ToolFunctionTest, AFunctionSeesTheRequestToStopWhileItWaits) {
  registry.add<NoArguments>("polite", "", [](NoArguments, ToolContext& context) {
    context.progress("waiting");
    wait_for_cancel(context);
    return "stopped";
  });
  const auto call = start("polite");
  harness.run_until([&] { return !harness.events().empty(); });
  harness.cancel(*call);
  finish(*call);
  EXPECT_TRUE(call->outcome.aborted());
}

TEST_F(ToolFunctionTest, ACancelledCallWaitsForTheEventThatIsOnItsWay) {
  std::latch publishing(1);
  std::latch may_arrive(1);
  std::atomic<bool> arrived{false};
  registry.add<NoArguments>("talker", "", [](NoArguments, ToolContext& context) {
    context.progress("on its way");
    return "";
  });
  harness.set_publisher(Publisher(RunContext{}, [&](const StreamEvent&) {
    publishing.count_down();
    may_arrive.wait();
    arrived = true;
  }));
  const auto call = start("talker");
  harness.io.poll();
  publishing.wait();
  harness.cancel(*call);
  harness.io.poll();
  EXPECT_FALSE(call->outcome.done) << "its event would follow the end of the call";
  may_arrive.count_down();
  finish(*call);
  EXPECT_TRUE(call->outcome.aborted());
  EXPECT_TRUE(arrived);
}

TEST_F(ToolFunctionTest, ACallThatWasCancelledBeforeItStartedDoesNotRun) {
  std::atomic<bool> ran{false};
  registry.add<NoArguments>("runs", "", [&](NoArguments) {
    ran = true;
    return "";
  });
  EXPECT_TRUE(harness.run_cancelled(*registry.find("runs"), {}).aborted());
  registry = ToolRegistry();  // waits for functions
  EXPECT_FALSE(ran);
}

TEST_F(ToolFunctionTest, TheContextOfAFinishedCallPublishesNoMore) {
  std::optional<ToolContext> kept;
  registry.add<NoArguments>("keeps", "", [&](NoArguments, ToolContext& context) {
    kept = context;
    return "";
  });
  run("keeps");
  kept->progress("too late");
  EXPECT_TRUE(harness.events().empty());
}

TEST_F(ToolFunctionTest, AFunctionMayOutliveTheIoContext) {
  std::latch running(1);
  std::atomic<bool> finished{false};
  registry.add<NoArguments>("slow", "", [&](NoArguments, ToolContext& context) {
    running.count_down();
    wait_for_cancel(context);
    finished = true;
    return "";
  });
  {
    test::ToolHarness short_lived;
    const auto call = short_lived.start(*registry.find("slow"), {});
    short_lived.io.poll();
    running.wait();
  }
  registry = ToolRegistry();
  EXPECT_TRUE(finished);
}

TEST_F(ToolFunctionTest, TheLastRegistryStopsFunctionsAndWaitsForThem) {
  std::latch running(1);
  std::atomic<bool> finished{false};
  registry.add<NoArguments>("slow", "", [&](NoArguments, ToolContext& context) {
    running.count_down();
    wait_for_cancel(context);
    finished = true;
    return "";
  });
  const auto call = start("slow");
  harness.io.poll();
  running.wait();
  auto selection = registry.select({"slow"});
  const auto tool = registry.find("slow");
  registry = ToolRegistry();
  EXPECT_FALSE(finished);
  harness.cancel(*call);
  finish(*call);
  selection = ToolRegistry();
  const_cast<std::shared_ptr<Tool>&>(tool).reset();
  EXPECT_TRUE(finished);
}

TEST_F(ToolFunctionTest, FunctionsRunOnAnExecutorThatIsGiven) {
  asio::thread_pool pool(1);
  std::promise<std::thread::id> pool_thread;
  asio::post(pool, [&] { pool_thread.set_value(std::this_thread::get_id()); });
  ToolRegistryOptions options;
  options.executor = pool.get_executor();
  registry = ToolRegistry(options);
  std::thread::id ran_on;
  registry.add<NoArguments>("where", "", [&](NoArguments) {
    ran_on = std::this_thread::get_id();
    return "";
  });
  run("where");
  EXPECT_EQ(ran_on, pool_thread.get_future().get());
}

TEST_F(ToolFunctionTest, CallsRunSideBySide) {
  std::latch both(2);
  registry.add<NoArguments>("meets", "", [&](NoArguments) {
    both.arrive_and_wait();
    return "met";
  });
  const auto first = start("meets");
  const auto second = start("meets");
  finish(*first);
  finish(*second);
  EXPECT_EQ(first->outcome.result.output + second->outcome.result.output, "metmet");
}

TEST_F(ToolFunctionTest, ManyCallsEndOnceWhetherTheyAreCancelledOrNot) {
  constexpr int count = 400;
  std::atomic<int> ran{0};
  registry.add<NoArguments>("quick", "", [&](NoArguments, ToolContext& context) {
    context.progress("one");
    context.progress("two");
    ++ran;
    return "done";
  });
  std::vector<std::shared_ptr<test::Call>> calls;
  for (int i = 0; i < count; ++i) {
    calls.push_back(start("quick"));
    harness.io.poll();
    if (i % 3 == 0) harness.cancel(*calls.back());
  }
  for (const auto& call : calls) finish(*call);
  int finished = 0;
  for (const auto& call : calls) {
    EXPECT_NE(call->outcome.aborted(), call->outcome.result.success);
    if (call->outcome.result.success) ++finished;
  }
  EXPECT_GE(finished, count - count / 3 - 1);
  EXPECT_GE(ran, finished);
}

}  // namespace
}  // namespace strandbus
