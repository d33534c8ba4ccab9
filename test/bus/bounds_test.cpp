// B4: history is bounded by count and by bytes; memory does not grow with a slow or dead reader.

#include "bus/reading.hpp"

#include <boost/asio/io_context.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>

namespace strandbus {
namespace {

using test::big_token;
using test::history_of;
using test::publish_tokens;
using test::range;
using test::read_seqs;
using testing::ElementsAre;
using testing::HasSubstr;

/// How far the number of live events may exceed the history: whole segments are dropped, one is
/// being filled, and a reader may hold one more.
constexpr long slack = 3 * 64;

TEST(B4Bounds, HistoryIsBoundedByCount) {
  asio::io_context io;
  EventBus bus(io.get_executor(), history_of(100));

  publish_tokens(bus, 1000);

  EXPECT_EQ(bus.stats().kept, 100U);
  EXPECT_EQ(bus.history().size(), 100U);
  EXPECT_EQ(bus.history().front()->seq(), 901U);
}

TEST(B4Bounds, HistoryIsBoundedByBytes) {
  asio::io_context io;
  EventBus bus(io.get_executor(), {.history = 1000, .history_bytes = 100'000});

  for (int i = 0; i < 300; ++i) bus.publish(big_token(10'000)).value();

  const BusStats stats = bus.stats();
  EXPECT_LE(stats.kept_bytes, 100'000U);
  EXPECT_EQ(stats.kept, 9U);  // each needs a little more than its text
}

TEST(B4Bounds, BytesAreGivenBackWhenSmallEventsFollow) {
  asio::io_context io;
  EventBus bus(io.get_executor(), {.history = 10, .history_bytes = 100'000});

  for (int i = 0; i < 10; ++i) bus.publish(big_token(5'000)).value();
  publish_tokens(bus, 10);

  EXPECT_EQ(bus.stats().kept, 10U);
  EXPECT_LT(bus.stats().kept_bytes, 10'000U);
}

TEST(B4Bounds, AnEventThatIsLargerThanTheBoundIsKeptUntilTheNextOne) {
  asio::io_context io;
  EventBus bus(io.get_executor(), {.history_bytes = 1000});
  EventStream stream = bus.stream();
  int called = 0;
  const auto subscription = bus.subscribe([&](const StreamEvent&) { ++called; });

  bus.publish(big_token(5000)).value();

  EXPECT_EQ(bus.stats().kept, 1U);
  EXPECT_EQ(called, 1);
  EXPECT_THAT(read_seqs(stream), ElementsAre(1));
  bus.publish(big_token(5000)).value();
  EXPECT_EQ(bus.stats().kept, 1U);
  EXPECT_LE(bus.stats().kept_bytes, 6000U);
}

TEST(B4Bounds, ALateReaderOfABusWhoseHistoryIsTinyDoesNotHang) {
  asio::io_context io;
  EventBus bus(io.get_executor(), {.history_bytes = 1});
  EventStream stream = bus.stream();

  publish_tokens(bus, 3);

  EXPECT_THAT(read_seqs(stream), ElementsAre(3));
  EXPECT_EQ(stream.stats().missed, 2U);
}

TEST(B4Bounds, AStalledReaderDoesNotKeepEventsAlive) {
  asio::io_context io;
  EventBus bus(io.get_executor(), history_of(128));
  EventStream stalled = bus.stream();
  EventStream began_to_read = bus.stream();
  const auto context =
      std::make_shared<const RunContext>();  // its use count counts the live events

  long most_alive = 0;
  for (int i = 0; i < 200'000; ++i) {
    bus.publish(StreamEvent(make_token("t"), context)).value();
    if (i == 0) began_to_read.try_next();
    most_alive = std::max(most_alive, context.use_count() - 1);
  }

  EXPECT_LE(most_alive, 128 + slack);
  EXPECT_EQ(stalled.stats().lag, 200'000U);
  EXPECT_EQ(stalled.try_next()->missed(), 200'000U - 128U);
}

TEST(B4Bounds, AStalledReaderOfLargeEventsKeepsASmallPartOfTheHistoryAlive) {
  asio::io_context io;
  EventBus bus(io.get_executor(), {.history = 1000, .history_bytes = 80'000});
  EventStream stalled = bus.stream();
  const auto context = std::make_shared<const RunContext>();
  bus.publish(StreamEvent(big_token(1000), context)).value();
  ASSERT_TRUE(stalled.try_next());  // it now stands in the first segment

  for (int i = 0; i < 10'000; ++i) bus.publish(StreamEvent(big_token(1000), context)).value();

  const long alive = context.use_count() - 1;
  EXPECT_LE(alive,
            static_cast<long>(bus.stats().kept) + 3 * 11);  // segments of an eighth of the bytes
}

TEST(B4Bounds, ABlockingReaderKeepsOnlyWhatItHasNotRead) {
  asio::io_context io;
  EventBus bus(io.get_executor(), history_of(10));
  EventStream stream = bus.stream({.overflow = Overflow::block});

  publish_tokens(bus, 1000);
  EXPECT_EQ(bus.stats().kept, 1000U);
  for (int i = 0; i < 400; ++i) stream.try_next();

  EXPECT_EQ(bus.stats().kept, 600U);
}

TEST(B4Bounds, WhatABlockingReaderHeldIsReleasedWhenItGoes) {
  asio::io_context io;
  EventBus bus(io.get_executor(), history_of(10));
  const auto context = std::make_shared<const RunContext>();
  {
    const EventStream stream = bus.stream({.overflow = Overflow::block});
    for (int i = 0; i < 5000; ++i) bus.publish(StreamEvent(make_token("t"), context)).value();
    EXPECT_EQ(context.use_count() - 1, 5000);
  }

  EXPECT_EQ(bus.stats().kept, 10U);
  EXPECT_LE(context.use_count() - 1, 10 + slack);
}

TEST(B4Bounds, WhatABlockingReaderHeldIsReleasedByPublishingOnceItHasRead) {
  asio::io_context io;
  EventBus bus(io.get_executor(), history_of(10));
  EventStream stream = bus.stream({.overflow = Overflow::block});
  const auto context = std::make_shared<const RunContext>();
  for (int i = 0; i < 5000; ++i) bus.publish(StreamEvent(make_token("t"), context)).value();

  while (!stream.try_batch().empty()) {
  }
  for (int i = 0; i < 100; ++i) bus.publish(StreamEvent(make_token("t"), context)).value();

  EXPECT_LE(context.use_count() - 1, 100 + 10 + slack);
}

TEST(B4Bounds, AHandleKeepsItsSegmentAndNotTheHistory) {
  asio::io_context io;
  EventBus bus(io.get_executor(), history_of(10));
  EventStream stream = bus.stream();
  const auto context = std::make_shared<const RunContext>();
  bus.publish(StreamEvent(make_token("first"), context)).value();
  const auto first = stream.try_next();

  for (int i = 0; i < 5000; ++i) bus.publish(StreamEvent(make_token("t"), context)).value();

  EXPECT_EQ(test::text_of(**first), "first");
  EXPECT_LE(context.use_count() - 1, 10 + slack);
}

TEST(B4Bounds, ReadersNeverSeeBeyondASegmentThatWasSealedEarly) {
  asio::io_context io;
  // Events of a tenth of a segment's bytes: segments are sealed long before they hold 64 events.
  EventBus bus(io.get_executor(), {.history = 4096, .history_bytes = 8 * 10'000});
  EventStream stream = bus.stream({.overflow = Overflow::block});
  constexpr int events = 20'000;
  std::jthread publisher([&] {
    for (int i = 0; i < events;) i += bus.publish(big_token(900)).has_value();
    bus.close();
  });

  std::uint64_t seen = 0;
  bool whole = true;
  while (!stream.error()) {
    for (const StreamEvent& event : stream.try_batch()) {
      whole = whole && event.seq() == ++seen && event.get_if<TokenDelta>()->text.size() == 900;
    }
  }

  EXPECT_TRUE(whole);
  EXPECT_EQ(seen, static_cast<std::uint64_t>(events));
}

TEST(B4Bounds, AnOptionThatIsNotAllowedIsNamed) {
  asio::io_context io;
  const auto message_of = [&](const BusOptions& options) -> std::string {
    try {
      EventBus bus(io.get_executor(), options);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "";
  };

  EXPECT_THAT(message_of({.history = 0}), HasSubstr("history is 0; allowed is at least 1"));
  EXPECT_THAT(message_of({.history_bytes = 0}), HasSubstr("history_bytes is 0"));
  EXPECT_THAT(message_of({.backlog_soft = 0}), HasSubstr("backlog_soft is 0"));
  EXPECT_THAT(message_of({.backlog_soft = 9, .backlog_hard = 8}),
              HasSubstr("backlog_hard is 8; allowed is at least backlog_soft"));
  EXPECT_EQ(message_of({}), "");
}

}  // namespace
}  // namespace strandbus
