// B2: for every reader delivered + merged + filtered + missed = published since its start.

#include "bus/operations.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace strandbus {
namespace {

using test::accounted;
using test::history_of;
using test::publish_tokens;
using testing::ElementsAre;

struct B2Accounting : testing::Test {
  asio::io_context io;
  EventBus bus{io.get_executor(), history_of(8)};
};

TEST_F(B2Accounting, WhatIsNotYetReadIsLag) {
  publish_tokens(bus, 3);
  EventStream stream = bus.stream();
  publish_tokens(bus, 5);
  stream.try_next();

  EXPECT_EQ(stream.stats().delivered, 1U);
  EXPECT_EQ(stream.stats().lag, 4U);
  EXPECT_EQ(accounted(stream.stats()), 5U);
}

TEST_F(B2Accounting, EveryEventIsDeliveredFilteredOrMissed) {
  EventStream stream = bus.stream(
      {.filter = Filter().where([](const StreamEvent& event) { return event.seq() % 2 == 0; })});
  publish_tokens(bus, 20);
  while (stream.try_next()) {
  }

  const ReaderStats stats = stream.stats();
  EXPECT_EQ(stats.missed, 12U);
  EXPECT_EQ(stats.delivered, 4U);
  EXPECT_EQ(stats.filtered, 4U);
  EXPECT_EQ(stats.merged, 0U);
  EXPECT_EQ(stats.lag, 0U);
}

TEST_F(B2Accounting, ReadingOneByOneOrInBatchesCountsTheSame) {
  const auto options = []() -> StreamOptions {
    return {.filter =
                Filter().where([](const StreamEvent& event) { return event.seq() % 3 != 0; })};
  };
  EventStream single = bus.stream(options());
  EventStream batched = bus.stream(options());
  for (int i = 0; i < 50; ++i) {
    publish_tokens(bus, i % 13);
    while (single.try_next()) {
    }
    while (!batched.try_batch(5).empty()) {
    }
  }

  EXPECT_EQ(single.stats().delivered, batched.stats().delivered);
  EXPECT_EQ(single.stats().filtered, batched.stats().filtered);
  EXPECT_EQ(single.stats().missed, batched.stats().missed);
  EXPECT_EQ(accounted(batched.stats()), bus.stats().published);
}

TEST_F(B2Accounting, ABatchHoldsAtMostItsLimit) {
  EventStream stream = bus.stream({.overflow = Overflow::block});
  publish_tokens(bus, 100);

  EXPECT_EQ(stream.try_batch(0).size(), 0U);
  EXPECT_EQ(stream.try_batch(10).size(), 10U);
  EXPECT_EQ(stream.try_batch().size(), 54U);  // to the end of the segment
  EXPECT_EQ(stream.try_batch(1000).size(), 36U);
  EXPECT_TRUE(stream.try_batch().empty());
  EXPECT_EQ(stream.stats().delivered, 100U);
}

TEST_F(B2Accounting, EveryDeliveryStandsForItself) {
  EventStream stream = bus.stream();
  publish_tokens(bus, 2);
  const auto first = stream.try_next();
  const Batch rest = stream.try_batch();

  EXPECT_EQ(first->first_seq(), 1U);
  EXPECT_EQ(first->last_seq(), 1U);
  EXPECT_EQ(rest.delivery(rest.begin()).first_seq(), 2U);
  EXPECT_EQ(rest.delivery(rest.begin())->seq(), 2U);
}

TEST_F(B2Accounting, HoldsForCallbacks) {
  const auto subscription = bus.subscribe(
      [&](const StreamEvent& event) {
        if (event.seq() == 2) publish_tokens(bus, 30);
      },
      {.filter = Filter().where([](const StreamEvent& event) { return event.seq() % 2 == 0; })});
  publish_tokens(bus, 2);

  EXPECT_EQ(accounted(subscription.stats()), 32U);
  EXPECT_EQ(subscription.stats().lag, 0U);
  EXPECT_GT(subscription.stats().missed, 0U);
}

/// What a reader was told, delivery by delivery.
struct Told {
  std::uint64_t delivered = 0;
  std::uint64_t missed = 0;
  std::uint64_t last_seq = 0;
  bool in_order = true;

  void note(const StreamEvent& event, std::uint64_t gone) {
    in_order = in_order && event.seq() > last_seq;
    last_seq = event.seq();
    ++delivered;
    missed += gone;
  }
};

/// Reads to the end in every way there is, in turns.
asio::awaitable<void> read_mixed(EventStream& stream, Told& told) {
  for (int turn = 0; !stream.error(); ++turn) {
    if (turn % 3 == 0) {
      const auto delivery = co_await stream.next();
      if (delivery) told.note(delivery->event(), delivery->missed());
    } else if (turn % 3 == 1) {
      const Batch batch = stream.try_batch(17);
      std::uint64_t missed = batch.missed();
      for (const StreamEvent& event : batch) told.note(event, std::exchange(missed, 0));
    } else {
      for (int i = 0; i < 5; ++i) {
        const auto delivery = stream.try_next();
        if (delivery) told.note(delivery->event(), delivery->missed());
      }
    }
  }
}

struct B2UnderLoad : testing::TestWithParam<Overflow> {};

TEST_P(B2UnderLoad, TheAccountOfEveryReaderIsExact) {
  constexpr std::size_t readers = 8;
  constexpr int publishers = 2;
  constexpr int events_each = 20'000;
  asio::thread_pool pool(2);
  BusOptions options = history_of(256);
  options.backlog_soft = 512;
  options.backlog_hard = 1024;
  EventBus bus(pool.get_executor(), options);
  std::vector<EventStream> streams(readers);
  std::vector<Told> told(readers);
  for (std::size_t i = 0; i < readers; ++i) {
    StreamOptions reading{.overflow = GetParam()};
    if (i % 4 == 1)
      reading.filter.where([i](const StreamEvent& event) { return event.seq() % (i + 1) != 0; });
    streams[i] = bus.stream(reading);
    asio::co_spawn(asio::make_strand(pool.get_executor()), read_mixed(streams[i], told[i]),
                   [](const std::exception_ptr& error) {
                     try {
                       if (error) std::rethrow_exception(error);
                     } catch (const system_error& e) {
                       EXPECT_EQ(e.code(), Errc::lagged);
                     }
                   });
  }
  {
    std::vector<std::jthread> threads;
    for (int p = 0; p < publishers; ++p) {
      threads.emplace_back([&] {
        for (int i = 0; i < events_each;) {
          if (bus.publish(make_token("t")).has_value()) {
            ++i;
          } else {
            std::this_thread::yield();  // the backlog is full
          }
        }
      });
    }
  }
  bus.close();
  pool.join();

  for (std::size_t i = 0; i < readers; ++i) {
    const ReaderStats stats = streams[i].stats();
    EXPECT_EQ(accounted(stats), static_cast<std::uint64_t>(publishers * events_each));
    EXPECT_EQ(stats.delivered, told[i].delivered);
    EXPECT_TRUE(told[i].in_order);
    EXPECT_GE(stats.missed, told[i].missed);
    if (i % 4 != 1) {
      EXPECT_EQ(stats.missed, told[i].missed);
    }
    if (GetParam() != Overflow::disconnect) {
      EXPECT_EQ(stats.lag, 0U);
    }
    if (GetParam() == Overflow::disconnect || GetParam() == Overflow::block) {
      EXPECT_EQ(stats.missed, 0U);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Policies, B2UnderLoad,
                         testing::Values(Overflow::drop_oldest, Overflow::disconnect,
                                         Overflow::block, Overflow::coalesce),
                         [](const auto& policy) {
                           switch (policy.param) {
                             case Overflow::drop_oldest: return "DropOldest";
                             case Overflow::disconnect: return "Disconnect";
                             case Overflow::block: return "Block";
                             case Overflow::coalesce: return "Coalesce";
                           }
                           return "Unknown";
                         });

}  // namespace
}  // namespace strandbus
