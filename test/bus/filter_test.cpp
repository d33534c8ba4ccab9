// B13: filters by every dimension, evaluated on the reader's side, outside locks, before its wait
// completes.

#include "bus/operations.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <set>
#include <thread>

namespace strandbus {
namespace {

using test::publish_tokens;
using test::read_seqs;
using testing::ElementsAre;
using testing::IsEmpty;

template <PayloadType T>
StreamEvent event_of(T payload, RunContext context = {}) {
  return StreamEvent(std::move(payload), std::make_shared<const RunContext>(std::move(context)));
}

TEST(B13Filter, AcceptsEverythingUntilItIsNarrowed) {
  EXPECT_TRUE(Filter().accepts_all());
  EXPECT_TRUE(Filter().matches(event_of(make_token("t"))));
  EXPECT_FALSE(Filter().scopes({Scope::llm}).accepts_all());
}

TEST(B13Filter, Types) {
  const Filter filter = Filter().types({EventType::token_delta, EventType::error});

  EXPECT_TRUE(filter.matches(event_of(make_token("t"))));
  EXPECT_TRUE(filter.matches(event_of(Error{})));
  EXPECT_FALSE(filter.matches(event_of(RunStarted{})));
}

TEST(B13Filter, WithoutTypes) {
  const Filter filter = Filter().without({EventType::token_delta});

  EXPECT_FALSE(filter.matches(event_of(make_token("t"))));
  EXPECT_TRUE(filter.matches(event_of(make_reasoning("r"))));
}

TEST(B13Filter, Scopes) {
  const Filter filter = Filter().scopes({Scope::tool, Scope::file});

  EXPECT_TRUE(filter.matches(event_of(ToolCallStarted{})));
  EXPECT_TRUE(filter.matches(event_of(FileCreated{})));
  EXPECT_FALSE(filter.matches(event_of(make_token("t"))));
}

TEST(B13Filter, Stages) {
  const Filter filter = Filter().stages({Stage::failed});

  EXPECT_TRUE(filter.matches(event_of(RunFailed{})));
  EXPECT_TRUE(filter.matches(event_of(ModelFailed{})));
  EXPECT_FALSE(filter.matches(event_of(RunCompleted{})));
}

TEST(B13Filter, StatusesSeeWhatTheStageDoesNot) {
  const Filter failed = Filter().statuses({Status::failed});
  const Filter pending = Filter().statuses({Status::pending});

  EXPECT_TRUE(failed.matches(event_of(ToolCallCompleted{.success = false})));
  EXPECT_FALSE(failed.matches(event_of(ToolCallCompleted{.success = true})));
  EXPECT_TRUE(pending.matches(event_of(ApprovalRequested{})));
}

TEST(B13Filter, Runs) {
  const Filter filter = Filter().run("a").run("b");

  EXPECT_TRUE(filter.matches(event_of(make_token("t"), {.run_id = "a"})));
  EXPECT_TRUE(filter.matches(event_of(make_token("t"), {.run_id = "b"})));
  EXPECT_FALSE(filter.matches(event_of(make_token("t"), {.run_id = "c"})));
  EXPECT_FALSE(filter.matches(event_of(make_token("t"))));
}

TEST(B13Filter, Agents) {
  const Filter filter = Filter().agent("planner");

  EXPECT_TRUE(filter.matches(event_of(make_token("t"), {.agent = "planner"})));
  EXPECT_FALSE(filter.matches(event_of(make_token("t"), {.agent = "coder"})));
}

TEST(B13Filter, AllPredicatesMustHold) {
  const Filter filter = Filter()
                            .where([](const StreamEvent& event) { return event.turn() > 1; })
                            .where([](const StreamEvent& event) { return event.turn() < 3; });
  const auto in_turn = [](int turn) { return event_of(make_token("t")).set_turn(turn); };

  EXPECT_FALSE(filter.matches(in_turn(1)));
  EXPECT_TRUE(filter.matches(in_turn(2)));
  EXPECT_FALSE(filter.matches(in_turn(3)));
}

TEST(B13Filter, DimensionsNarrowTogetherAndWithoutThePredicateBeingAsked) {
  int asked = 0;
  const Filter filter =
      Filter().scopes({Scope::llm}).stages({Stage::progress}).run("a").where([&](const auto&) {
        ++asked;
        return true;
      });

  EXPECT_FALSE(filter.matches(event_of(ModelStarted{}, {.run_id = "a"})));
  EXPECT_FALSE(filter.matches(event_of(make_token("t"), {.run_id = "b"})));
  EXPECT_EQ(asked, 0);
  EXPECT_TRUE(filter.matches(event_of(make_token("t"), {.run_id = "a"})));
  EXPECT_EQ(asked, 1);
}

TEST(B13Filter, EmptyListsAcceptNothing) {
  EXPECT_FALSE(Filter().types({}).matches(event_of(make_token("t"))));
  EXPECT_FALSE(Filter().statuses({}).matches(event_of(make_token("t"))));
  EXPECT_TRUE(Filter().without({}).matches(event_of(make_token("t"))));
}

struct B13Reader : testing::Test {
  asio::io_context io;
  EventBus bus{io.get_executor()};
};

TEST_F(B13Reader, AStreamGivesOnlyWhatItsFilterAccepts) {
  EventStream stream = bus.stream({.filter = Filter().types({EventType::error})});

  publish_tokens(bus, 3);
  bus.publish(Error{}).value();
  publish_tokens(bus, 70);
  bus.publish(Error{}).value();

  EXPECT_THAT(read_seqs(stream), ElementsAre(4, 75));
}

TEST_F(B13Reader, ABatchGivesOnlyWhatItsFilterAccepts) {
  EventStream stream = bus.stream({.filter = Filter().types({EventType::error})});
  bus.publish(make_token("t")).value();
  bus.publish(Error{}).value();
  bus.publish(make_token("t")).value();
  bus.publish(Error{}).value();
  bus.publish(make_token("t")).value();

  const Batch batch = stream.try_batch();

  test::Seqs seqs;
  for (const StreamEvent& event : batch) seqs.push_back(event.seq());
  EXPECT_THAT(seqs, ElementsAre(2, 4));
  EXPECT_EQ(batch.size(), 2U);
  EXPECT_EQ(stream.stats().filtered, 3U);
  EXPECT_EQ(stream.stats().lag, 0U);
}

TEST_F(B13Reader, AWaitDoesNotCompleteForEventsThatAreNotWanted) {
  EventStream stream = bus.stream({.filter = Filter().types({EventType::error})});
  int completed = 0;
  stream.async_wait([&](error_code) { ++completed; });

  for (int i = 0; i < 100; ++i) {
    publish_tokens(bus, 1);
    io.poll();
  }
  EXPECT_EQ(completed, 0);
  bus.publish(Error{}).value();
  io.poll();

  EXPECT_EQ(completed, 1);
}

TEST_F(B13Reader, ACallbackOnAnExecutorIsNotWokenForEventsThatAreNotWanted) {
  int called = 0;
  const auto subscription = bus.subscribe(io.get_executor(), [&](const StreamEvent&) { ++called; },
                                          {.filter = Filter().types({EventType::error})});

  publish_tokens(bus, 100);
  bus.publish(Error{}).value();
  io.poll();

  EXPECT_EQ(called, 1);
  EXPECT_EQ(subscription.stats().filtered, 100U);
}

TEST_F(B13Reader, EachEventIsAskedAboutOnce) {
  int asked = 0;
  EventStream stream = bus.stream({.filter = Filter().where([&](const StreamEvent& event) {
    ++asked;
    return event.seq() % 2 == 0;
  })});
  stream.async_wait([](error_code) {});

  for (int i = 0; i < 10; ++i) {
    publish_tokens(bus, 1);
    io.poll();
  }
  stream.async_wait([](error_code) {});
  io.poll();
  read_seqs(stream);

  EXPECT_EQ(asked, 10);
}

TEST_F(B13Reader, APredicateMayUseTheBus) {
  const auto use_bus = [this](const StreamEvent& event) {
    if (event.is<TokenDelta>()) bus.publish(Error{}).value();
    return bus.stats().published > 0 && !bus.history().empty();
  };
  EventStream waiting = bus.stream({.filter = Filter().where(use_bus)});
  waiting.async_wait([](error_code) {});
  int called = 0;
  const auto subscription =
      bus.subscribe([&](const StreamEvent&) { ++called; }, {.filter = Filter().where(use_bus)});

  publish_tokens(bus, 1);
  io.poll();
  const std::size_t read = read_seqs(waiting).size();

  EXPECT_EQ(bus.stats().published, 3U);
  EXPECT_EQ(called, 3);
  EXPECT_EQ(read, 3U);
}

TEST_F(B13Reader, APredicateOfACallbackMayUnsubscribeIt) {
  int asked = 0;
  int called = 0;
  Subscription subscription;
  subscription = bus.subscribe([&](const StreamEvent&) { ++called; },
                               {.filter = Filter().where([&](const StreamEvent&) {
                                 ++asked;
                                 subscription.unsubscribe();
                                 return true;
                               })});

  publish_tokens(bus, 3);

  EXPECT_EQ(asked, 1);
  EXPECT_EQ(called, 0);
}

struct B13Threads : testing::Test {
  Filter note_threads() {
    return Filter().where([this](const StreamEvent&) {
      const std::lock_guard lock(mutex);
      asked_in.insert(std::this_thread::get_id());
      return true;
    });
  }

  std::mutex mutex;
  std::set<std::thread::id> asked_in;
  asio::thread_pool pool{1};
  std::thread::id pool_thread =
      asio::post(pool, asio::use_future([] { return std::this_thread::get_id(); })).get();
  EventBus bus{pool.get_executor()};
};

TEST_F(B13Threads, ThePredicateOfACallbackRunsOnItsExecutorFromTheReplayOn) {
  publish_tokens(bus, 100);
  std::atomic<int> called{0};
  const auto subscription =
      bus.subscribe(pool.get_executor(), [&](const StreamEvent&) { ++called; },
                    {.from = Start::oldest(), .filter = note_threads()});

  publish_tokens(bus, 100);
  pool.join();

  EXPECT_EQ(called.load(), 200);
  EXPECT_THAT(asked_in, ElementsAre(pool_thread));
}

TEST_F(B13Threads, ThePredicateOfAStreamRunsOnItsExecutorAndInTheCallsThatRead) {
  EventStream stream = bus.stream({.filter = note_threads()});
  const auto read = [&]() -> asio::awaitable<void> {
    while (co_await stream.next()) {
    }
  };

  auto done = asio::co_spawn(pool, read, asio::use_future);
  publish_tokens(bus, 1000);  // in this thread
  bus.close();
  done.get();

  pool.join();

  EXPECT_THAT(asked_in, ElementsAre(pool_thread));
}

}  // namespace
}  // namespace strandbus
