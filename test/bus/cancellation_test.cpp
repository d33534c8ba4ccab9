// B11: per-operation cancellation, and what may be destroyed while an operation is pending.

#include "bus/operations.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>

namespace strandbus {
namespace {

using asio::cancellation_type;
using asio::error::operation_aborted;
using test::BusWritable;
using test::publish_tokens;
using test::StreamWait;
using testing::ElementsAre;
using testing::IsEmpty;

template <class Operation>
struct B11Cancellation : testing::Test {
  auto callback() {
    return [this](error_code ec) { completions.push_back(ec); };
  }
  void start_cancellable() {
    operation.start(asio::bind_cancellation_slot(signal.slot(), callback()));
    poll();
  }
  /// Runs whatever is ready, although there may have been nothing to do before.
  void poll() {
    io.restart();
    io.poll();
  }

  asio::io_context io;
  Operation operation{io};
  asio::cancellation_signal signal;
  std::vector<error_code> completions;
};

using Operations = testing::Types<StreamWait, BusWritable, test::BusDrain>;
TYPED_TEST_SUITE(B11Cancellation, Operations);

TYPED_TEST(B11Cancellation, EveryTypeEndsTheOperation) {
  for (const auto type :
       {cancellation_type::terminal, cancellation_type::partial, cancellation_type::total}) {
    this->completions.clear();
    this->start_cancellable();

    this->signal.emit(type);
    EXPECT_THAT(this->completions, IsEmpty());  // not inside emit
    this->poll();

    EXPECT_THAT(this->completions, ElementsAre(operation_aborted));
  }
}

TYPED_TEST(B11Cancellation, NoneEndsNothing) {
  this->start_cancellable();

  this->signal.emit(cancellation_type::none);
  this->poll();

  EXPECT_THAT(this->completions, IsEmpty());
}

TYPED_TEST(B11Cancellation, TheObjectStaysUsable) {
  this->start_cancellable();
  this->signal.emit(cancellation_type::total);
  this->poll();
  this->completions.clear();

  this->operation.start(this->callback());
  this->operation.make_ready();
  this->poll();

  EXPECT_THAT(this->completions, ElementsAre(error_code()));
}

TYPED_TEST(B11Cancellation, ComesTooLateOnceTheCompletionIsQueued) {
  this->operation.make_ready();
  this->operation.start(asio::bind_cancellation_slot(this->signal.slot(), this->callback()));

  this->signal.emit(cancellation_type::terminal);
  this->poll();

  EXPECT_THAT(this->completions, ElementsAre(error_code()));
}

TYPED_TEST(B11Cancellation, WinsOverAWakeUpThatIsStillQueued) {
  this->start_cancellable();

  this->operation.make_ready();
  this->signal.emit(cancellation_type::terminal);
  this->poll();

  EXPECT_THAT(this->completions, ElementsAre(operation_aborted));
}

TYPED_TEST(B11Cancellation, DoesNothingInsideTheHandlerAndAfterwards) {
  this->operation.start(asio::bind_cancellation_slot(this->signal.slot(), [&](error_code ec) {
    this->completions.push_back(ec);
    this->signal.emit(cancellation_type::terminal);
  }));

  this->operation.make_ready();
  this->poll();
  this->signal.emit(cancellation_type::terminal);
  this->poll();

  EXPECT_THAT(this->completions, ElementsAre(error_code()));
}

TYPED_TEST(B11Cancellation, AHandlerMayStartTheNextOperation) {
  std::function<void(error_code)> again = [&](error_code ec) {
    this->completions.push_back(ec);
    if (this->completions.size() < 3) this->operation.start(again);
  };
  this->operation.start(again);

  this->operation.make_ready();  // nothing reads: it stays ready
  this->poll();

  EXPECT_THAT(this->completions, ElementsAre(error_code(), error_code(), error_code()));
}

TYPED_TEST(B11Cancellation, TheBusMayBeDestroyedMeanwhile) {
  auto mortal = std::make_unique<TypeParam>(this->io);
  EventStream stream = mortal->bus.stream();
  mortal->start(this->callback());
  stream.async_wait(this->callback());
  this->poll();

  mortal.reset();
  this->poll();

  EXPECT_EQ(this->completions.size(), 2U);
  EXPECT_THAT(this->completions, testing::Contains(make_error_code(Errc::closed)));
}

TYPED_TEST(B11Cancellation, TheContextMayBeDestroyedMeanwhile) {
  auto held = std::make_shared<int>();
  const std::weak_ptr<int> observer = held;
  auto mortal = std::make_unique<asio::io_context>();
  TypeParam pending(*mortal);
  pending.start([copy = std::move(held)](error_code) { FAIL() << "the context is gone"; });
  mortal->poll();

  mortal.reset();

  EXPECT_TRUE(observer.expired());
  pending.make_ready();  // nobody is there to be woken
  publish_tokens(pending.bus, 1);
  pending.bus.close();
}

TYPED_TEST(B11Cancellation, TheContextMayBeDestroyedWhileAWakeUpIsQueued) {
  auto held = std::make_shared<int>();
  const std::weak_ptr<int> observer = held;
  auto mortal = std::make_unique<asio::io_context>();
  TypeParam pending(*mortal);
  pending.start([copy = std::move(held)](error_code) { FAIL() << "the context is gone"; });
  mortal->poll();

  pending.make_ready();
  mortal.reset();

  EXPECT_TRUE(observer.expired());
}

struct B11Lifetime : testing::Test {
  auto callback() {
    return [this](error_code ec) { completions.push_back(ec); };
  }
  void poll() {
    io.restart();
    io.poll();
  }

  asio::io_context io;
  EventBus bus{io.get_executor(), test::history_of(4)};
  EventStream stream = bus.stream();
  std::vector<error_code> completions;
};

TEST_F(B11Lifetime, AWaitEndsWithClosedWhenEverythingKeptWasRead) {
  stream.async_wait(callback());
  bus.close();
  poll();

  EXPECT_THAT(completions, ElementsAre(Errc::closed));
  EXPECT_EQ(stream.error(), Errc::closed);
}

TEST_F(B11Lifetime, AWaitOnAClosedBusSucceedsWhileThereIsSomethingToRead) {
  publish_tokens(bus, 1);
  bus.close();
  stream.async_wait(callback());
  poll();
  stream.try_next();
  stream.async_wait(callback());
  poll();

  EXPECT_THAT(completions, ElementsAre(error_code(), make_error_code(Errc::closed)));
}

TEST_F(B11Lifetime, AWaitEndsWithLaggedUnderDisconnect) {
  EventStream slow = bus.stream({.overflow = Overflow::disconnect});
  slow.async_wait(callback());
  publish_tokens(bus, 5);
  poll();

  EXPECT_THAT(completions, ElementsAre(Errc::lagged));
}

TEST_F(B11Lifetime, ASecondWaitIsRefusedAsBusyAndTheFirstGoesOn) {
  stream.async_wait(callback());
  stream.async_wait(callback());
  poll();
  EXPECT_THAT(completions, ElementsAre(Errc::busy));

  publish_tokens(bus, 1);
  poll();

  EXPECT_THAT(completions, ElementsAre(make_error_code(Errc::busy), error_code()));
}

TEST_F(B11Lifetime, NothingCanBeReadWhileAWaitIsPending) {
  stream.async_wait(callback());
  publish_tokens(bus, 1);
  EXPECT_FALSE(stream.try_next());
  EXPECT_TRUE(stream.try_batch().empty());

  poll();

  EXPECT_TRUE(stream.try_next());
}

TEST_F(B11Lifetime, AWaitConsumesNothing) {
  publish_tokens(bus, 1);
  for (int i = 0; i < 3; ++i) {
    stream.async_wait(callback());
    poll();
  }

  EXPECT_THAT(completions, ElementsAre(error_code(), error_code(), error_code()));
  EXPECT_THAT(test::read_seqs(stream), ElementsAre(1));
}

TEST_F(B11Lifetime, CancelEndsAWaitAndKeepsTheStreamUsable) {
  stream.async_wait(callback());
  stream.cancel();
  poll();
  publish_tokens(bus, 1);

  EXPECT_THAT(completions, ElementsAre(operation_aborted));
  EXPECT_THAT(test::read_seqs(stream), ElementsAre(1));
}

TEST_F(B11Lifetime, CancelWithoutAWaitDoesNothing) {
  stream.cancel();
  publish_tokens(bus, 1);
  stream.async_wait(callback());
  poll();

  EXPECT_THAT(completions, ElementsAre(error_code()));
}

TEST_F(B11Lifetime, CancellingAnEarlierWaitDoesNotTouchALaterOne) {
  asio::cancellation_signal signal;
  stream.async_wait(asio::bind_cancellation_slot(signal.slot(), callback()));
  publish_tokens(bus, 1);
  io.poll_one();  // may leave the completion queued
  stream.try_next();
  stream.async_wait(callback());

  signal.emit(asio::cancellation_type::terminal);
  poll();

  EXPECT_THAT(completions, ElementsAre(error_code()));
}

TEST_F(B11Lifetime, AHandlerThatThrowsDoesNotCostOthersTheirCall) {
  EventStream second = bus.stream();
  EventStream third = bus.stream();
  stream.async_wait([](error_code) { throw std::runtime_error("from a handler"); });
  second.async_wait(callback());
  third.async_wait(callback());

  publish_tokens(bus, 1);
  EXPECT_THROW(poll(), std::runtime_error);
  poll();

  EXPECT_THAT(completions, ElementsAre(error_code(), error_code()));
}

TEST_F(B11Lifetime, CancelMayComeFromAnotherThread) {
  for (int i = 0; i < 500; ++i) {
    stream.async_wait(callback());
    std::jthread canceller([&] { stream.cancel(); });
    io.restart();
    io.run();
  }

  EXPECT_THAT(completions, testing::Each(error_code(operation_aborted)));
}

TEST_F(B11Lifetime, DestroyingTheStreamEndsItsWait) {
  stream.async_wait(callback());
  stream = EventStream();
  poll();

  EXPECT_THAT(completions, ElementsAre(operation_aborted));
  EXPECT_THAT(bus.stats().readers, IsEmpty());
}

TEST_F(B11Lifetime, AHandlerMayDestroyTheStream) {
  stream.async_wait([&](error_code ec) {
    completions.push_back(ec);
    stream = EventStream();
  });
  publish_tokens(bus, 1);
  poll();

  EXPECT_THAT(completions, ElementsAre(error_code()));
}

TEST_F(B11Lifetime, AStreamMayBeMovedWhileItWaits) {
  stream.async_wait(callback());
  EventStream moved = std::move(stream);
  publish_tokens(bus, 1);
  poll();

  EXPECT_THAT(completions, ElementsAre(error_code()));
  EXPECT_THAT(test::read_seqs(moved), ElementsAre(1));
}

TEST_F(B11Lifetime, ADefaultConstructedStreamHasEnded) {
  EventStream none;
  EXPECT_FALSE(none.try_next());
  EXPECT_TRUE(none.try_batch().empty());
  EXPECT_EQ(none.error(), Errc::closed);
  EXPECT_EQ(none.stats().delivered, 0U);
  none.cancel();

  none.async_wait(asio::bind_executor(io.get_executor(), callback()));
  io.run();

  EXPECT_THAT(completions, ElementsAre(Errc::closed));
}

TEST_F(B11Lifetime, ACoroutineThatOwnsItsStreamGoesWithItsContext) {
  auto held = std::make_shared<int>();
  const std::weak_ptr<int> observer = held;
  auto mortal = std::make_unique<asio::io_context>();
  const auto read = [](EventStream mine, std::shared_ptr<int>) -> asio::awaitable<void> {
    while (co_await mine.next()) {
    }
  };
  asio::co_spawn(*mortal, read(bus.stream(mortal->get_executor()), std::move(held)), test::rethrow);
  publish_tokens(bus, 3);
  mortal->poll();

  mortal.reset();

  EXPECT_TRUE(observer.expired());
  publish_tokens(bus, 3);
}

TEST_F(B11Lifetime, AContextAtTheAddressOfAnEarlierOneIsWokenToo) {
  std::optional<asio::io_context> slot;
  EventStream left_over;
  for (int i = 0; i < 3; ++i) {
    completions.clear();
    slot.emplace();
    EventStream mine = bus.stream(slot->get_executor());
    mine.async_wait(callback());
    publish_tokens(bus, 1);
    slot->poll();
    ASSERT_THAT(completions, ElementsAre(error_code()));
    mine.try_next();
    mine.async_wait(callback());
    left_over = std::move(mine);  // outlives its context
    slot.reset();
  }
}

TEST_F(B11Lifetime, AContextMayGoWhileOtherThreadsPublish) {
  std::atomic<bool> stop{false};
  std::jthread publisher([&] {
    while (!stop) publish_tokens(bus, 1);
  });

  EventStream outlives;
  for (int i = 0; i < 200; ++i) {
    asio::io_context mortal;
    EventStream mine = bus.stream(mortal.get_executor());
    mine.async_wait([](error_code) {});
    mortal.poll();
    mine.async_wait([](error_code) {});
    if (i % 2 == 0) outlives = std::move(mine);
  }

  stop = true;
}

}  // namespace
}  // namespace strandbus
