// B10: an EventBus may be used from any thread.

#include "bus/operations.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <latch>
#include <thread>

namespace strandbus {
namespace {

using test::history_of;
using test::publish_tokens;

/// Runs each body again and again in a thread of its own until the first one has ended.
void all_at_once(std::vector<std::function<void()>> bodies) {
  std::latch start(static_cast<std::ptrdiff_t>(bodies.size()));
  std::atomic<bool> stop{false};
  std::vector<std::jthread> threads;
  for (std::size_t i = 1; i < bodies.size(); ++i) {
    threads.emplace_back([&, i] {
      start.arrive_and_wait();
      while (!stop) bodies[i]();
    });
  }
  start.arrive_and_wait();
  bodies[0]();
  stop = true;
}

TEST(B10Threads, EverythingMayHappenAtOnce) {
  asio::thread_pool pool(2);
  EventBus bus(pool.get_executor(), history_of(64));
  const Publisher publisher = bus.publisher({.session_id = "s"});
  std::atomic<std::uint64_t> handled{0};
  const auto handler = [&](const StreamEvent&) { handled.fetch_add(1, std::memory_order_relaxed); };

  all_at_once({
      [&] {
        for (int i = 0; i < 4000; ++i) publisher.turn(i).publish(make_token("t"));
      },
      [&] { publish_tokens(bus, 1); },
      [&] {
        const auto here = bus.subscribe(handler, {.from = Start::last(10)});
        const auto there = bus.subscribe(pool.get_executor(), handler, {.from = Start::oldest()});
      },
      [&] {
        EventStream stream = bus.stream({.from = Start::last(3), .overflow = Overflow::block});
        stream.async_wait([](error_code) {});
        while (stream.try_next()) {
        }
        bus.async_writable([](error_code) {});
      },
      [&] {
        EventStream stream =
            bus.stream({.from = Start::oldest(), .overflow = Overflow::disconnect});
        for (const StreamEvent& event : stream.try_batch()) EXPECT_TRUE(event.is<TokenDelta>());
      },
      [&] {
        EXPECT_LE(bus.history(0, 5).size(), 5U);
        const BusStats stats = bus.stats();
        EXPECT_GE(stats.published, stats.kept);
      },
  });
  bus.close();
  pool.join();

  EXPECT_TRUE(bus.stats().readers.empty());
}

TEST(B10Threads, ClosingMeetsPublishingAndWaiting) {
  for (int round = 0; round < 30; ++round) {
    asio::thread_pool pool(2);
    auto bus = std::make_unique<EventBus>(pool.get_executor());
    const Publisher publisher = bus->publisher({});
    std::atomic<std::uint64_t> read{0};
    std::atomic<std::uint64_t> published{0};
    const auto read_all = [](EventStream stream,
                             std::atomic<std::uint64_t>& count) -> asio::awaitable<void> {
      while (co_await stream.next()) ++count;
    };
    for (int i = 0; i < 2; ++i) {
      asio::co_spawn(asio::make_strand(pool.get_executor()),
                     read_all(bus->stream({.overflow = Overflow::block}), read), test::rethrow);
    }
    std::jthread thread([&] {
      for (auto seq = publisher.publish(make_token("t")); seq;
           seq = publisher.publish(make_token("t"))) {
        published = seq.value();
      }
    });
    while (published < 20) std::this_thread::yield();

    bus.reset();
    thread.join();
    pool.join();

    EXPECT_EQ(read.load(), 2 * published.load());
  }
}

TEST(B10Threads, AWaitIsNeverLeftAsleep) {
  // Publisher and reader take turns, so that a lost wake-up would stop both.
  asio::thread_pool pool(1);
  EventBus bus(pool.get_executor());
  EventStream stream = bus.stream();
  std::atomic<int> read{0};
  const auto read_all = [](EventStream& from, std::atomic<int>& count) -> asio::awaitable<void> {
    while (co_await from.next()) {
      ++count;
      count.notify_all();
    }
  };
  asio::co_spawn(pool, read_all(stream, read), test::rethrow);

  for (int i = 0; i < 10'000; ++i) {
    publish_tokens(bus, 1);
    for (int now = read; now <= i; now = read) read.wait(now);
  }
  bus.close();
  pool.join();

  EXPECT_EQ(read.load(), 10'000);
}

TEST(B10Threads, AWriterIsNeverLeftAsleep) {
  asio::thread_pool pool(2);
  BusOptions options = history_of(2);
  options.backlog_soft = 2;
  options.backlog_hard = 4;
  EventBus bus(pool.get_executor(), options);
  EventStream stream = bus.stream({.overflow = Overflow::block});
  std::uint64_t read = 0;
  const auto publish_all = [&]() -> asio::awaitable<void> {
    for (int i = 0; i < 1000; ++i) {
      co_await bus.async_writable(asio::use_awaitable);
      bus.publish(make_token("t")).value();
    }
    bus.close();
  };
  const auto read_all = [&]() -> asio::awaitable<void> {
    while (co_await stream.next()) ++read;
  };
  asio::co_spawn(asio::make_strand(pool.get_executor()), publish_all, test::rethrow);
  asio::co_spawn(asio::make_strand(pool.get_executor()), read_all, test::rethrow);
  pool.join();

  EXPECT_EQ(read, 1000U);
}

}  // namespace
}  // namespace strandbus
