// B11: next() looks at cancellation before it takes, so a read that is raced loses nothing;
// wake-ups are coalesced.

#include "bus/operations.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>

namespace strandbus {
namespace {

using namespace asio::experimental::awaitable_operators;
using test::history_of;
using test::publish_tokens;
using test::range;
using test::rethrow;
using test::Seqs;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;

struct B11Next : testing::Test {
  static asio::awaitable<void> read_all(EventStream& stream, Seqs& seen) {
    while (const auto delivery = co_await stream.next()) seen.push_back((*delivery)->seq());
  }

  /// Starts a coroutine that reads to the end and notes what it saw, and what it ended with.
  void start_reading(EventStream& from) {
    asio::co_spawn(io, read_all(from, seen),
                   [this](const std::exception_ptr& error) { note_end(error); });
    io.poll();
  }

  void note_end(const std::exception_ptr& error) {
    try {
      if (error) std::rethrow_exception(error);
      ends.emplace_back();
    } catch (const system_error& e) {
      ends.push_back(e.code());
    }
  }

  asio::io_context io;
  EventBus bus{io.get_executor(), history_of(100)};
  EventStream stream = bus.stream();
  Seqs seen;
  std::vector<error_code> ends;
};

TEST_F(B11Next, GivesEachEventAndThenNothing) {
  publish_tokens(bus, 2);
  start_reading(stream);
  publish_tokens(bus, 2);
  io.poll();
  EXPECT_THAT(ends, IsEmpty());

  bus.close();
  io.poll();

  EXPECT_EQ(seen, range(1, 4));
  EXPECT_THAT(ends, ElementsAre(error_code()));
}

TEST_F(B11Next, ThrowsLaggedUnderDisconnect) {
  EventStream slow = bus.stream({.overflow = Overflow::disconnect});
  start_reading(slow);

  publish_tokens(bus, 101);
  io.poll();

  EXPECT_THAT(seen, IsEmpty());
  EXPECT_THAT(ends, ElementsAre(Errc::lagged));
}

TEST_F(B11Next, ThrowsBusyWhileAnotherReadIsPending) {
  start_reading(stream);
  start_reading(stream);

  EXPECT_THAT(ends, ElementsAre(Errc::busy));
}

TEST_F(B11Next, OfADefaultConstructedStreamGivesNothing) {
  EventStream none;
  start_reading(none);

  EXPECT_THAT(ends, ElementsAre(error_code()));
}

TEST_F(B11Next, ThrowsOperationAbortedWhenTheStreamIsDestroyed) {
  const auto read = [](asio::awaitable<std::optional<Delivery>> next) -> asio::awaitable<void> {
    co_await std::move(next);
  };
  asio::co_spawn(io, read(stream.next()),
                 [this](const std::exception_ptr& error) { note_end(error); });
  io.poll();

  stream = EventStream();
  io.poll();

  EXPECT_THAT(ends, ElementsAre(asio::error::operation_aborted));
}

TEST_F(B11Next, GoesOnWhenTheStreamIsMoved) {
  const auto read = [this](asio::awaitable<std::optional<Delivery>> next) -> asio::awaitable<void> {
    const auto delivery = co_await std::move(next);
    seen.push_back((*delivery)->seq());
  };
  asio::co_spawn(io, read(stream.next()), rethrow);
  io.poll();

  EventStream moved = std::move(stream);
  publish_tokens(bus, 2);
  io.poll();

  EXPECT_THAT(seen, ElementsAre(1));
  EXPECT_THAT(test::read_seqs(moved), ElementsAre(2));
}

/// A race that both sides have won: whose completion is queued first decides, and the loser must
/// not have taken anything.
struct B11Race : B11Next {
  /// Races next() against a timer; when both are pending, `both_win` makes them ready in some
  /// order.
  template <class F>
  std::optional<Delivery> race(F both_win) {
    asio::steady_timer timer(io, asio::steady_timer::time_point::max());
    std::optional<Delivery> result;
    const auto run = [&]() -> asio::awaitable<void> {
      auto raced =
          co_await (stream.next() || timer.async_wait(asio::as_tuple(asio::use_awaitable)));
      if (raced.index() == 0) result = std::get<0>(std::move(raced));
    };
    asio::co_spawn(io, run, rethrow);
    io.poll();
    both_win(timer);
    io.poll();
    return result;
  }
};

TEST_F(B11Race, AnEventThatComesFirstIsGivenOnce) {
  const auto result = race([&](asio::steady_timer& timer) {
    publish_tokens(bus, 1);
    timer.cancel();
  });

  ASSERT_TRUE(result);
  EXPECT_EQ((*result)->seq(), 1U);
  EXPECT_THAT(test::read_seqs(stream), IsEmpty());
}

TEST_F(B11Race, AnEventThatComesWhenTheTimerHasFiredStaysInTheStream) {
  const auto result = race([&](asio::steady_timer& timer) {
    timer.cancel();
    publish_tokens(bus, 1);
  });

  EXPECT_FALSE(result);
  EXPECT_THAT(test::read_seqs(stream), ElementsAre(1));
}

TEST_F(B11Race, AnEventWhoseCompletionIsQueuedBehindTheTimerStaysInTheStream) {
  // The wait of next() completes on a strand that is busy: its completion waits in a queue.
  const auto strand = asio::make_strand(io);
  asio::steady_timer timer(io, asio::steady_timer::time_point::max());
  std::optional<Delivery> result;
  const auto run = [&]() -> asio::awaitable<void> {
    auto raced = co_await (stream.next() || timer.async_wait(asio::as_tuple(asio::use_awaitable)));
    if (raced.index() == 0) result = std::get<0>(std::move(raced));
  };
  asio::co_spawn(strand, run, rethrow);
  io.poll();

  asio::post(strand, [&] {
    timer.cancel();  // queued for the strand first
    io.poll_one();   // brings the timer's completion to the strand's queue
    publish_tokens(bus, 1);
    io.poll_one();  // the drain queues the completion of the wait behind it
  });
  io.poll();

  EXPECT_FALSE(result);
  EXPECT_THAT(test::read_seqs(stream), ElementsAre(1));
}

TEST_F(B11Race, TwoStreamsThatAreBothReadyLoseNothing) {
  EventStream other = bus.stream();
  std::size_t taken = 0;
  const auto run = [&]() -> asio::awaitable<void> {
    for (int i = 0; i < 10; ++i) {
      co_await (stream.next() || other.next());
      ++taken;
    }
  };
  asio::co_spawn(io, run, rethrow);
  for (int i = 0; i < 10; ++i) {
    io.poll();
    publish_tokens(bus, 1);
  }
  io.poll();

  const std::size_t left = test::read_seqs(stream).size() + test::read_seqs(other).size();
  EXPECT_EQ(taken, 10U);
  EXPECT_EQ(taken + left, 20U);
}

TEST_F(B11Race, ThousandsOfRacesAgainstATimerLoseNothingAndGiveNothingTwice) {
  constexpr int races = 20'000;
  EventStream lossless = bus.stream({.overflow = Overflow::block});
  std::atomic<int> run_races{0};
  std::jthread publisher([&] {
    for (int i = 0; i < races; ++i) {
      while (run_races.load(std::memory_order_relaxed) < i) std::this_thread::yield();
      bus.publish(make_token("t")).value();
    }
    bus.close();
  });
  int timeouts = 0;
  const auto race_all = [&]() -> asio::awaitable<void> {
    asio::steady_timer timer(io);
    for (bool ended = false; !ended;) {
      timer.expires_after(std::chrono::microseconds(run_races % 40));
      auto raced = co_await (lossless.next() || timer.async_wait(asio::use_awaitable));
      ++run_races;
      if (raced.index() == 1) {
        ++timeouts;
      } else if (const auto& delivery = std::get<0>(raced)) {
        seen.push_back((*delivery)->seq());
      } else {
        ended = true;
      }
    }
  };

  asio::co_spawn(io, race_all, rethrow);
  io.run();

  EXPECT_EQ(seen, range(1, races));
  EXPECT_GE(run_races.load(), races);
  EXPECT_EQ(lossless.stats().delivered, static_cast<std::uint64_t>(races));
}

struct B11WakeUp : testing::Test {
  asio::io_context io;
  EventBus bus{io.get_executor()};
  int woken = 0;
};

TEST_F(B11WakeUp, OnePublishPostsOneDrainHoweverManyStreamsWait) {
  std::vector<EventStream> streams(1000);
  for (EventStream& stream : streams) {
    stream = bus.stream();
    stream.async_wait([this](error_code) { ++woken; });
  }
  EXPECT_EQ(io.poll(), 0U);

  publish_tokens(bus, 1);
  EXPECT_EQ(io.poll_one(), 1U);

  EXPECT_EQ(woken, 1000);
}

TEST_F(B11WakeUp, FurtherPublishesBeforeTheDrainPostNothing) {
  std::vector<EventStream> streams(10);
  for (EventStream& stream : streams) {
    stream = bus.stream();
    stream.async_wait([this](error_code) { ++woken; });
  }

  publish_tokens(bus, 100);
  EXPECT_EQ(io.poll_one(), 1U);

  EXPECT_EQ(woken, 10);
  EXPECT_LE(io.poll(), 2U);  // another thread may help with the handlers; another look for more
}

TEST_F(B11WakeUp, NobodyWaitingMeansNothingPosted) {
  std::vector<EventStream> streams(10);
  for (EventStream& stream : streams) stream = bus.stream();

  publish_tokens(bus, 10);

  EXPECT_EQ(io.poll(), 0U);
}

TEST_F(B11WakeUp, EachContextGetsItsOwn) {
  asio::io_context other;
  EventStream here = bus.stream();
  EventStream there = bus.stream(other.get_executor());
  here.async_wait([this](error_code) { woken += 1; });
  there.async_wait([this](error_code) { woken += 10; });
  publish_tokens(bus, 1);

  EXPECT_EQ(io.poll_one(), 1U);
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(other.poll_one(), 1U);
  EXPECT_EQ(woken, 11);
}

TEST_F(B11WakeUp, CancellingSomeLeavesTheOthersWaiting) {
  std::vector<EventStream> streams(6);
  std::vector<std::string> ends(streams.size());
  for (std::size_t i = 0; i < streams.size(); ++i) {
    streams[i] = bus.stream();
    streams[i].async_wait([&, i](error_code ec) { ends[i] += ec ? "cancelled " : "woken "; });
  }
  for (const std::size_t i : {0U, 5U, 1U, 3U}) streams[i].cancel();
  io.poll();
  publish_tokens(bus, 1);
  io.restart();
  io.poll();

  EXPECT_EQ(ends, (std::vector<std::string>{"cancelled ", "cancelled ", "woken ", "cancelled ",
                                            "woken ", "cancelled "}));
}

TEST(B11Pool, AHandlerThatBlocksHoldsUpNobodyElseOnAPool) {
  asio::thread_pool pool(2);
  EventBus bus(pool.get_executor());
  std::vector<EventStream> streams(8);
  std::atomic<int> others{0};
  for (EventStream& stream : streams) stream = bus.stream();
  for (std::size_t i = 0; i < streams.size(); ++i) {
    streams[i].async_wait(
        asio::bind_executor(asio::make_strand(pool.get_executor()), [&others, i](error_code) {
          // Returns only when every other handler has run on the other thread.
          if (i == 3) {
            for (int now = others; now < 7; now = others) others.wait(now);
          } else {
            ++others;
            others.notify_all();
          }
        }));
  }

  publish_tokens(bus, 1);
  pool.join();

  EXPECT_EQ(others.load(), 7);
}

TEST(B11Pool, ReadersOnStrandsOfAPoolAllReadEverything) {
  constexpr int readers = 6;
  constexpr int publishers = 2;
  constexpr int events_each = 2000;
  constexpr std::uint64_t events = publishers * events_each;
  asio::thread_pool pool(2);
  EventBus bus(pool.get_executor(), history_of(events));
  std::vector<EventStream> streams(readers);
  std::vector<Seqs> seen(readers);
  for (std::size_t i = 0; i < readers; ++i) {
    streams[i] = bus.stream();
    asio::co_spawn(asio::make_strand(pool.get_executor()), B11Next::read_all(streams[i], seen[i]),
                   rethrow);
  }
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < publishers; ++i)
      threads.emplace_back([&] { publish_tokens(bus, events_each); });
  }

  bus.close();
  pool.join();

  EXPECT_THAT(seen, Each(range(1, events)));
}

}  // namespace
}  // namespace strandbus
