// B12: the bus and each reader tell what became of the events.

#include "bus/reading.hpp"

#include <boost/asio/io_context.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace strandbus {
namespace {

using test::history_of;
using test::publish_tokens;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;

struct B12Stats : testing::Test {
  asio::io_context io;
  EventBus bus{io.get_executor(), history_of(4)};
};

TEST_F(B12Stats, OfAFreshBusAreZero) {
  const BusStats stats = bus.stats();

  EXPECT_EQ(stats.published, 0U);
  EXPECT_EQ(stats.kept, 0U);
  EXPECT_EQ(stats.kept_bytes, 0U);
  EXPECT_THAT(stats.readers, IsEmpty());
}

TEST_F(B12Stats, CountPublishedAndKept) {
  publish_tokens(bus, 10);

  EXPECT_EQ(bus.stats().published, 10U);
  EXPECT_EQ(bus.stats().kept, 4U);
  EXPECT_EQ(bus.stats().kept_bytes, 4 * bus.history().front()->approximate_bytes());
}

TEST_F(B12Stats, NameEachReaderWithItsPolicyLagAndLoss) {
  EventStream stream = bus.stream({.name = "viewer"});
  const auto subscription =
      bus.subscribe([](const StreamEvent&) {}, {.overflow = Overflow::block, .name = "printer"});
  publish_tokens(bus, 10);

  const auto before = bus.stats().readers;
  stream.try_next();
  const auto behind = bus.stats().readers;

  EXPECT_THAT(before, ElementsAre(Field(&ReaderStats::name, "viewer"),
                                  Field(&ReaderStats::name, "printer")));
  EXPECT_EQ(before[0].lag, 10U);
  EXPECT_EQ(before[1].lag, 0U);
  EXPECT_EQ(before[1].delivered, 10U);
  EXPECT_EQ(before[1].overflow, Overflow::block);
  EXPECT_EQ(behind[0].lag, 3U);
  EXPECT_EQ(behind[0].missed, 6U);
  EXPECT_EQ(behind[0].delivered, 1U);
}

TEST_F(B12Stats, ForgetReadersThatHaveLeft) {
  { const EventStream stream = bus.stream(); }
  bus.subscribe([](const StreamEvent&) {}).unsubscribe();

  EXPECT_THAT(bus.stats().readers, IsEmpty());
}

TEST_F(B12Stats, OfAReaderStayReadableWhenTheBusIsGone) {
  EventStream stream;
  Subscription subscription;
  {
    EventBus mortal(io.get_executor());
    stream = mortal.stream();
    subscription = mortal.subscribe([](const StreamEvent&) {});
    publish_tokens(mortal, 3);
  }
  stream.try_next();

  EXPECT_EQ(stream.stats().delivered, 1U);
  EXPECT_EQ(stream.stats().lag, 2U);
  EXPECT_EQ(subscription.stats().delivered, 3U);
}

TEST_F(B12Stats, OfNothingAreZero) {
  EXPECT_EQ(EventStream().stats().delivered, 0U);
  EXPECT_EQ(Subscription().stats().delivered, 0U);
}

TEST_F(B12Stats, MayBeTakenFromAnyThread) {
  EventStream stream = bus.stream({.overflow = Overflow::block});
  std::atomic<bool> stop{false};
  std::jthread watcher([&] {
    std::uint64_t published = 0;
    while (!stop) {
      const BusStats stats = bus.stats();
      EXPECT_GE(stats.published, published);
      published = stats.published;
      EXPECT_LE(stream.stats().delivered, 2000U);
    }
  });

  for (int i = 0; i < 2000; ++i) {
    publish_tokens(bus, 1);
    stream.try_next();
  }
  stop = true;
}

}  // namespace
}  // namespace strandbus
