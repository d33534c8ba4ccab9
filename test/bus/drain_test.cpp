// B8: async_drain completes when every blocking reader has read what was published before it.

#include "bus/operations.hpp"
#include "bus/reading.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <latch>
#include <thread>

namespace strandbus {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using test::publish_tokens;
using test::read_seqs;

struct B8Drain : testing::Test {
  asio::io_context io;
  EventBus bus{io.get_executor()};
  std::vector<error_code> completions;

  void start() {
    bus.async_drain([this](error_code ec) { completions.push_back(ec); });
    poll();
  }
  void poll() {
    io.restart();
    io.poll();
  }
  bool done() { return completions == std::vector<error_code>{error_code()}; }
};

TEST_F(B8Drain, CompletesAtOnceWhereNobodyBlocks) {
  EventStream slow = bus.stream();
  publish_tokens(bus, 3);
  start();

  EXPECT_TRUE(done());
}

TEST_F(B8Drain, NeverInsideTheInitiatingCall) {
  bool completed = false;
  bus.async_drain([&](error_code) { completed = true; });
  EXPECT_FALSE(completed);
  poll();
  EXPECT_TRUE(completed);
}

TEST_F(B8Drain, WaitsForEveryBlockingReader) {
  EventStream first = bus.stream({.overflow = Overflow::block});
  EventStream second = bus.stream({.overflow = Overflow::block});
  publish_tokens(bus, 3);
  start();
  EXPECT_FALSE(done());
  read_seqs(first);
  poll();
  EXPECT_FALSE(done());
  second.try_next();
  second.try_next();
  poll();
  EXPECT_FALSE(done());
  second.try_next();
  poll();
  EXPECT_TRUE(done());
}

TEST_F(B8Drain, DoesNotWaitForWhatIsPublishedLater) {
  EventStream stream = bus.stream({.overflow = Overflow::block});
  publish_tokens(bus, 2);
  start();
  publish_tokens(bus, 100);
  stream.try_next();
  stream.try_next();
  poll();

  EXPECT_TRUE(done());
}

TEST_F(B8Drain, AReaderThatLeavesIsNotWaitedFor) {
  EventStream stream = bus.stream({.overflow = Overflow::block});
  publish_tokens(bus, 3);
  start();
  stream = EventStream();
  poll();

  EXPECT_TRUE(done());
}

TEST_F(B8Drain, GoesOnAfterClose) {
  EventStream stream = bus.stream({.overflow = Overflow::block});
  publish_tokens(bus, 3);
  bus.close();
  start();
  EXPECT_FALSE(done());
  read_seqs(stream);
  poll();

  EXPECT_TRUE(done());
}

TEST_F(B8Drain, GoesOnAfterTheBusIsDestroyed) {
  auto other = std::make_unique<EventBus>(io.get_executor());
  EventStream stream = other->stream({.overflow = Overflow::block});
  publish_tokens(*other, 3);
  other->async_drain([this](error_code ec) { completions.push_back(ec); });
  other.reset();
  poll();
  EXPECT_FALSE(done());
  read_seqs(stream);
  poll();

  EXPECT_TRUE(done());
}

TEST_F(B8Drain, TimesOut) {
  EventStream stream = bus.stream({.overflow = Overflow::block});
  publish_tokens(bus, 3);
  std::optional<error_code> completion;
  bus.async_drain(steady_clock::now() + milliseconds(1), [&](error_code ec) { completion = ec; });
  io.run();

  EXPECT_EQ(completion, Errc::timed_out);
}

TEST_F(B8Drain, ADeadlineInThePastIsOnlyALook) {
  EventStream stream = bus.stream({.overflow = Overflow::block});
  std::vector<error_code> seen;
  const auto look = [&] {
    bus.async_drain(steady_clock::time_point::min(), [&](error_code ec) { seen.push_back(ec); });
    poll();
  };
  look();
  publish_tokens(bus, 1);
  look();

  EXPECT_EQ(seen, (std::vector<error_code>{error_code(), make_error_code(Errc::timed_out)}));
}

TEST_F(B8Drain, LeavesNoTimerBehind) {
  EventStream stream = bus.stream({.overflow = Overflow::block});
  publish_tokens(bus, 1);
  std::optional<error_code> completion;
  bus.async_drain(steady_clock::now() + hours(1), [&](error_code ec) { completion = ec; });
  io.poll();
  stream.try_next();
  io.restart();
  io.run();  // would take an hour

  EXPECT_EQ(completion, error_code());
}

TEST_F(B8Drain, CanBeCancelled) {
  EventStream stream = bus.stream({.overflow = Overflow::block});
  publish_tokens(bus, 3);
  asio::cancellation_signal signal;
  bus.async_drain(asio::bind_cancellation_slot(
      signal.slot(), [this](error_code ec) { completions.push_back(ec); }));
  poll();
  signal.emit(asio::cancellation_type::total);
  poll();

  EXPECT_EQ(completions, std::vector<error_code>{asio::error::operation_aborted});
}

TEST_F(B8Drain, ManyMayWaitAtOnceForDifferentEvents) {
  EventStream stream = bus.stream({.overflow = Overflow::block});
  std::vector<int> order;
  for (int i = 0; i < 3; ++i) {
    publish_tokens(bus, 1);
    bus.async_drain([&order, i](error_code) { order.push_back(i); });
  }
  for (int i = 0; i < 3; ++i) {
    poll();
    EXPECT_EQ(order.size(), static_cast<std::size_t>(i));
    stream.try_next();
  }
  poll();

  EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
}

TEST_F(B8Drain, ACallbackHasReadWhatItsHandlerHasReturnedFrom) {
  asio::thread_pool pool(1);
  std::latch inside(1);
  std::latch go_on(1);
  std::atomic<bool> returned{false};
  const auto subscription = bus.subscribe(pool.get_executor(),
                                          [&](const StreamEvent&) {
                                            inside.count_down();
                                            go_on.wait();
                                            returned = true;
                                          },
                                          {.overflow = Overflow::block});
  publish_tokens(bus, 1);
  inside.wait();
  start();
  EXPECT_FALSE(done());
  go_on.count_down();
  io.restart();
  io.run();

  EXPECT_TRUE(done());
  EXPECT_TRUE(returned);
}

TEST_F(B8Drain, MayBeStartedInsideACallback) {
  bool inside = true;
  std::optional<bool> completed_inside;
  const auto subscription = bus.subscribe(
      [&](const StreamEvent& event) {
        if (event.seq() == 1) bus.async_drain([&](error_code) { completed_inside = inside; });
      },
      {.overflow = Overflow::block});
  publish_tokens(bus, 1);
  inside = false;
  poll();

  EXPECT_EQ(completed_inside, false);
}

TEST_F(B8Drain, UnderLoadEverythingWasReadWhenItCompletes) {
  asio::thread_pool pool(2);
  EventBus loaded(pool.get_executor(), test::history_of(16));
  std::atomic<std::uint64_t> read{0};
  const auto subscription =
      loaded.subscribe(pool.get_executor(), [&](const StreamEvent& event) { read = event.seq(); },
                       {.overflow = Overflow::block});
  for (int round = 0; round < 300; ++round) {
    publish_tokens(loaded, 20);
    const std::uint64_t published = loaded.stats().published;
    loaded.async_drain(asio::use_future).get();
    EXPECT_GE(read, published);
  }
}

}  // namespace
}  // namespace strandbus
