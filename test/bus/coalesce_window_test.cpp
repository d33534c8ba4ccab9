// B6 coalesce with a window: deltas are held for a while so that more of them become one event.

#include "bus/reading.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <optional>

namespace strandbus {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using test::publish_tokens;
using test::read_deliveries;
using test::read_seqs;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

struct B6Window : testing::Test {
  Timestamp now{};
  asio::io_context io;
  EventBus bus{io.get_executor(), options()};

  BusOptions options() {
    BusOptions options;
    options.clock = [this] { return now; };
    return options;
  }
  EventStream open(milliseconds window) {
    return bus.stream({.overflow = Overflow::coalesce, .coalesce_window = window});
  }
  std::optional<error_code> wait(EventStream& stream) {
    std::optional<error_code> completion;
    stream.async_wait([&](error_code ec) { completion = ec; });
    io.restart();
    io.poll();
    if (!completion) {
      stream.cancel();
      io.restart();
      io.poll();
      completion.reset();
    }
    return completion;
  }
};

TEST_F(B6Window, HoldsDeltasBack) {
  EventStream stream = open(hours(1));
  publish_tokens(bus, 2);

  EXPECT_FALSE(wait(stream));
  EXPECT_FALSE(stream.try_next());
  EXPECT_TRUE(stream.try_batch().empty());
  EXPECT_EQ(stream.stats().lag, 2U);
}

TEST_F(B6Window, AnotherEventEndsIt) {
  EventStream stream = open(hours(1));
  publish_tokens(bus, 2);
  EXPECT_FALSE(wait(stream));
  publish_tokens(bus, 1);
  bus.publish(make_status(AgentStatus::thinking)).value();

  EXPECT_TRUE(wait(stream));
  const auto read = read_deliveries(stream);
  ASSERT_THAT(read, SizeIs(2));
  EXPECT_EQ(read[0]->message(), "010");
  EXPECT_EQ(read[0].first_seq(), 1U);
  EXPECT_EQ(read[0].last_seq(), 3U);
  EXPECT_TRUE(read[1]->is<StatusUpdate>());
}

TEST_F(B6Window, TheEndOfTheBusEndsIt) {
  EventStream stream = open(hours(1));
  publish_tokens(bus, 2);
  EXPECT_FALSE(wait(stream));
  bus.close();

  EXPECT_THAT(read_seqs(stream), ElementsAre(2));
  EXPECT_EQ(stream.error(), Errc::closed);
}

TEST_F(B6Window, AnEventThatIsNoDeltaNeverWaits) {
  EventStream stream = open(hours(1));
  bus.publish(make_status(AgentStatus::thinking)).value();

  EXPECT_TRUE(wait(stream));
  EXPECT_TRUE(stream.try_next());
}

TEST_F(B6Window, BeginsWhenTheFirstDeltaIsPublishedNotWhenItIsRead) {
  EventStream stream = open(hours(1));
  publish_tokens(bus, 2);
  now += hours(1);  // the reader was busy with something else

  EXPECT_TRUE(wait(stream));
  EXPECT_THAT(read_seqs(stream), ElementsAre(2));
}

TEST_F(B6Window, AClockThatJumpsBackDoesNotMakeItLonger) {
  EventStream stream = open(milliseconds(1));
  publish_tokens(bus, 2);
  now -= hours(1000);
  bool completed = false;
  stream.async_wait([&](error_code ec) { completed = !ec; });
  io.restart();
  io.run();  // a thousand hours would not end

  EXPECT_TRUE(completed);
}

TEST_F(B6Window, TheWaitCompletesWhenItIsOver) {
  EventStream stream = open(milliseconds(2));
  std::optional<error_code> completion;
  stream.async_wait([&](error_code ec) { completion = ec; });
  io.poll();
  publish_tokens(bus, 3);
  io.restart();
  io.run();

  EXPECT_EQ(completion, error_code());
  EXPECT_THAT(read_seqs(stream), ElementsAre(3));
}

TEST_F(B6Window, NothingKeepsTheContextRunningAfterACancel) {
  EventStream stream = open(hours(1));
  publish_tokens(bus, 3);
  std::optional<error_code> completion;
  stream.async_wait([&](error_code ec) { completion = ec; });
  io.poll();
  stream.cancel();
  io.restart();
  io.run();  // would take an hour

  EXPECT_EQ(completion, asio::error::operation_aborted);
}

TEST_F(B6Window, NothingKeepsTheContextRunningAfterTheWaitHasEnded) {
  EventStream stream = open(hours(1));
  publish_tokens(bus, 3);
  std::optional<error_code> completion;
  stream.async_wait([&](error_code ec) { completion = ec; });
  io.poll();
  bus.publish(make_status(AgentStatus::thinking)).value();
  io.restart();
  io.run();

  EXPECT_EQ(completion, error_code());
}

TEST_F(B6Window, TheContextMayGoWhileDeltasAreHeld) {
  auto context = std::make_unique<asio::io_context>();
  auto other = std::make_unique<EventBus>(context->get_executor());
  EventStream stream = other->stream({.overflow = Overflow::coalesce, .coalesce_window = hours(1)});
  publish_tokens(*other, 3);
  stream.async_wait([](error_code) {});
  context->poll();
  context.reset();

  EXPECT_EQ(other->stats().published, 3U);
}

TEST_F(B6Window, OneReaderDoesNotWakeTheOthers) {
  EventStream held = open(milliseconds(1));
  EventStream other = bus.stream();
  bool woken = false;
  other.async_wait([&](error_code ec) { woken = !ec; });
  publish_tokens(bus, 1);
  io.poll();
  EXPECT_TRUE(woken);
  other.try_next();

  woken = false;
  other.async_wait([&](error_code ec) { woken = !ec; });
  bool window_over = false;
  held.async_wait([&](error_code) {
    window_over = true;
    io.stop();
  });
  io.restart();
  io.run();

  EXPECT_TRUE(window_over);
  EXPECT_FALSE(woken);
}

TEST_F(B6Window, ACallbackOnAnExecutorIsCalledWhenItIsOver) {
  std::vector<std::string> seen;
  const auto subscription = bus.subscribe(
      io.get_executor(), [&](const StreamEvent& event) { seen.push_back(event.message()); },
      {.overflow = Overflow::coalesce, .coalesce_window = milliseconds(1)});
  io.poll();
  publish_tokens(bus, 3);
  io.restart();
  io.run();

  EXPECT_THAT(seen, ElementsAre("012"));
}

TEST_F(B6Window, ManyReadersOnSeveralThreadsGetAllText) {
  asio::thread_pool pool(2);
  EventBus loaded(pool.get_executor(), test::history_of(50'000));
  std::vector<EventStream> streams;
  std::array<std::string, 8> texts;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    streams.push_back(
        loaded.stream({.overflow = Overflow::coalesce, .coalesce_window = milliseconds(i % 3)}));
  }
  const auto read = [](EventStream& from, std::string& into) -> asio::awaitable<void> {
    while (const auto delivery = co_await from.next()) into += (*delivery)->message();
  };
  for (std::size_t i = 0; i < texts.size(); ++i)
    asio::co_spawn(pool, read(streams[i], texts[i]), asio::detached);
  std::string written;
  for (int i = 0; i < 10'000; ++i) {
    written += std::to_string(i) + ",";
    loaded.publish(make_token(std::to_string(i) + ",", "m")).value();
  }
  loaded.close();
  pool.join();

  for (const std::string& text : texts) EXPECT_EQ(text, written);
}

TEST_F(B6Window, IsRefusedWhereItCannotBe) {
  EXPECT_THROW((void)open(milliseconds(-1)), std::invalid_argument);
  EXPECT_THROW((void)bus.stream({.coalesce_window = milliseconds(5)}), std::invalid_argument);
  EXPECT_THROW((void)bus.subscribe([](const StreamEvent&) {}, {.overflow = Overflow::coalesce,
                                                               .coalesce_window = milliseconds(5)}),
               std::invalid_argument);
}

}  // namespace
}  // namespace strandbus
