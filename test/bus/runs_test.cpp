// B9: an event of a run that has not started or has ended is refused and counted.

#include "bus/reading.hpp"

#include <boost/asio/io_context.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <stdexcept>
#include <thread>

namespace strandbus {
namespace {

using test::publish_tokens;
using testing::ElementsAre;

/// The run rule holds for a bus and for a publisher to a callable.
struct OnBus {
  Publisher publisher(RunContext context) { return bus.publisher(std::move(context)); }

  asio::io_context io;
  EventBus bus{io.get_executor()};
};

struct OnCallable {
  Publisher publisher(RunContext context) { return destination.run(std::move(context)); }

  Publisher destination{RunContext{}, [](const StreamEvent&) {}};
};

template <class Destination>
struct B9Runs : testing::Test {
  Destination destination;
  Publisher run = destination.publisher({.run_id = "run_1"});
};

using Destinations = testing::Types<OnBus, OnCallable>;
TYPED_TEST_SUITE(B9Runs, Destinations);

TYPED_TEST(B9Runs, AnEventBeforeTheStartIsRefused) {
  EXPECT_EQ(this->run.publish(make_token("t")).error(), Errc::run_not_open);
}

TYPED_TEST(B9Runs, EventsBetweenStartAndEndPass) {
  EXPECT_EQ(this->run.publish(RunStarted{}).value(), 1U);
  EXPECT_EQ(this->run.publish(make_token("t")).value(), 2U);
  EXPECT_EQ(this->run.publish(RunCompleted{}).value(), 3U);
}

TYPED_TEST(B9Runs, AnEventAfterEachTerminalEventIsRefused) {
  const auto ends_with = [&](const std::string& id, auto terminal) {
    const Publisher other = this->destination.publisher({.run_id = id});
    other.publish(RunStarted{}).value();
    other.publish(std::move(terminal)).value();
    return other.publish(make_token("t")).error();
  };

  EXPECT_EQ(ends_with("a", RunCompleted{}), Errc::run_not_open);
  EXPECT_EQ(ends_with("b", RunFailed{}), Errc::run_not_open);
  EXPECT_EQ(ends_with("c", RunCancelled{}), Errc::run_not_open);
}

TYPED_TEST(B9Runs, ARunStartsOnceAndEndsOnce) {
  this->run.publish(RunStarted{}).value();
  EXPECT_EQ(this->run.publish(RunStarted{}).error(), Errc::run_not_open);

  this->run.publish(RunCompleted{}).value();
  EXPECT_EQ(this->run.publish(RunCompleted{}).error(), Errc::run_not_open);
  EXPECT_EQ(this->run.publish(RunStarted{}).error(), Errc::run_not_open);
}

TYPED_TEST(B9Runs, RunsOverlapWithoutTouchingEachOther) {
  const Publisher other = this->destination.publisher({.run_id = "run_2"});
  this->run.publish(RunStarted{}).value();
  EXPECT_EQ(other.publish(make_token("t")).error(), Errc::run_not_open);
  other.publish(RunStarted{}).value();

  this->run.publish(RunCompleted{}).value();

  EXPECT_TRUE(other.publish(make_token("t")).has_value());
  EXPECT_EQ(this->run.publish(make_token("t")).error(), Errc::run_not_open);
}

TYPED_TEST(B9Runs, PublishersOfTheSameRunShareItsState) {
  const Publisher twin = this->destination.publisher({.run_id = "run_1"});
  this->run.publish(RunStarted{}).value();

  EXPECT_TRUE(twin.turn(1).publish(make_token("t")).has_value());
  twin.publish(RunFailed{}).value();
  EXPECT_EQ(this->run.publish(make_token("t")).error(), Errc::run_not_open);
}

TYPED_TEST(B9Runs, EventsWithoutARunPass) {
  const Publisher application = this->destination.publisher({.session_id = "s"});

  EXPECT_TRUE(application.publish(make_notice("store", "slow")).has_value());
  EXPECT_TRUE(application.publish(make_token("t")).has_value());
}

TYPED_TEST(B9Runs, ManyEndedRunsAreRemembered) {
  for (int i = 0; i < 1000; ++i) {
    const Publisher other = this->destination.publisher({.run_id = std::to_string(i)});
    other.publish(RunStarted{}).value();
    other.publish(RunCompleted{}).value();
  }

  for (int i = 0; i < 1000; ++i) {
    const Publisher late = this->destination.publisher({.run_id = std::to_string(i)});
    ASSERT_EQ(late.publish(make_token("t")).error(), Errc::run_not_open);
    ASSERT_EQ(late.publish(RunStarted{}).error(), Errc::run_not_open);
  }
}

TYPED_TEST(B9Runs, AnAgentWithAnInvalidNameIsRefused) {
  EXPECT_THROW(this->destination.publisher({.agent = "a:b"}), std::invalid_argument);
  EXPECT_THROW(this->destination.publisher({.agent = std::string(129, 'a')}),
               std::invalid_argument);
  EXPECT_NO_THROW(this->destination.publisher({.agent = "planner"}));
}

TYPED_TEST(B9Runs, AComponentWithAnInvalidNameIsRefused) {
  const Publisher application = this->destination.publisher({});

  EXPECT_EQ(application.publish(make_notice("a:b", "")).error(), Errc::invalid_event);
  EXPECT_EQ(application.publish(make_notice("", "")).error(), Errc::invalid_event);
  EXPECT_EQ(application.publish(WorkflowStarted{.workflow = "w\n"}).error(), Errc::invalid_event);
  EXPECT_EQ(application.publish(WorkflowStepStarted{.workflow = "a:b"}).error(),
            Errc::invalid_event);
  EXPECT_TRUE(application.publish(WorkflowStarted{.workflow = "review"}).has_value());
}

TEST(B9Threads, NothingOfARunStandsOutsideItWhoeverPublishes) {
  asio::io_context io;
  EventBus bus(io.get_executor(), test::history_of(100'000));
  constexpr int runs = 300;
  std::atomic<std::uint64_t> refused{0};
  for (int number = 0; number < runs; ++number) {
    const Publisher run = bus.publisher({.run_id = "run_" + std::to_string(number)});
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 3; ++thread) {
      threads.emplace_back([&, thread] {
        for (int i = 0; i < 10; ++i) {
          const auto seq = thread == 0 && i == 3   ? run.publish(RunStarted{})
                           : thread == 1 && i == 8 ? run.publish(RunCompleted{})
                                                   : run.publish(make_token("t"));
          if (!seq) ++refused;
        }
      });
    }
  }

  std::map<std::string, std::vector<EventType>> of_run;
  for (const Delivery& event : bus.history()) of_run[event->run_id()].push_back(event->type());
  for (const auto& [id, types] : of_run) {
    EXPECT_EQ(types.front(), EventType::run_started) << id;
    EXPECT_EQ(std::count(types.begin(), types.end(), EventType::run_started), 1) << id;
    const auto end = std::find(types.begin(), types.end(), EventType::run_completed);
    EXPECT_TRUE(end == types.end() || end + 1 == types.end()) << id;
  }
  EXPECT_EQ(bus.stats().refused_runs, refused);
  EXPECT_EQ(bus.stats().published + refused, static_cast<std::uint64_t>(runs * 30));
}

TEST(B9Counts, RefusedEventsAreCountedAndTakeNoSeq) {
  asio::io_context io;
  EventBus bus(io.get_executor());
  const Publisher run = bus.publisher({.run_id = "r"});

  run.publish(make_token("t"));
  run.publish(make_token("t"));
  bus.publish(make_notice("", ""));
  const auto seq = bus.publish(make_token("t"));

  EXPECT_EQ(seq.value(), 1U);
  EXPECT_EQ(bus.stats().refused_runs, 2U);
  EXPECT_EQ(bus.stats().refused_invalid, 1U);
}

TEST(B9Counts, APublisherToACallableWithAnInvalidAgentCannotBeMade) {
  EXPECT_THROW(Publisher({.agent = "a:b"}, [](const StreamEvent&) {}), std::invalid_argument);
}

struct B9Restore : testing::Test {
  static StreamEvent stored(std::uint64_t seq, std::uint64_t id = 0) {
    StreamEvent event(make_token("stored"));
    event.set_stamp(seq, EventId{.high = 0x0192'0000'0000'7000, .low = 0x8000'0000'0000'0000 + id},
                    Timestamp(std::chrono::seconds(1000 + seq)));
    return event;
  }

  asio::io_context io;
  EventBus bus{io.get_executor()};
};

TEST_F(B9Restore, KeepsSeqIdAndTime) {
  const StreamEvent event = stored(1, 7);

  EXPECT_EQ(bus.restore(event).value(), 1U);

  const auto kept = bus.history();
  EXPECT_EQ(kept[0]->seq(), 1U);
  EXPECT_EQ(kept[0]->id(), event.id());
  EXPECT_EQ(kept[0]->ts(), event.ts());
}

TEST_F(B9Restore, AnEmptyBusBeginsAtTheFirstRestoredSeq) {
  EXPECT_EQ(bus.restore(stored(500)).value(), 500U);
  EXPECT_EQ(bus.restore(stored(501)).value(), 501U);
  EXPECT_EQ(bus.publish(make_token("live")).value(), 502U);

  EXPECT_EQ(bus.stats().kept, 3U);
  EXPECT_EQ(bus.history().front()->seq(), 500U);
  EXPECT_EQ(bus.history().front().missed(), 499U);
}

TEST_F(B9Restore, RefusesASeqThatIsNotTheNext) {
  EXPECT_EQ(bus.restore(stored(0)).error(), Errc::seq_unknown);
  bus.restore(stored(5)).value();

  EXPECT_EQ(bus.restore(stored(5)).error(), Errc::seq_unknown);
  EXPECT_EQ(bus.restore(stored(7)).error(), Errc::seq_unknown);
  EXPECT_EQ(bus.restore(stored(1)).error(), Errc::seq_unknown);
}

TEST_F(B9Restore, IsRefusedOnAClosedBus) {
  bus.close();

  EXPECT_EQ(bus.restore(stored(1)).error(), Errc::closed);
}

TEST_F(B9Restore, IsNotSubjectToTheRunRule) {
  const auto context = std::make_shared<const RunContext>(RunContext{.run_id = "old"});
  StreamEvent event = stored(1);
  event.set_context(context);

  EXPECT_TRUE(bus.restore(event).has_value());
}

TEST_F(B9Restore, ARestoredRunGoesOnOrHasEnded) {
  const auto restore = [&](std::uint64_t seq, auto payload, const char* run) {
    StreamEvent event(std::move(payload),
                      std::make_shared<const RunContext>(RunContext{.run_id = run}));
    event.set_stamp(seq, EventId{}, Timestamp{});
    bus.restore(event).value();
  };
  restore(1, RunStarted{}, "open");
  restore(2, RunStarted{}, "ended");
  restore(3, RunCompleted{}, "ended");

  EXPECT_TRUE(bus.publisher({.run_id = "open"}).publish(make_token("t")).has_value());
  EXPECT_EQ(bus.publisher({.run_id = "ended"}).publish(make_token("t")).error(),
            Errc::run_not_open);
}

TEST_F(B9Restore, LiveEventsComeAfterRestoredOnesInTimeAndId) {
  StreamEvent event = stored(1);
  const Timestamp future = Timestamp(std::chrono::seconds(4'000'000'000));
  const EventId last_of_its_millisecond{.high = (4'000'000'000'000ULL << 16U) | 0x7FFFU,
                                        .low = 0xBFFF'FFFF'FFFF'0000};
  event.set_stamp(1, last_of_its_millisecond, future);
  bus.restore(event).value();

  bus.publish(make_token("live")).value();

  const auto kept = bus.history();
  EXPECT_GE(kept[1]->ts(), future);
  EXPECT_GT(kept[1]->id(), last_of_its_millisecond);
}

TEST_F(B9Restore, ReadersGetRestoredEventsLikeAnyOther) {
  EventStream stream = bus.stream({.from = Start::oldest()});
  test::Seqs called;
  const auto subscription =
      bus.subscribe([&](const StreamEvent& event) { called.push_back(event.seq()); });

  bus.restore(stored(1)).value();
  bus.restore(stored(2)).value();

  EXPECT_THAT(test::read_seqs(stream), ElementsAre(1, 2));
  EXPECT_THAT(called, ElementsAre(1, 2));
}

TEST_F(B9Restore, TheEndOfARestoredStartHasItsPlaceInAFullBacklog) {
  EventBus small(io.get_executor(), {.backlog_soft = 1, .backlog_hard = 2});
  StreamEvent start(ModelStarted{});
  start.set_stamp(1, EventId{}, Timestamp{});
  small.restore(start).value();
  EventStream stream = small.stream({.overflow = Overflow::block});

  EXPECT_EQ(publish_tokens(small, 5), 2);
  EXPECT_TRUE(small.publish(ModelCompleted{}).has_value());
}

}  // namespace
}  // namespace strandbus
