// B6: what happens to a reader that is slower than the publishers: drop_oldest, disconnect, block.

#include "bus/reading.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace strandbus {
namespace {

using test::history_of;
using test::publish_tokens;
using test::range;
using test::read_deliveries;
using test::read_seqs;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST(B6DropOldest, TheReaderLearnsHowManyEventsItMissed) {
  asio::io_context io;
  EventBus bus(io.get_executor(), history_of(4));
  EventStream stream = bus.stream();

  publish_tokens(bus, 10);
  const auto read = read_deliveries(stream);

  ASSERT_EQ(read.size(), 4U);
  EXPECT_EQ(read[0]->seq(), 7U);
  EXPECT_EQ(read[0].missed(), 6U);
  EXPECT_EQ(read[1].missed(), 0U);
  EXPECT_EQ(stream.stats().missed, 6U);
}

TEST(B6DropOldest, EachGapIsToldOnce) {
  asio::io_context io;
  EventBus bus(io.get_executor(), history_of(2));
  EventStream stream = bus.stream();

  publish_tokens(bus, 5);
  const auto first = stream.try_next();
  publish_tokens(bus, 5);
  const auto second = stream.try_next();

  EXPECT_EQ((*first)->seq(), 4U);
  EXPECT_EQ(first->missed(), 3U);
  EXPECT_EQ((*second)->seq(), 9U);
  EXPECT_EQ(second->missed(), 4U);
}

TEST(B6DropOldest, ABatchTellsWhatWasMissedBeforeItsFirstEvent) {
  asio::io_context io;
  EventBus bus(io.get_executor(), history_of(4));
  EventStream stream = bus.stream();

  publish_tokens(bus, 10);
  const Batch batch = stream.try_batch();

  EXPECT_EQ(batch.missed(), 6U);
  EXPECT_EQ(batch.delivery(batch.begin()).missed(), 6U);
  EXPECT_EQ(batch.delivery(std::next(batch.begin())).missed(), 0U);
}

TEST(B6DropOldest, WhatIsMissedIsToldAcrossEventsThatTheFilterRejects) {
  asio::io_context io;
  EventBus bus(io.get_executor(), history_of(2));
  EventStream stream = bus.stream({.filter = Filter().types({EventType::error})});

  publish_tokens(bus, 5);
  EXPECT_FALSE(stream.try_next());
  bus.publish(make_error("late", ErrorCode{})).value();
  const auto delivery = stream.try_next();

  EXPECT_EQ((*delivery)->seq(), 6U);
  EXPECT_EQ(delivery->missed(), 3U);
}

TEST(B6DropOldest, ACallbackThatPublishesFasterThanItIsCalledLearnsWhatItMissed) {
  asio::io_context io;
  EventBus bus(io.get_executor(), history_of(4));
  test::Seqs seen;
  std::uint64_t missed = 0;
  const auto subscription = bus.subscribe([&](const Delivery& delivery) {
    seen.push_back(delivery->seq());
    missed += delivery.missed();
    if (delivery->seq() == 1) publish_tokens(bus, 10);
  });

  publish_tokens(bus, 1);

  EXPECT_THAT(seen, ElementsAre(1, 8, 9, 10, 11));
  EXPECT_EQ(missed, 6U);
}

TEST(B6Disconnect, TheStreamEndsWithLagged) {
  asio::io_context io;
  EventBus bus(io.get_executor(), history_of(4));
  EventStream stream = bus.stream({.overflow = Overflow::disconnect});

  publish_tokens(bus, 5);

  EXPECT_FALSE(stream.try_next());
  EXPECT_EQ(stream.error(), Errc::lagged);
  EXPECT_TRUE(stream.try_batch().empty());
  EXPECT_EQ(test::accounted(stream.stats()), 5U);
}

TEST(B6Disconnect, WhatAWaitHasFoundCanBeReadThoughItIsNoLongerKept) {
  asio::io_context io;
  EventBus bus(io.get_executor(), history_of(2));
  EventStream stream = bus.stream({.overflow = Overflow::disconnect});
  publish_tokens(bus, 1);
  stream.async_wait([](error_code ec) { EXPECT_FALSE(ec); });
  io.poll();

  publish_tokens(bus, 5);

  EXPECT_EQ(read_seqs(stream), range(1, 1));
  EXPECT_EQ(stream.error(), Errc::lagged);
}

TEST(B6Disconnect, AReaderThatKeepsUpIsNotDisconnected) {
  asio::io_context io;
  EventBus bus(io.get_executor(), history_of(4));
  EventStream stream = bus.stream({.overflow = Overflow::disconnect});

  for (int i = 0; i < 10; ++i) {
    publish_tokens(bus, 4);
    EXPECT_THAT(read_seqs(stream), SizeIs(4));
  }

  EXPECT_FALSE(stream.error());
}

TEST(B6Disconnect, ALaggedReaderLeavesTheBusAndTheOthersStay) {
  asio::io_context io;
  EventBus bus(io.get_executor(), history_of(4));
  EventStream slow = bus.stream({.overflow = Overflow::disconnect, .name = "slow"});
  EventStream other = bus.stream({.name = "other"});

  publish_tokens(bus, 5);
  slow.try_next();

  ASSERT_THAT(bus.stats().readers, SizeIs(1));
  EXPECT_EQ(bus.stats().readers[0].name, "other");
  EXPECT_EQ((*other.try_next())->seq(), 2U);
}

TEST(B6Disconnect, ACallbackEndsWithLaggedAndIsNotCalledAgain) {
  asio::io_context io;
  EventBus bus(io.get_executor(), history_of(4));
  int called = 0;
  const auto subscription = bus.subscribe(
      [&](const StreamEvent&) {
        if (++called == 1) publish_tokens(bus, 10);
      },
      {.overflow = Overflow::disconnect});

  publish_tokens(bus, 2);

  EXPECT_EQ(called, 1);
  EXPECT_EQ(subscription.error(), Errc::lagged);
  EXPECT_FALSE(subscription.active());
}

TEST(B6Disconnect, ACallbackOnAnExecutorEndsWithLagged) {
  asio::io_context io;
  EventBus bus(io.get_executor(), history_of(4));
  int called = 0;
  const auto subscription = bus.subscribe(io.get_executor(), [&](const StreamEvent&) { ++called; },
                                          {.overflow = Overflow::disconnect});

  publish_tokens(bus, 5);
  io.poll();

  EXPECT_EQ(called, 0);
  EXPECT_EQ(subscription.error(), Errc::lagged);
}

TEST(B6Disconnect, AReaderThatIsOvertakenWhileItReadsEndsAndDoesNotSpin) {
  asio::io_context io;
  EventBus bus(io.get_executor(), history_of(1));
  std::jthread publisher([&] {
    publish_tokens(bus, 10'000);
    bus.close();
  });

  int lagged = 0;
  while (!bus.is_closed()) {
    EventStream stream = bus.stream({.overflow = Overflow::disconnect});
    while (!stream.error()) stream.try_next();
    lagged += stream.error() == Errc::lagged;
  }

  EXPECT_GE(lagged, 0);
}

struct B6Block : testing::Test {
  static BusOptions options() {
    BusOptions options;
    options.history = 2;
    options.backlog_soft = 4;
    options.backlog_hard = 8;
    return options;
  }

  error_code refusal(StreamEvent event) { return bus.publish(std::move(event)).error(); }
  template <PayloadType T>
  error_code refusal(T payload) {
    return refusal(StreamEvent(std::move(payload)));
  }

  asio::io_context io;
  EventBus bus{io.get_executor(), options()};
};

TEST_F(B6Block, TheReaderMissesNothing) {
  EventStream stream = bus.stream({.overflow = Overflow::block});

  publish_tokens(bus, 8);

  EXPECT_EQ(read_seqs(stream), range(1, 8));
  EXPECT_EQ(stream.stats().missed, 0U);
}

TEST_F(B6Block, ANewReaderGetsWhatIsKeptForTheBlockingOne) {
  EventStream stream = bus.stream({.overflow = Overflow::block});
  publish_tokens(bus, 8);

  EventStream late = bus.stream({.from = Start::oldest()});

  EXPECT_EQ(read_seqs(late), range(1, 8));
}

TEST_F(B6Block, PublishRefusesAtTheHardBoundAndCountsIt) {
  EventStream stream = bus.stream({.overflow = Overflow::block});

  EXPECT_EQ(publish_tokens(bus, 20), 8);
  EXPECT_EQ(refusal(make_token("t")), Errc::backlog_full);

  EXPECT_EQ(bus.stats().refused_backlog, 13U);
  EXPECT_EQ(bus.stats().published, 8U);
}

TEST_F(B6Block, PublishAcceptsAgainAsSoonAsOneEventWasRead) {
  EventStream stream = bus.stream({.overflow = Overflow::block});
  publish_tokens(bus, 20);

  stream.try_next();

  EXPECT_FALSE(refusal(make_token("t")));
  EXPECT_EQ(refusal(make_token("t")), Errc::backlog_full);
  EXPECT_EQ(read_seqs(stream), range(2, 9));
}

TEST_F(B6Block, TheSlowestBlockingReaderDecides) {
  EventStream fast = bus.stream({.overflow = Overflow::block});
  EventStream slow = bus.stream({.overflow = Overflow::block});
  publish_tokens(bus, 8);

  read_seqs(fast);
  EXPECT_EQ(refusal(make_token("t")), Errc::backlog_full);
  read_seqs(slow);

  EXPECT_FALSE(refusal(make_token("t")));
}

TEST_F(B6Block, OtherReadersDoNotHoldPublishersBack) {
  EventStream stalled = bus.stream();

  EXPECT_EQ(publish_tokens(bus, 100), 100);
}

TEST_F(B6Block, EventsThatTheFilterRejectsAreReadByLooking) {
  EventStream stream =
      bus.stream({.overflow = Overflow::block, .filter = Filter().types({EventType::error})});
  publish_tokens(bus, 8);

  EXPECT_FALSE(stream.try_next());

  EXPECT_FALSE(refusal(make_token("t")));
}

TEST_F(B6Block, AReaderThatRejectsWhileOthersPublishGetsOn) {
  BusOptions options;
  options.backlog_hard = 200;
  options.backlog_soft = 200;
  EventBus busy(io.get_executor(), options);
  int refused = 0;
  int left = 1000;
  Filter none;
  none.where([&](const StreamEvent&) {
    if (left-- > 0 && !busy.publish(make_token("t"))) ++refused;
    return false;
  });
  EventStream stream = busy.stream({.overflow = Overflow::block, .filter = none});
  publish_tokens(busy, 1);

  EXPECT_FALSE(stream.try_next());

  EXPECT_EQ(refused, 0);
  EXPECT_EQ(stream.stats().filtered, 1001U);
}

TEST_F(B6Block, TheEndOfWhatWasStartedFitsWhenTheBacklogIsFull) {
  EventStream stream = bus.stream({.overflow = Overflow::block});
  bus.publish(ModelStarted{}).value();
  bus.publish(ToolCallStarted{}).value();
  publish_tokens(bus, 20);

  EXPECT_FALSE(refusal(ToolCallCompleted{}));
  EXPECT_FALSE(refusal(ModelCompleted{}));

  EXPECT_THAT(read_seqs(stream), SizeIs(10));
}

TEST_F(B6Block, AnEndFitsOnceForEachStart) {
  EventStream stream = bus.stream({.overflow = Overflow::block});
  bus.publish(ModelStarted{}).value();
  publish_tokens(bus, 20);

  EXPECT_FALSE(refusal(ModelFailed{}));
  EXPECT_EQ(refusal(ModelFailed{}), Errc::backlog_full);
  EXPECT_EQ(refusal(ToolCallCompleted{}), Errc::backlog_full);
}

TEST_F(B6Block, AStartIsRefusedWhenTheBacklogIsFull) {
  EventStream stream = bus.stream({.overflow = Overflow::block});
  publish_tokens(bus, 20);

  EXPECT_EQ(refusal(ModelStarted{}), Errc::backlog_full);
  EXPECT_EQ(refusal(ModelCompleted{}), Errc::backlog_full);
}

TEST_F(B6Block, TheTerminalEventOfARunFitsWhateverHappenedInBetween) {
  EventStream stream = bus.stream({.overflow = Overflow::block});
  const Publisher run = bus.publisher({.run_id = "r"});
  run.publish(RunStarted{}).value();
  run.publish(TurnStarted{}).value();
  run.publish(ApprovalRequested{}).value();
  run.publish(ApprovalResolved{}).value();
  run.publish(ToolCallDenied{}).value();  // an end that had no start takes nobody's place
  publish_tokens(bus, 20);

  EXPECT_EQ(run.publish(ToolCallDenied{}).error(), Errc::backlog_full);
  EXPECT_TRUE(run.publish(TurnEnded{}).has_value());
  EXPECT_TRUE(run.publish(RunCompleted{}).has_value());
}

TEST_F(B6Block, ManyOpenStartsDoNotUseUpTheBound) {
  EventStream stream = bus.stream({.overflow = Overflow::block});
  for (int i = 0; i < 20; ++i) {
    bus.publish(ToolCallStarted{}).value();
    stream.try_next();
  }

  EXPECT_FALSE(refusal(make_token("t")));
}

TEST_F(B6Block, ABlockingReaderThatIsDestroyedHoldsNobodyBack) {
  {
    const EventStream stream = bus.stream({.overflow = Overflow::block});
    publish_tokens(bus, 8);
  }

  EXPECT_EQ(publish_tokens(bus, 100), 100);
  EXPECT_EQ(bus.stats().kept, 2U);
}

TEST_F(B6Block, ABlockingCallbackMissesNothingAndRefusesWhatItPublishesBeyondTheBound) {
  test::Seqs seen;
  int accepted = 0;
  const auto subscription = bus.subscribe(
      [&](const StreamEvent& event) {
        seen.push_back(event.seq());
        if (event.seq() == 1) accepted = publish_tokens(bus, 20);
      },
      {.overflow = Overflow::block});

  publish_tokens(bus, 1);

  EXPECT_EQ(accepted, 7);  // the event that is being handled is not read yet
  EXPECT_EQ(seen, range(1, 8));
}

struct B6Writable : B6Block {
  void start() {
    bus.async_writable([this](error_code ec) { completions.push_back(ec); });
    io.poll();
  }

  EventStream stream = bus.stream({.overflow = Overflow::block});
  std::vector<error_code> completions;
};

TEST_F(B6Writable, CompletesAtOnceBelowTheSoftBound) {
  publish_tokens(bus, 3);
  start();

  EXPECT_THAT(completions, ElementsAre(error_code()));
}

TEST_F(B6Writable, WaitsAtTheSoftBoundUntilTheReaderHasCaughtUp) {
  publish_tokens(bus, 6);
  start();
  EXPECT_THAT(completions, IsEmpty());

  stream.try_next();
  stream.try_next();
  io.poll();
  EXPECT_THAT(completions, IsEmpty());  // four are unread
  stream.try_next();
  io.poll();

  EXPECT_THAT(completions, ElementsAre(error_code()));
}

TEST_F(B6Writable, WaitsForTheSlowestOfSeveralReaders) {
  EventStream slow = bus.stream({.overflow = Overflow::block});
  publish_tokens(bus, 6);
  stream.try_batch(5);
  start();
  EXPECT_THAT(completions, IsEmpty());

  slow.try_batch(5);
  io.poll();

  EXPECT_THAT(completions, ElementsAre(error_code()));
}

TEST_F(B6Writable, CompletesWhenABatchWasRead) {
  publish_tokens(bus, 6);
  start();

  stream.try_batch();
  io.poll();

  EXPECT_THAT(completions, ElementsAre(error_code()));
}

TEST_F(B6Writable, CompletesWhenTheBlockingReaderIsDestroyed) {
  publish_tokens(bus, 6);
  start();

  stream = EventStream();
  io.poll();

  EXPECT_THAT(completions, ElementsAre(error_code()));
}

TEST_F(B6Writable, EndsWithClosedWhenTheBusIsClosed) {
  publish_tokens(bus, 6);
  start();

  bus.close();
  io.poll();

  EXPECT_THAT(completions, ElementsAre(Errc::closed));
}

TEST_F(B6Writable, ManyCanWait) {
  publish_tokens(bus, 6);
  for (int i = 0; i < 10; ++i) start();

  stream.try_batch();
  io.poll();

  EXPECT_THAT(completions, SizeIs(10));
}

TEST_F(B6Writable, CompletesAtOnceWhenNobodyBlocks) {
  stream = EventStream();
  publish_tokens(bus, 100);
  start();

  EXPECT_THAT(completions, ElementsAre(error_code()));
}

TEST_F(B6Writable, APublisherAndAReaderOnOneStrandPassEverything) {
  const auto publish_all = [&]() -> asio::awaitable<void> {
    for (int i = 0; i < 1000; ++i) {
      co_await bus.async_writable(asio::use_awaitable);
      const auto published = bus.publish(make_token("t"));
      EXPECT_TRUE(published.has_value());
    }
    bus.close();
  };
  test::Seqs seen;
  const auto read_all = [&]() -> asio::awaitable<void> {
    while (const auto delivery = co_await stream.next()) seen.push_back((*delivery)->seq());
  };
  const auto rethrow = [](const std::exception_ptr& error) {
    if (error) std::rethrow_exception(error);
  };

  asio::co_spawn(io, publish_all, rethrow);
  asio::co_spawn(io, read_all, rethrow);
  io.run();

  EXPECT_EQ(seen, range(1, 1000));
}

}  // namespace
}  // namespace strandbus
