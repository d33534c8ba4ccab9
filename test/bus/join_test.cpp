// B3: choosing the start and registering are one step: replay, then live, no hole, no repeat.

#include "bus/reading.hpp"

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
using test::Seqs;
using testing::ElementsAre;
using testing::IsEmpty;

struct B3Join : testing::Test {
  asio::io_context io;
  EventBus bus{io.get_executor(), history_of(4)};
};

TEST_F(B3Join, NowBeginsWithTheNextEvent) {
  publish_tokens(bus, 2);
  EventStream stream = bus.stream();
  publish_tokens(bus, 2);

  EXPECT_THAT(read_seqs(stream), ElementsAre(3, 4));
}

TEST_F(B3Join, OldestBeginsWithTheOldestKeptAndMissesNothing) {
  publish_tokens(bus, 10);
  EventStream stream = bus.stream({.from = Start::oldest()});
  const auto read = read_deliveries(stream);

  ASSERT_EQ(read.size(), 4U);
  EXPECT_EQ(read[0]->seq(), 7U);
  EXPECT_EQ(read[0].missed(), 0U);
  EXPECT_EQ(stream.stats().missed, 0U);
}

TEST_F(B3Join, OldestOfAnEmptyBusIsTheFirstEvent) {
  EventStream stream = bus.stream({.from = Start::oldest()});
  publish_tokens(bus, 2);

  EXPECT_THAT(read_seqs(stream), ElementsAre(1, 2));
}

TEST_F(B3Join, AfterBeginsBehindTheSeq) {
  publish_tokens(bus, 4);
  EventStream stream = bus.stream({.from = Start::after(2)});
  publish_tokens(bus, 1);

  EXPECT_THAT(read_seqs(stream), ElementsAre(3, 4, 5));
}

TEST_F(B3Join, AfterTheNewestIsLikeNow) {
  publish_tokens(bus, 3);
  EventStream stream = bus.stream({.from = Start::after(3)});
  publish_tokens(bus, 1);

  EXPECT_THAT(read_seqs(stream), ElementsAre(4));
}

TEST_F(B3Join, AfterWhatIsNoLongerKeptShowsInTheFirstMissed) {
  publish_tokens(bus, 10);
  EventStream stream = bus.stream({.from = Start::after(2)});
  const auto read = read_deliveries(stream);

  ASSERT_EQ(read.size(), 4U);
  EXPECT_EQ(read[0]->seq(), 7U);
  EXPECT_EQ(read[0].missed(), 4U);
  EXPECT_EQ(read[1].missed(), 0U);
  EXPECT_EQ(test::accounted(stream.stats()), 8U);
}

TEST_F(B3Join, LastBeginsThatManyEventsBack) {
  publish_tokens(bus, 3);
  EventStream stream = bus.stream({.from = Start::last(2)});
  publish_tokens(bus, 1);

  EXPECT_THAT(read_seqs(stream), ElementsAre(2, 3, 4));
}

TEST_F(B3Join, LastIsLimitedToWhatIsKeptAndMissesNothing) {
  publish_tokens(bus, 10);
  EventStream stream = bus.stream({.from = Start::last(100)});
  const auto read = read_deliveries(stream);

  ASSERT_EQ(read.size(), 4U);
  EXPECT_EQ(read[0]->seq(), 7U);
  EXPECT_EQ(read[0].missed(), 0U);
}

TEST_F(B3Join, LastOfZeroIsNow) {
  publish_tokens(bus, 2);
  EventStream stream = bus.stream({.from = Start::last(0)});

  EXPECT_THAT(read_seqs(stream), IsEmpty());
}

TEST_F(B3Join, ASeqBeyondTheNewestIsUnknown) {
  publish_tokens(bus, 2);

  try {
    EventStream stream = bus.stream({.from = Start::after(3)});
    FAIL() << "no exception";
  } catch (const system_error& error) {
    EXPECT_EQ(error.code(), Errc::seq_unknown);
  }
}

TEST_F(B3Join, ASeqBeyondTheNewestIsUnknownWithoutAnException) {
  error_code ec;
  EventStream stream = bus.stream({.from = Start::after(1)}, ec);

  EXPECT_EQ(ec, Errc::seq_unknown);
  EXPECT_EQ(stream.error(), Errc::closed);
  EXPECT_THAT(bus.stats().readers, IsEmpty());
}

TEST_F(B3Join, TheErrorCodeFormClearsTheCodeOnSuccess) {
  error_code ec = Errc::closed;
  EventStream stream = bus.stream({.from = Start::oldest()}, ec);
  publish_tokens(bus, 1);

  EXPECT_FALSE(ec);
  EXPECT_THAT(read_seqs(stream), ElementsAre(1));
}

TEST_F(B3Join, ACallbackBeyondTheNewestIsRefused) {
  const auto subscribe = [&] {
    return bus.subscribe([](const StreamEvent&) {}, {.from = Start::after(1)});
  };

  EXPECT_THROW(static_cast<void>(subscribe()), system_error);
  EXPECT_THAT(bus.stats().readers, IsEmpty());
}

TEST_F(B3Join, ACallbackGetsTheKeptEventsBeforeSubscribeReturns) {
  publish_tokens(bus, 10);
  Seqs seen;
  std::uint64_t missed = 0;

  const auto subscription = bus.subscribe(
      [&](const Delivery& delivery) {
        seen.push_back(delivery->seq());
        missed += delivery.missed();
      },
      {.from = Start::after(4)});
  publish_tokens(bus, 1);

  EXPECT_EQ(seen, range(7, 11));
  EXPECT_EQ(missed, 2U);
}

TEST_F(B3Join, AClosedBusStillReplays) {
  publish_tokens(bus, 2);
  bus.close();
  EventStream stream = bus.stream({.from = Start::oldest()});
  Seqs seen;
  const auto subscription = bus.subscribe(
      [&](const StreamEvent& event) { seen.push_back(event.seq()); }, {.from = Start::oldest()});

  EXPECT_THAT(read_seqs(stream), ElementsAre(1, 2));
  EXPECT_EQ(stream.error(), Errc::closed);
  EXPECT_THAT(seen, ElementsAre(1, 2));
}

TEST_F(B3Join, HistoryGivesTheKeptEventsAfterASeq) {
  publish_tokens(bus, 10);
  const auto kept = bus.history(8);

  ASSERT_EQ(kept.size(), 2U);
  EXPECT_EQ(kept[0]->seq(), 9U);
  EXPECT_EQ(kept[0].missed(), 0U);
  EXPECT_EQ(kept[1]->seq(), 10U);
}

TEST_F(B3Join, HistoryTellsWhatItMissedInItsFirstEvent) {
  publish_tokens(bus, 10);
  const auto kept = bus.history(1, 3);

  ASSERT_EQ(kept.size(), 3U);
  EXPECT_EQ(kept[0]->seq(), 7U);
  EXPECT_EQ(kept[0].missed(), 5U);
  EXPECT_EQ(kept[1].missed(), 0U);
  EXPECT_EQ(kept[2]->seq(), 9U);
}

TEST_F(B3Join, HistoryIsEmptyWhenThereIsNothingAfterTheSeq) {
  EXPECT_THAT(bus.history(), IsEmpty());
  publish_tokens(bus, 2);
  EXPECT_THAT(bus.history(2), IsEmpty());
  EXPECT_THAT(bus.history(99), IsEmpty());
  EXPECT_THAT(bus.history(0, 0), IsEmpty());
}

TEST_F(B3Join, TheEventsOfAHistoryStayValidWhenTheBusMovesOnAndGoes) {
  std::vector<Delivery> kept;
  {
    EventBus other(io.get_executor(), history_of(2));
    other.publish(make_token("first")).value();
    kept = other.history();
    publish_tokens(other, 1000);
  }

  EXPECT_EQ(test::text_of(*kept[0]), "first");
}

TEST(B3JoinRace, WhoJoinsWhileOthersPublishSeesNoHoleAndNoRepeat) {
  constexpr int publishers = 3;
  constexpr int events_each = 1000;
  asio::io_context io;
  EventBus bus(io.get_executor(), history_of(publishers * events_each));
  struct Joined {
    EventStream stream;
    std::uint64_t first_at_least;
    std::uint64_t first_at_most;
  };
  std::vector<Joined> joined;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < publishers; ++i)
      threads.emplace_back([&] { publish_tokens(bus, events_each); });
    for (int i = 0; i < 40; ++i) {
      const std::uint64_t before = bus.stats().published;
      EventStream now = bus.stream();
      EventStream last = bus.stream({.from = Start::last(5)});
      EventStream after = bus.stream({.from = Start::after(before / 2)});
      const std::uint64_t behind = bus.stats().published;
      joined.push_back({std::move(now), before + 1, behind + 1});
      joined.push_back({std::move(last), before < 4 ? 1 : before - 4, behind + 1});
      joined.push_back({std::move(after), before / 2 + 1, before / 2 + 1});
      joined.push_back({bus.stream({.from = Start::oldest()}), 1, 1});
    }
  }

  for (auto& [stream, first_at_least, first_at_most] : joined) {
    const Seqs seen = read_seqs(stream);
    const std::uint64_t first = seen.empty() ? publishers * events_each + 1 : seen.front();
    ASSERT_GE(first, first_at_least);
    ASSERT_LE(first, first_at_most);
    ASSERT_EQ(seen, range(first, publishers * events_each));
  }
}

TEST(B3JoinRace, ACallbackThatJoinsWhileOthersPublishSeesNoHoleAndNoRepeat) {
  constexpr int publishers = 2;
  constexpr int events_each = 1000;
  asio::io_context io;
  EventBus bus(io.get_executor(), history_of(publishers * events_each));
  std::vector<std::unique_ptr<Seqs>> seen;
  std::vector<Subscription> subscriptions;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < publishers; ++i)
      threads.emplace_back([&] { publish_tokens(bus, events_each); });
    for (int i = 0; i < 20; ++i) {
      Seqs& mine = *seen.emplace_back(std::make_unique<Seqs>());
      subscriptions.push_back(
          bus.subscribe([&mine](const StreamEvent& event) { mine.push_back(event.seq()); },
                        {.from = i % 2 == 0 ? Start::oldest() : Start::now()}));
    }
  }

  for (std::size_t i = 0; i < seen.size(); ++i) {
    const std::uint64_t first = seen[i]->empty() ? publishers * events_each + 1 : seen[i]->front();
    if (i % 2 == 0) {
      EXPECT_EQ(first, 1U);
    }
    ASSERT_EQ(*seen[i], range(first, publishers * events_each));
  }
}

}  // namespace
}  // namespace strandbus
