// B6: a blocking reader goes from segment to segment without a look into the log, as long as it has
// not left.

#include "bus/reading.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>

namespace strandbus {
namespace {

using test::history_of;
using test::publish_tokens;
using test::range;
using test::read_seqs;

BusOptions small_segments() {
  BusOptions options = history_of(2);
  options.history_bytes = 4096;  // a segment is sealed after a few events
  return options;
}

struct B6Following : testing::TestWithParam<BusOptions (*)()> {
  asio::io_context io;
  EventBus bus{io.get_executor(), GetParam()()};
};

TEST_P(B6Following, AReaderManySegmentsBehindMissesNothing) {
  EventStream stream = bus.stream({.overflow = Overflow::block});
  publish_tokens(bus, 1000);

  EXPECT_EQ(read_seqs(stream), range(1, 1000));
  EXPECT_EQ(stream.stats().missed, 0U);
  EXPECT_LE(bus.stats().kept, 2U);
}

TEST_P(B6Following, SoDoesOneThatReadsBatches) {
  EventStream stream = bus.stream({.overflow = Overflow::block});
  std::uint64_t last = 0;
  for (int round = 0; round < 50; ++round) {
    publish_tokens(bus, 1 + round * 7 % 90);
    for (Batch batch = stream.try_batch(10); !batch.empty(); batch = stream.try_batch(10)) {
      for (const StreamEvent& event : batch) EXPECT_EQ(event.seq(), ++last);
    }
    EXPECT_EQ(last, bus.stats().published);
  }
}

TEST_P(B6Following, AReaderThatWantsLittleGoesOverManySegments) {
  EventStream stream =
      bus.stream({.overflow = Overflow::block, .filter = Filter().types({EventType::error})});
  publish_tokens(bus, 700);
  bus.publish(Error{}).value();
  publish_tokens(bus, 300);

  EXPECT_EQ(read_seqs(stream), range(701, 701));
  EXPECT_EQ(stream.stats().filtered, 1000U);
  EXPECT_EQ(stream.stats().lag, 0U);
}

TEST_P(B6Following, HeldEventsStayWhenTheReaderGoesOn) {
  EventStream stream = bus.stream({.overflow = Overflow::block});
  publish_tokens(bus, 300);
  const auto held = test::read_deliveries(stream);
  publish_tokens(bus, 300);
  read_seqs(stream);
  stream = EventStream();

  ASSERT_EQ(held.size(), 300U);
  for (std::size_t i = 0; i < held.size(); ++i)
    EXPECT_EQ(test::text_of(*held[i]), std::to_string(i));
}

TEST_P(B6Following, AReaderThatBeginsWithLandmarksComesToTheWindow) {
  for (int i = 0; i < 200; ++i) {
    bus.publish(make_status(AgentStatus::thinking, std::to_string(i))).value();
    publish_tokens(bus, 1);
  }
  EventStream stream = bus.stream({.from = Start::after(0), .overflow = Overflow::block});
  publish_tokens(bus, 500);
  std::uint64_t expected = 1;
  while (const auto delivery = stream.try_next()) {
    EXPECT_EQ(delivery->event().seq(), expected + delivery->missed());
    expected = delivery->event().seq() + 1;
  }

  EXPECT_EQ(expected, 901U);
  EXPECT_EQ(test::accounted(stream.stats()), 900U);
}

TEST_P(B6Following, AReaderOfAnEmptyBusComesToWhatIsRestored) {
  EventStream stream = bus.stream({.overflow = Overflow::block});
  for (std::uint64_t seq = 1000; seq < 1300; ++seq) {
    StreamEvent event(make_token("t"));
    event.set_stamp(seq, {}, {});
    bus.restore(event).value();
  }

  EXPECT_EQ(read_seqs(stream), range(1000, 1299));
  EXPECT_EQ(stream.stats().missed, 999U);
}

TEST_P(B6Following, ASubscriptionMayEndWhileItsPredicateLooks) {
  // The reader stands in a segment whose successors are dropped as soon as it has left.
  asio::thread_pool pool(1);
  std::atomic<bool> looks{false};
  std::atomic<bool> may_go_on{false};
  std::uint64_t last = 0;
  bool whole = true;
  Filter none;
  none.where([&](const StreamEvent& event) {
    whole = whole && event.seq() > last && test::text_of(event) == std::to_string(event.seq() - 1);
    last = event.seq();
    if (last == 3) {
      looks = true;
      looks.notify_all();
      may_go_on.wait(false);
    }
    return false;
  });
  std::optional<EventBus> other(std::in_place, pool.get_executor(), GetParam()());
  const auto publish = [&](int from, int to) {
    for (int i = from; i <= to; ++i) other->publish(make_token(std::to_string(i))).value();
  };
  Subscription subscription =
      other->subscribe(pool.get_executor(), [](const StreamEvent&) { ADD_FAILURE(); },
                       {.overflow = Overflow::block, .filter = none});
  publish(0, 199);
  looks.wait(false);

  std::jthread owner([&] { subscription.unsubscribe(); });
  while (!other->stats().readers.empty()) std::this_thread::yield();
  publish(200, 1999);
  may_go_on = true;
  may_go_on.notify_all();
  owner.join();
  other.reset();
  pool.join();

  EXPECT_TRUE(whole);
  EXPECT_GE(last, 3U);
}

BusOptions full_segments() { return history_of(2); }

INSTANTIATE_TEST_SUITE_P(Segments, B6Following, testing::Values(&full_segments, &small_segments),
                         [](const auto& instance) {
                           return instance.index == 0 ? "full" : "sealed";
                         });

}  // namespace
}  // namespace strandbus
