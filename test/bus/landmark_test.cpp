// B5: deltas go first. Other events outlive the history in a second bounded ring, so that a late or
// lagging reader gets the shape of the session and learns how many deltas are missing.

#include "bus/reading.hpp"

#include <boost/asio/io_context.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>

namespace strandbus {
namespace {

using test::publish_tokens;
using test::range;
using test::read_deliveries;
using test::read_seqs;
using test::Seqs;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

BusOptions bounds(std::size_t history, std::size_t landmarks) {
  BusOptions options;
  options.history = history;
  options.landmarks = landmarks;
  return options;
}

struct B5Landmarks : testing::Test {
  asio::io_context io;
  EventBus bus{io.get_executor(), bounds(4, 3)};

  /// A status and then this many deltas.
  void publish_turn(int deltas) {
    bus.publish(make_status(AgentStatus::thinking)).value();
    publish_tokens(bus, deltas);
  }
  static Seqs seqs_of(const std::vector<Delivery>& deliveries) {
    Seqs seqs;
    for (const Delivery& delivery : deliveries) seqs.push_back(delivery->seq());
    return seqs;
  }
};

TEST_F(B5Landmarks, OutliveTheDeltasAroundThem) {
  publish_turn(5);  // the landmark 1
  publish_turn(5);  // the landmark 7

  EXPECT_THAT(seqs_of(bus.history()), ElementsAre(1, 7, 9, 10, 11, 12));
  EXPECT_EQ(bus.stats().kept, 4U);
  EXPECT_EQ(bus.stats().landmarks, 2U);
}

TEST_F(B5Landmarks, ALateReaderGetsThemAndTheCountOfWhatIsMissingBetween) {
  publish_turn(5);
  publish_turn(5);
  EventStream stream = bus.stream({.from = Start::after(0)});
  const auto read = read_deliveries(stream);

  EXPECT_THAT(seqs_of(read), ElementsAre(1, 7, 9, 10, 11, 12));
  EXPECT_EQ(read[0].missed(), 0U);
  EXPECT_EQ(read[1].missed(), 5U);
  EXPECT_EQ(read[2].missed(), 1U);
  EXPECT_EQ(read[3].missed(), 0U);
  EXPECT_EQ(stream.stats().missed, 6U);
}

TEST_F(B5Landmarks, ALaggingReaderGetsThem) {
  EventStream stream = bus.stream();
  publish_turn(1);
  stream.try_next();
  publish_turn(6);

  EXPECT_THAT(read_seqs(stream), ElementsAre(3, 6, 7, 8, 9));
  EXPECT_EQ(stream.stats().missed, 3U);
}

TEST_F(B5Landmarks, ACallbackThatStartsInThePastGetsThem) {
  publish_turn(9);
  Seqs seen;
  const auto subscription = bus.subscribe(
      [&](const StreamEvent& event) { seen.push_back(event.seq()); }, {.from = Start::oldest()});

  EXPECT_THAT(seen, ElementsAre(1, 7, 8, 9, 10));
}

TEST_F(B5Landmarks, AreBoundedByCountTheOldestGoFirst) {
  for (int turn = 0; turn < 6; ++turn) publish_turn(4);

  EXPECT_THAT(seqs_of(bus.history()), ElementsAre(16, 21, 26, 27, 28, 29, 30));
  EXPECT_EQ(bus.stats().landmarks, 3U);
}

TEST_F(B5Landmarks, AreBoundedByBytes) {
  BusOptions options = bounds(1, 1000);
  options.landmark_bytes = 10'000;
  EventBus bounded(io.get_executor(), options);
  for (int i = 0; i < 100; ++i)
    bounded.publish(make_status(AgentStatus::thinking, std::string(1000, 'x'))).value();

  EXPECT_LE(bounded.stats().landmark_bytes, 10'000U);
  EXPECT_GE(bounded.stats().landmarks, 5U);
  EXPECT_EQ(bounded.history().front()->message(), std::string(1000, 'x'));
}

TEST_F(B5Landmarks, AreNotKeptWhereNoneAreWanted) {
  EventBus plain(io.get_executor(), bounds(4, 0));
  for (int i = 0; i < 10; ++i) plain.publish(make_status(AgentStatus::thinking)).value();

  EXPECT_THAT(seqs_of(plain.history()), ElementsAre(7, 8, 9, 10));
  EXPECT_EQ(plain.stats().landmarks, 0U);
}

TEST_F(B5Landmarks, OldestBeginsWithTheOldestOfThemAndCountsNothingBeforeIt) {
  publish_tokens(bus, 5);
  publish_turn(5);
  EventStream stream = bus.stream({.from = Start::oldest()});

  EXPECT_EQ(stream.try_next()->event().seq(), 6U);
  EXPECT_EQ(stream.stats().missed, 0U);
}

TEST_F(B5Landmarks, LastCountsThem) {
  publish_turn(5);
  publish_turn(5);
  EventStream stream = bus.stream({.from = Start::last(5)});

  EXPECT_THAT(read_seqs(stream), ElementsAre(7, 9, 10, 11, 12));
}

TEST_F(B5Landmarks, AGapBetweenThemEndsAReaderThatMayMissNothing) {
  publish_turn(5);
  EventStream stream = bus.stream({.from = Start::after(0), .overflow = Overflow::disconnect});

  EXPECT_THAT(read_seqs(stream), ElementsAre(1));
  EXPECT_EQ(stream.error(), Errc::lagged);
}

TEST_F(B5Landmarks, AreFilteredLikeAllEvents) {
  publish_turn(3);
  bus.publish(make_error("broken", ErrorCode::network)).value();
  publish_tokens(bus, 6);
  EventStream stream =
      bus.stream({.from = Start::after(0), .filter = Filter().types({EventType::error})});

  EXPECT_THAT(read_seqs(stream), ElementsAre(5));
  const ReaderStats stats = stream.stats();
  EXPECT_EQ(stats.filtered, 5U);  // the landmark 1 and the window
  EXPECT_EQ(stats.missed, 5U);
}

TEST_F(B5Landmarks, ComeInBatchesThatEndAtGaps) {
  EventBus wide(io.get_executor(), bounds(1, 100));
  for (int i = 0; i < 3; ++i) wide.publish(make_status(AgentStatus::thinking)).value();
  publish_tokens(wide, 2);
  for (int i = 0; i < 2; ++i) wide.publish(make_status(AgentStatus::thinking)).value();
  publish_tokens(wide, 1);
  EventStream stream = wide.stream({.from = Start::after(0)});

  const Batch first = stream.try_batch();
  const Batch second = stream.try_batch();
  const Batch third = stream.try_batch();

  EXPECT_THAT(first, SizeIs(3));
  EXPECT_EQ(first.begin()->seq(), 1U);
  EXPECT_THAT(second, SizeIs(2));
  EXPECT_EQ(second.missed(), 2U);
  EXPECT_THAT(third, SizeIs(1));
  EXPECT_TRUE(stream.try_batch().empty());
}

TEST_F(B5Landmarks, StayReadableForWhoeverHoldsOne) {
  publish_turn(5);
  const Delivery kept = bus.history().front();
  for (int i = 0; i < 100; ++i) publish_turn(1);

  EXPECT_EQ(kept->seq(), 1U);
  EXPECT_TRUE(kept->is<StatusUpdate>());
}

TEST_F(B5Landmarks, AreNotEvictedBeforeABlockingReaderHasReadThem) {
  publish_turn(4);
  EventStream stream = bus.stream({.from = Start::oldest(), .overflow = Overflow::block});
  for (int i = 0; i < 10; ++i) bus.publish(make_status(AgentStatus::thinking)).value();

  EXPECT_EQ(read_seqs(stream), range(1, 15));
  EXPECT_EQ(bus.stats().kept, 4U);
}

TEST_F(B5Landmarks, ManyThatLeaveAtOnceAreAllKept) {
  BusOptions options = bounds(1000, 1000);
  options.history_bytes = 1'000'000;
  EventBus large(io.get_executor(), options);
  for (int i = 0; i < 500; ++i) large.publish(make_status(AgentStatus::thinking)).value();
  large.publish(test::big_token(2'000'000)).value();  // pushes all of them out

  EXPECT_EQ(large.stats().landmarks, 500U);
  EXPECT_EQ(large.stats().kept, 1U);
}

TEST_F(B5Landmarks, EveryThreadReadsThemWhileTheyAreMade) {
  EventBus shared(io.get_executor(), bounds(2, 16));
  std::vector<std::jthread> readers;
  std::atomic<bool> ready{false};
  for (int r = 0; r < 2; ++r) {
    readers.emplace_back([&] {
      while (!shared.is_closed()) {
        EventStream stream = shared.stream({.from = Start::oldest()});
        ready = true;
        std::uint64_t last = 0;
        while (const auto delivery = stream.try_next()) {
          const StreamEvent& event = **delivery;
          EXPECT_GT(event.seq(), last);
          last = event.seq();
          EXPECT_EQ(event.message(), std::to_string(event.seq()));
        }
      }
    });
  }
  while (!ready) std::this_thread::yield();
  for (int i = 1; i <= 20'000; ++i) {
    if (i % 3 == 0) {
      shared.publish(make_status(AgentStatus::thinking, std::to_string(i))).value();
    } else {
      shared.publish(make_token(std::to_string(i))).value();
    }
  }
  shared.close();
}

TEST(B5Options, LandmarksWithoutMemoryAreRefused) {
  asio::io_context io;
  BusOptions options;
  options.landmark_bytes = 0;

  EXPECT_THROW(EventBus(io.get_executor(), options), std::invalid_argument);
}

}  // namespace
}  // namespace strandbus
