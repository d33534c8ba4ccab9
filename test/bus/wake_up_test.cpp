// B8, B10, B11: those who wake readers look again while another thread publishes; what happens when
// streams, buses and contexts go meanwhile, and that nobody is overlooked when they stop.

#include "bus/operations.hpp"
#include "bus/proof.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <thread>

namespace strandbus {
namespace {

using test::publish_tokens;
using test::range;

/// A stream that waits for what does not come, on a context whose next drain is on its way: another
/// thread has published many events.
struct B10Linger : testing::Test {
  B10Linger() {
    stream->async_wait([this, held = held](error_code ec) { end = ec; });
    publish_from_elsewhere(20);
    EXPECT_EQ(io->poll_one(), 1U);
    EXPECT_FALSE(end);
    held.reset();
  }

  static Filter errors() { return Filter().types({EventType::error}); }
  void publish_from_elsewhere(int count) {
    std::jthread([&, this] { publish_tokens(*bus, count); });
  }
  void publish_error_from_elsewhere() {
    std::jthread([this] { bus->publish(Error{}).value(); });
  }

  std::shared_ptr<int> held = std::make_shared<int>(0);
  std::weak_ptr<int> handler = held;  ///< of the wait
  std::optional<error_code> end;
  std::optional<asio::io_context> io{std::in_place};
  std::optional<EventBus> bus{std::in_place, io->get_executor()};
  std::optional<EventStream> stream{bus->stream({.filter = errors()})};
};

TEST_F(B10Linger, EndsByItselfAndThenAPublisherWakes) {
  io->poll();
  publish_error_from_elsewhere();
  io->poll();

  EXPECT_EQ(end, error_code());
  EXPECT_TRUE(handler.expired());
}

TEST_F(B10Linger, FindsWhatComesMeanwhile) {
  publish_error_from_elsewhere();
  io->poll();

  EXPECT_EQ(end, error_code());
}

TEST_F(B10Linger, LetsOthersOnTheExecutorRun) {
  bool ran = false;
  asio::post(*io, [&] { ran = true; });
  for (int handlers = 0; handlers < 2 && !ran; ++handlers) {
    publish_from_elsewhere(1);
    io->poll_one();
  }

  EXPECT_TRUE(ran);
}

TEST_F(B10Linger, TheStreamMayGo) {
  stream.reset();
  io->run();

  EXPECT_EQ(end, asio::error::operation_aborted);
  EXPECT_TRUE(handler.expired());
  EXPECT_TRUE(bus->stats().readers.empty());
}

TEST_F(B10Linger, TheWaitMayBeCancelledAndAnotherOneBegin) {
  stream->cancel();
  io->poll_one();
  std::optional<error_code> second;
  stream->async_wait([&](error_code ec) { second = ec; });
  io->restart();
  io->poll();
  EXPECT_EQ(end, asio::error::operation_aborted);
  EXPECT_FALSE(second);
  publish_error_from_elsewhere();
  io->restart();
  io->poll();

  EXPECT_EQ(second, error_code());
}

TEST_F(B10Linger, TheBusMayGo) {
  bus.reset();
  io->run();

  EXPECT_EQ(end, Errc::closed);
  EXPECT_TRUE(handler.expired());
}

TEST_F(B10Linger, TheBusAndTheStreamMayGo) {
  stream.reset();
  bus.reset();
  io->run();

  EXPECT_EQ(end, asio::error::operation_aborted);
}

TEST_F(B10Linger, TheContextMayGo) {
  io.reset();
  EXPECT_TRUE(handler.expired());
  EXPECT_FALSE(end);

  EXPECT_EQ(publish_tokens(*bus, 10), 10);
}

TEST_F(B10Linger, TheContextMayGoAfterTheStream) {
  stream.reset();
  io.reset();

  EXPECT_TRUE(handler.expired());
  EXPECT_EQ(publish_tokens(*bus, 10), 10);
}

TEST_F(B10Linger, StreamsOfAnotherContextAreStillWoken) {
  asio::io_context other;
  EventStream there = bus->stream(other.get_executor());
  int woken = 0;
  there.async_wait([&](error_code) { ++woken; });
  publish_from_elsewhere(1);
  other.poll();

  EXPECT_EQ(woken, 1);
}

TEST_F(B10Linger, WhoBeginsToWaitMeanwhileIsWoken) {
  EventStream late = bus->stream();
  int woken = 0;
  late.async_wait([&](error_code) { ++woken; });
  EXPECT_EQ(woken, 0);
  io->poll();  // to the end of the lingering
  EXPECT_EQ(woken, 0);
  publish_from_elsewhere(1);
  io->restart();
  io->poll();

  EXPECT_EQ(woken, 1);
}

/// Counts what comes until the bus is closed.
asio::awaitable<void> count_all(EventStream& stream, std::atomic<std::uint64_t>& count) {
  for (;;) {
    const auto delivery = co_await stream.next();
    if (!delivery) co_return;
    ++count;
  }
}

TEST(B10WakeUp, NoSingleEventOfAnotherThreadIsOverlooked) {
  asio::thread_pool pool(1);
  EventBus bus(pool.get_executor());
  EventStream stream = bus.stream();
  std::atomic<std::uint64_t> read{0};
  asio::co_spawn(pool, count_all(stream, read), test::rethrow);

  const std::uint64_t events = test::amount(100'000, 20'000, 2'000'000);
  for (std::uint64_t event = 1; event <= events; ++event) {
    publish_tokens(bus, 1);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    for (int i = 0; read < event; ++i) {
      if (i < 50) continue;  // now and then the next event comes when the reader goes to sleep
      std::this_thread::yield();
      if (std::chrono::steady_clock::now() < end) continue;
      ADD_FAILURE() << "event " << event << " wakes nobody";
      return pool.stop();
    }
  }
  bus.close();
  pool.join();

  EXPECT_EQ(read.load(), events);
}

TEST(B10WakeUp, NoBurstOfAnotherThreadIsOverlooked) {
  // From one event, which ends the lingering, to many, which begins it.
  asio::thread_pool pool(1);
  EventBus bus(pool.get_executor());
  EventStream left = bus.stream();
  EventStream right = bus.stream();
  std::atomic<std::uint64_t> read{0};
  asio::co_spawn(pool, count_all(left, read), test::rethrow);
  asio::co_spawn(pool, count_all(right, read), test::rethrow);

  const std::uint64_t bursts = test::amount(3'000, 1'000, 200'000);
  std::uint64_t published = 0;
  for (std::uint64_t burst = 0; burst < bursts; ++burst) {
    published += static_cast<std::uint64_t>(publish_tokens(bus, 1 + static_cast<int>(burst % 20)));
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (read < 2 * published) {
      std::this_thread::yield();
      if (std::chrono::steady_clock::now() < end) continue;
      ADD_FAILURE() << "burst " << burst << " wakes nobody";
      return pool.stop();
    }
  }
  bus.close();
  pool.join();

  EXPECT_EQ(read.load(), 2 * published);
}

}  // namespace
}  // namespace strandbus
