// B1: one total order per bus.

#include "bus/reading.hpp"
#include "support/fake_clock.hpp"

#include <boost/asio/io_context.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <latch>
#include <thread>

namespace strandbus {
namespace {

using namespace std::chrono_literals;
using test::FakeClock;
using test::publish_tokens;
using test::range;
using test::read_seqs;
using testing::ElementsAre;

constexpr int publishers = 4;
constexpr int events_each = 2000;

/// Runs `publish_all(index)` in four threads that start together.
template <class F>
void in_publisher_threads(F publish_all) {
  std::latch start(publishers);
  std::vector<std::jthread> threads;
  for (int index = 0; index < publishers; ++index) {
    threads.emplace_back([&, index] {
      start.arrive_and_wait();
      publish_all(index);
    });
  }
}

TEST(B1Order, SeqCountsFromOne) {
  asio::io_context io;
  EventBus bus(io.get_executor());

  const auto first = bus.publish(make_token("a"));
  const auto second = bus.publish(make_token("b"));

  EXPECT_EQ(first.value(), 1U);
  EXPECT_EQ(second.value(), 2U);
}

TEST(B1Order, TheBusSetsTheStampWhateverTheEventBrings) {
  asio::io_context io;
  const FakeClock clock;
  EventBus bus(io.get_executor(), {.clock = clock});
  StreamEvent event(make_token("a"));
  event.set_stamp(77, EventId{.high = 1, .low = 2}, Timestamp(1ns));

  bus.publish(event).value();

  const auto kept = bus.history();
  EXPECT_EQ(kept[0]->seq(), 1U);
  EXPECT_EQ(kept[0]->ts(), clock());
  EXPECT_NE(kept[0]->id(), (EventId{.high = 1, .low = 2}));
}

TEST(B1Order, TimeNeverDecreasesWhenTheClockGoesBackwards) {
  asio::io_context io;
  const FakeClock clock;
  EventBus bus(io.get_executor(), {.clock = clock});

  bus.publish(make_token("a")).value();
  clock.advance(-1h);
  bus.publish(make_token("b")).value();
  clock.advance(1h + 5ns);
  bus.publish(make_token("c")).value();

  const auto kept = bus.history();
  EXPECT_EQ(kept[1]->ts(), kept[0]->ts());
  EXPECT_EQ(kept[2]->ts(), kept[0]->ts() + 5ns);
}

TEST(B1Order, IdsAreUuidsOfVersionSevenThatGrowStrictlyEvenWhenTimeStandsStill) {
  asio::io_context io;
  const FakeClock clock;
  EventBus bus(io.get_executor(), {.clock = clock});

  publish_tokens(bus, 500);
  clock.advance(-1h);
  publish_tokens(bus, 500);

  const auto kept = bus.history();
  ASSERT_EQ(kept.size(), 1000U);
  for (std::size_t i = 0; i < kept.size(); ++i) {
    EXPECT_EQ(kept[i]->id().high >> 12U & 0xFU, 7U);
    EXPECT_EQ(kept[i]->id().low >> 62U, 2U);
    if (i > 0) {
      EXPECT_LT(kept[i - 1]->id(), kept[i]->id());
    }
  }
}

TEST(B1Order, AReaderSeesStrictlyGrowingSeq) {
  asio::io_context io;
  EventBus bus(io.get_executor());
  EventStream stream = bus.stream();

  publish_tokens(bus, 200);

  EXPECT_EQ(read_seqs(stream), range(1, 200));
}

TEST(B1Order, PublishersOnManyThreadsMakeOneOrderWithoutAGap) {
  asio::io_context io;
  EventBus bus(io.get_executor(), {.history = publishers * events_each});
  std::vector<test::Seqs> given(publishers);

  in_publisher_threads([&](int index) {
    for (int i = 0; i < events_each; ++i) {
      given[static_cast<std::size_t>(index)].push_back(bus.publish(make_token("t")).value());
    }
  });

  test::Seqs all;
  for (const auto& seqs : given) {
    EXPECT_TRUE(std::is_sorted(seqs.begin(), seqs.end()));
    all.insert(all.end(), seqs.begin(), seqs.end());
  }
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, range(1, publishers * events_each));
}

TEST(B1Order, APublishThatReturnedBeforeAnotherBeganHasTheSmallerSeq) {
  asio::io_context io;
  EventBus bus(io.get_executor());
  std::atomic<std::uint64_t> newest_returned{0};
  std::atomic<int> violations{0};

  in_publisher_threads([&](int) {
    for (int i = 0; i < events_each; ++i) {
      std::uint64_t before = newest_returned.load();
      const std::uint64_t seq = bus.publish(make_token("t")).value();
      if (seq <= before) ++violations;
      while (before < seq && !newest_returned.compare_exchange_weak(before, seq)) {
      }
    }
  });

  EXPECT_EQ(violations.load(), 0);
}

TEST(B1Order, TimeAndIdsGrowWithSeqUnderManyPublishersAndAClockThatJumps) {
  asio::io_context io;
  const FakeClock clock;
  EventBus bus(io.get_executor(), {.history = publishers * events_each, .clock = clock});

  in_publisher_threads([&](int index) {
    for (int i = 0; i < events_each; ++i) {
      clock.advance(index % 2 == 0 ? 700us : -600us);
      bus.publish(make_token("t")).value();
    }
  });

  const auto kept = bus.history();
  ASSERT_EQ(kept.size(), static_cast<std::size_t>(publishers * events_each));
  for (std::size_t i = 1; i < kept.size(); ++i) {
    ASSERT_EQ(kept[i]->seq(), kept[i - 1]->seq() + 1);
    ASSERT_GE(kept[i]->ts(), kept[i - 1]->ts());
    ASSERT_GT(kept[i]->id(), kept[i - 1]->id());
  }
}

}  // namespace
}  // namespace strandbus
