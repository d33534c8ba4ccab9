// Whatever allocation fails: the operation either has not happened, or it has happened wholly. Each
// test lets the first allocation of one operation fail, then the second, until none is left; once
// with plenty of memory afterwards and once with none until the operation has returned.

#include "bus/memory.hpp"
#include "bus/reading.hpp"

#include <boost/asio/io_context.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <new>
#include <optional>

namespace strandbus {
namespace {

using test::accounted;
using test::publish_tokens;
using test::range;
using test::Seqs;
using testing::ElementsAre;

constexpr std::size_t enough = 2000;  ///< events that a reader can note without memory

/// Reads a stream by async_wait, again and again.
struct WaitingReader {
  explicit WaitingReader(EventStream s) : stream(std::move(s)) {
    seen.reserve(enough);
    wait();
  }

  void wait() {
    stream.async_wait([this](error_code ec) {
      ended = ec;
      if (ec) return;
      while (const auto delivery = stream.try_next()) seen.push_back((*delivery)->seq());
      try {
        wait();
      } catch (const std::bad_alloc&) {
        has_to_wait = true;
      }
    });
  }
  void settle() {
    if (std::exchange(has_to_wait, false)) wait();
  }

  EventStream stream;
  Seqs seen;
  error_code ended;
  bool has_to_wait = false;
};

/// A bus with readers of every kind, which have read everything.
struct World {
  explicit World(int events) {
    for (Seqs* seqs : {&called, &posted}) seqs->reserve(enough);
    callback = bus.subscribe([this](const StreamEvent& event) { called.push_back(event.seq()); });
    executor_callback = bus.subscribe(
        io.get_executor(), [this](const StreamEvent& event) { posted.push_back(event.seq()); });
    publish_tokens(bus, events);
    settle();
  }

  void settle() {
    waiting.settle();
    also_waiting.settle();
    io.restart();
    io.poll();
  }
  std::uint64_t published() const { return bus.stats().published; }

  /// What was promised to everybody holds, and goes on to hold.
  void verify() {
    bus.publish(make_token("a wake-up that found no memory is due now")).value();
    settle();
    const std::uint64_t last = published();
    EXPECT_EQ(called, range(1, last));
    EXPECT_EQ(posted, range(1, last));
    EXPECT_EQ(waiting.seen, range(1, last));
    EXPECT_EQ(also_waiting.seen, range(1, last));
    EXPECT_EQ(blocking.try_batch(1).size(), 1U);
    for (const ReaderStats& reader : bus.stats().readers) EXPECT_EQ(accounted(reader), last);
    EXPECT_EQ(bus.stats().callback_errors, 0U);
  }

  asio::io_context io;
  EventBus bus{io.get_executor(), test::history_of(enough)};
  Publisher run = bus.publisher({.run_id = "a run whose id needs memory of its own"});
  Seqs called;
  Seqs posted;
  Subscription callback;
  Subscription executor_callback;
  WaitingReader waiting{bus.stream()};
  WaitingReader also_waiting{bus.stream()};
  EventStream blocking{bus.stream({.overflow = Overflow::block})};
};

void nothing(World&) {}

/// Runs `attempt(world)` without the n-th allocation, n = 0, 1, 2 …, each time in another world
/// with so many events that is prepared, and then `check(world, whether it threw bad_alloc)`.
template <class Prepare, class Attempt, class Check>
void without_each_allocation(int events, Prepare prepare, Attempt attempt, Check check,
                             std::initializer_list<test::Shortage> kinds = {
                                 test::Shortage::once, test::Shortage::lasting}) {
  for (const test::Shortage kind : kinds) {
    bool lacked = true;
    for (int n = 0; lacked; ++n) {
      SCOPED_TRACE("allocation " + std::to_string(n) +
                   (kind == test::Shortage::once ? " fails" : " and all later ones fail"));
      World world(events);
      prepare(world);
      bool threw = false;
      {
        const test::MemoryShortage shortage(n, kind);
        try {
          attempt(world);
        } catch (const std::bad_alloc&) {
          threw = true;
        }
        lacked = shortage.happened();
      }
      check(world, threw);
      world.verify();
      if (testing::Test::HasFailure()) return;
    }
  }
}

/// The number of events decides what publishing needs: a first segment, a place in one, another
/// segment, a longer list of segments.
struct OutOfMemoryPublish : testing::TestWithParam<int> {};

TEST_P(OutOfMemoryPublish, IsAcceptedAndDeliveredOrHasNotHappened) {
  const auto before = static_cast<std::uint64_t>(GetParam());
  without_each_allocation(
      GetParam(), nothing, [](World& world) { world.bus.publish(make_token("t")).value(); },
      [&](World& world, bool threw) {
        EXPECT_EQ(world.published(), threw ? before : before + 1);
        EXPECT_EQ(world.called, range(1, world.published()));  // before publish returned
      });
}

TEST_P(OutOfMemoryPublish, ARunHasStartedOrNot) {
  without_each_allocation(
      GetParam(), nothing, [](World& world) { world.run.publish(RunStarted{}).value(); },
      [](World& world, bool threw) {
        EXPECT_EQ(world.run.publish(make_token("t")).has_value(), !threw);
        EXPECT_EQ(world.run.publish(RunStarted{}).has_value(), threw);
      });
}

TEST_P(OutOfMemoryPublish, ARunHasEndedOrNot) {
  without_each_allocation(
      GetParam(), [](World& world) { world.run.publish(RunStarted{}).value(); },
      [](World& world) { world.run.publish(RunCompleted{}).value(); },
      [](World& world, bool threw) {
        EXPECT_EQ(world.run.publish(make_token("t")).has_value(), threw);
        EXPECT_EQ(world.run.publish(RunCompleted{}).has_value(), threw);
        EXPECT_FALSE(world.run.publish(RunStarted{}).has_value());
      });
}

TEST_P(OutOfMemoryPublish, RestoringHasHappenedOrNot) {
  const auto before = static_cast<std::uint64_t>(GetParam());
  StreamEvent event(make_token("t"));
  event.set_stamp(before + 1, {}, {});
  without_each_allocation(
      GetParam(), nothing, [&](World& world) { world.bus.restore(event).value(); },
      [&](World& world, bool threw) { EXPECT_EQ(world.published(), threw ? before : before + 1); });
}

INSTANTIATE_TEST_SUITE_P(AfterEvents, OutOfMemoryPublish, testing::Values(0, 1, 63, 64, 256),
                         testing::PrintToStringParamName());

TEST(OutOfMemory, AnEmptyBusStaysOneThatBeginsAnywhere) {
  asio::io_context io;
  bool lacked = true;
  for (int n = 0; lacked; ++n) {
    EventBus bus(io.get_executor());
    const Publisher run = bus.publisher({.run_id = "a run whose id needs memory of its own"});
    StreamEvent started(RunStarted{}, std::make_shared<const RunContext>(run.context()));
    started.set_stamp(1000, {}, {});
    bool threw = false;
    {
      const test::MemoryShortage shortage(n, test::Shortage::once);
      try {
        bus.restore(started).value();
      } catch (const std::bad_alloc&) {
        threw = true;
      }
      lacked = shortage.happened();
    }
    EXPECT_EQ(bus.stats().published, threw ? 0U : 1000U);
    if (threw) started.set_stamp(500, {}, {});
    EXPECT_EQ(bus.restore(started).has_value(), threw);
    EXPECT_EQ(bus.history().size(), 1U);
    EXPECT_EQ(bus.history().front()->seq(), threw ? 500U : 1000U);
  }
}

constexpr int some_events = 70;

TEST(OutOfMemory, ACallbackIsSubscribedOrNot) {
  std::optional<Subscription> subscription;
  Seqs seen;
  seen.reserve(enough);
  without_each_allocation(
      some_events,
      [&](World&) {
        subscription.reset();
        seen.clear();
      },
      [&](World& world) {
        subscription.emplace(
            world.bus.subscribe([&](const StreamEvent& event) { seen.push_back(event.seq()); },
                                {.from = Start::oldest(), .overflow = Overflow::block}));
      },
      [&](World& world, bool threw) {
        EXPECT_EQ(seen, range(1, threw ? 0 : some_events));
        EXPECT_EQ(world.bus.stats().readers.size(), threw ? 5U : 6U);
        publish_tokens(world.bus, 1);
        EXPECT_EQ(seen, range(1, threw ? 0 : some_events + 1));
        subscription.reset();
      });
}

TEST(OutOfMemory, ManyCallbacksComeAndGo) {
  std::vector<Subscription> subscriptions;
  subscriptions.reserve(100);
  without_each_allocation(
      some_events, [&](World&) { subscriptions.clear(); },
      [&](World& world) {
        for (int i = 0; i < 20; ++i)
          subscriptions.push_back(world.bus.subscribe([](const StreamEvent&) {}));
      },
      [&](World& world, bool) {
        const std::size_t others = world.bus.stats().readers.size() - subscriptions.size();
        EXPECT_EQ(others, 5U);
        const test::MemoryShortage shortage(0, test::Shortage::lasting);
        while (!subscriptions.empty()) subscriptions.pop_back();  // must not need any
      });
}

TEST(OutOfMemory, ACallbackOnAnExecutorIsSubscribedOrNot) {
  std::optional<Subscription> subscription;
  Seqs seen;
  seen.reserve(enough);
  without_each_allocation(
      some_events,
      [&](World&) {
        subscription.reset();
        seen.clear();
      },
      [&](World& world) {
        subscription.emplace(world.bus.subscribe(
            world.io.get_executor(), [&](const StreamEvent& event) { seen.push_back(event.seq()); },
            {.from = Start::oldest(), .overflow = Overflow::block}));
      },
      [&](World& world, bool threw) {
        EXPECT_EQ(world.bus.stats().readers.size(), threw ? 5U : 6U);
        world.settle();
        EXPECT_EQ(seen, range(1, threw ? 0 : some_events));
        subscription.reset();
      });
}

TEST(OutOfMemory, AStreamIsOpenOrNot) {
  std::optional<EventStream> stream;
  without_each_allocation(
      some_events, [&](World&) { stream.reset(); },
      [&](World& world) {
        stream.emplace(
            world.bus.stream({.from = Start::last(2), .overflow = Overflow::block, .name = "s"}));
      },
      [&](World& world, bool threw) {
        EXPECT_EQ(world.bus.stats().readers.size(), threw ? 5U : 6U);
        if (!threw) {
          EXPECT_THAT(test::read_seqs(*stream), ElementsAre(some_events - 1, some_events));
        }
        stream.reset();
      });
}

TEST(OutOfMemory, AStreamOfAnotherContextIsOpenOrNot) {
  asio::io_context other;
  std::optional<EventStream> stream;
  without_each_allocation(
      some_events, [&](World&) { stream.reset(); },
      [&](World& world) { stream.emplace(world.bus.stream(other.get_executor())); },
      [&](World& world, bool threw) {
        if (threw) stream.emplace(world.bus.stream(other.get_executor()));
        int woken = 0;
        stream->async_wait([&](error_code) { ++woken; });
        publish_tokens(world.bus, 1);
        other.restart();
        other.poll();
        EXPECT_EQ(woken, 1);
        stream.reset();
      });
}

TEST(OutOfMemory, AWaitHasBegunOrNot) {
  for (const bool ready : {false, true}) {
    std::optional<EventStream> stream;
    int woken = 0;
    without_each_allocation(
        some_events,
        [&](World& world) {
          stream.emplace(world.bus.stream({.from = Start::last(ready ? 1 : 0)}));
          woken = 0;
        },
        [&](World&) { stream->async_wait([&](error_code ec) { woken += ec ? 100 : 1; }); },
        [&](World& world, bool threw) {
          publish_tokens(world.bus, 1);
          world.settle();
          EXPECT_EQ(woken, threw ? 0 : 1);
          stream->async_wait([&](error_code ec) { woken += ec ? 100 : 10; });
          world.settle();
          EXPECT_EQ(woken, threw ? 10 : 11);
          stream.reset();
        });
  }
}

TEST(OutOfMemory, AWriterWaitsOrNot) {
  int woken = 0;
  without_each_allocation(
      some_events, [&](World&) { woken = 0; },
      [&](World& world) {
        world.bus.async_writable([&](error_code ec) { woken += ec ? 100 : 1; });
      },
      [&](World& world, bool threw) {
        world.settle();
        EXPECT_EQ(woken, threw ? 0 : 1);
      });
}

TEST(OutOfMemory, WhatOnlyLooksChangesNothing) {
  without_each_allocation(
      some_events, nothing,
      [](World& world) {
        EXPECT_EQ(world.bus.history(10, 20).size(), 20U);
        EXPECT_EQ(world.bus.stats().published, some_events);
        EXPECT_EQ(world.bus.publisher({.agent = "planner"}).turn(1).model("m").context().agent,
                  "planner");
      },
      [](World& world, bool) { EXPECT_EQ(world.published(), some_events); });
}

TEST(OutOfMemory, APublisherToACallableIsMadeOrNot) {
  without_each_allocation(
      some_events, nothing,
      [](World&) {
        int called = 0;
        const Publisher publisher({}, [&](const StreamEvent&) { ++called; });
        publisher.publish(make_token("t")).value();
        EXPECT_EQ(called, 1);
      },
      [](World&, bool) {});
}

/// A wake-up that finds no memory tries again until it does, so the shortage must have an end.
TEST(OutOfMemory, AWakeUpIsMadeUpForWithoutAnotherEvent) {
  without_each_allocation(
      some_events, [](World& world) { publish_tokens(world.bus, 3); },
      [](World& world) { world.io.poll(); },
      [](World& world, bool threw) {
        EXPECT_FALSE(threw);
        world.settle();
        EXPECT_EQ(world.waiting.seen, range(1, some_events + 3));
        EXPECT_EQ(world.also_waiting.seen, range(1, some_events + 3));
        EXPECT_EQ(world.posted, range(1, some_events + 3));
      },
      {test::Shortage::once});
}

TEST(OutOfMemory, ACancelledOrDestroyedStreamGetsItsHandlerCalled) {
  for (const bool destroy : {false, true}) {
    std::optional<EventStream> stream;
    error_code ended;
    without_each_allocation(
        some_events,
        [&](World& world) {
          stream.emplace(world.bus.stream());
          stream->async_wait([&](error_code ec) { ended = ec; });
          ended = {};
        },
        [&](World&) {
          if (destroy) {
            stream.reset();
          } else {
            stream->cancel();
          }
        },
        [&](World& world, bool threw) {
          EXPECT_FALSE(threw);
          publish_tokens(world.bus, 1);
          world.settle();
          EXPECT_EQ(ended, asio::error::operation_aborted);
          stream.reset();
        });
  }
}

TEST(OutOfMemory, ClosingEndsTheReadersAtOnceOrWhenItIsCalledAgain) {
  bool lacked = true;
  for (int n = 0; lacked; ++n) {
    World world(some_events);
    {
      const test::MemoryShortage shortage(n, test::Shortage::lasting);
      EXPECT_NO_THROW(world.bus.close());
      lacked = shortage.happened();
    }
    world.bus.close();
    world.settle();
    EXPECT_EQ(world.waiting.ended, Errc::closed);
    EXPECT_EQ(world.waiting.seen, range(1, some_events));
    EXPECT_EQ(world.posted, range(1, some_events));
  }
}

}  // namespace
}  // namespace strandbus
