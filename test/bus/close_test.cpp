// B8: close() refuses new events, readers drain what is kept and then end; handles outlive the bus.

#include "bus/reading.hpp"

#include <boost/asio/io_context.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <thread>

namespace strandbus {
namespace {

using test::publish_tokens;
using test::range;
using test::read_seqs;
using testing::ElementsAre;

struct B8Close : testing::Test {
  asio::io_context io;
  EventBus bus{io.get_executor()};
};

TEST_F(B8Close, RefusesNewEventsAndCountsThem) {
  const Publisher publisher = bus.publisher({});
  bus.close();

  EXPECT_EQ(bus.publish(make_token("t")).error(), Errc::closed);
  EXPECT_EQ(publisher.publish(make_token("t")).error(), Errc::closed);

  EXPECT_TRUE(bus.is_closed());
  EXPECT_EQ(bus.stats().refused_closed, 2U);
  EXPECT_EQ(bus.stats().published, 0U);
}

TEST_F(B8Close, ReadersDrainWhatIsKeptAndThenEnd) {
  EventStream stream = bus.stream();
  publish_tokens(bus, 3);
  bus.close();

  EXPECT_FALSE(stream.error());
  EXPECT_EQ(read_seqs(stream), range(1, 3));
  EXPECT_EQ(stream.error(), Errc::closed);
}

TEST_F(B8Close, TwiceIsLikeOnce) {
  bus.close();
  bus.close();

  EXPECT_TRUE(bus.is_closed());
}

TEST_F(B8Close, HistoryStaysReadable) {
  publish_tokens(bus, 3);
  bus.close();

  EXPECT_EQ(bus.history(1).size(), 2U);
}

TEST_F(B8Close, ACallbackThatHasSeenEverythingIsNoLongerActive) {
  const auto here = bus.subscribe([](const StreamEvent&) {});
  int called = 0;
  const auto on_executor = bus.subscribe(io.get_executor(), [&](const StreamEvent&) { ++called; });
  publish_tokens(bus, 1);
  bus.close();

  EXPECT_FALSE(here.active());
  EXPECT_TRUE(on_executor.active());
  io.poll();
  EXPECT_EQ(called, 1);
  EXPECT_FALSE(on_executor.active());
}

TEST_F(B8Close, DestroyingTheBusIsClosingIt) {
  auto mortal = std::make_unique<EventBus>(io.get_executor());
  EventStream stream = mortal->stream();
  const auto subscription = mortal->subscribe([](const StreamEvent&) {});
  const Publisher publisher = mortal->publisher({});
  publish_tokens(*mortal, 2);

  mortal.reset();

  EXPECT_EQ(publisher.publish(make_token("t")).error(), Errc::closed);
  EXPECT_EQ(read_seqs(stream), range(1, 2));
  EXPECT_EQ(stream.error(), Errc::closed);
  EXPECT_FALSE(subscription.active());
}

TEST_F(B8Close, ADeliveryOutlivesItsStreamAndItsBus) {
  std::optional<Delivery> delivery;
  {
    EventBus mortal(io.get_executor());
    EventStream stream = mortal.stream();
    mortal.publish(make_token("kept")).value();
    delivery = stream.try_next();
  }

  EXPECT_EQ(test::text_of(**delivery), "kept");
}

TEST_F(B8Close, WhileOthersPublishEveryAcceptedEventIsRead) {
  EventStream stream = bus.stream({.overflow = Overflow::block});
  std::atomic<int> accepted{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([&] {
        while (!bus.is_closed()) accepted += publish_tokens(bus, 1);
      });
    }
    while (bus.stats().published < 500) std::this_thread::yield();
    bus.close();
  }

  EXPECT_EQ(read_seqs(stream), range(1, static_cast<std::uint64_t>(accepted.load())));
}

}  // namespace
}  // namespace strandbus
