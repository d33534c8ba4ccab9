// Making and publishing a short token_delta and waking its readers allocates nothing in the steady
// state. Replaces the global operator new, so alone in its program.

#include "bus/reading.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::size_t> allocations{0};

void* allocate(std::size_t size, std::size_t alignment) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  const std::size_t rounded = (size + alignment - 1) / alignment * alignment;
  if (void* memory = std::aligned_alloc(alignment, rounded == 0 ? alignment : rounded))
    return memory;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size, alignof(std::max_align_t)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace strandbus {
namespace {

template <class F>
std::size_t allocations_of(F&& f) {
  const std::size_t before = allocations.load();
  f();
  return allocations.load() - before;
}

struct BusAllocation : testing::Test {
  /// Makes and publishes this many short deltas as an agent does.
  void publish(int count) {
    for (int i = 0; i < count; ++i)
      publisher.publish(TokenDelta{.text = " the", .message_id = "m1"}).value();
  }

  asio::io_context io;
  EventBus bus{io.get_executor(), test::history_of(128)};
  Publisher publisher =
      bus.publisher({.session_id = "a session with a long name", .agent = "planner"})
          .turn(1)
          .span(7);
};

TEST_F(BusAllocation, TheCounterCounts) {
  EXPECT_EQ(allocations_of([] { std::string text(100, 'x'); }), 1U);
}

TEST_F(BusAllocation, PublishingToNobodyNeedsNone) {
  publish(1000);

  EXPECT_EQ(allocations_of([&] { publish(1000); }), 0U);
}

TEST_F(BusAllocation, PublishingToACallbackNeedsNone) {
  std::size_t bytes = 0;
  const auto subscription = bus.subscribe(
      [&](const StreamEvent& event) { bytes += event.get_if<TokenDelta>()->text.size(); });
  publish(1000);

  EXPECT_EQ(allocations_of([&] { publish(1000); }), 0U);
  EXPECT_EQ(bytes, 8000U);
}

TEST_F(BusAllocation, PublishingToACallbackWithAFilterNeedsNone) {
  int called = 0;
  const auto subscription =
      bus.subscribe([&](const Delivery&) { ++called; },
                    {.filter = Filter().scopes({Scope::llm}).agent("planner")});
  publish(1000);

  EXPECT_EQ(allocations_of([&] { publish(1000); }), 0U);
  EXPECT_EQ(called, 2000);
}

TEST_F(BusAllocation, ReadingNeedsNone) {
  EventStream single = bus.stream();
  EventStream batched = bus.stream();
  std::size_t bytes = 0;
  const auto round = [&] {
    publish(100);
    while (const auto delivery = single.try_next())
      bytes += (*delivery)->get_if<TokenDelta>()->text.size();
    for (Batch batch = batched.try_batch(); !batch.empty(); batch = batched.try_batch())
      bytes += batch.size();
  };
  for (int i = 0; i < 10; ++i) round();

  EXPECT_EQ(allocations_of([&] {
              for (int i = 0; i < 10; ++i) round();
            }),
            0U);
  EXPECT_EQ(bytes, 20 * 100 * 5U);
}

/// Reads a stream by next(), or by async_wait and try_batch.
asio::awaitable<void> read_each(EventStream stream, std::size_t& seen) {
  while (const auto delivery = co_await stream.next()) ++seen;
}
asio::awaitable<void> read_batches(EventStream stream, std::size_t& seen) {
  while (!stream.error()) {
    co_await stream.async_wait(asio::as_tuple(asio::use_awaitable));
    for (Batch batch = stream.try_batch(); !batch.empty(); batch = stream.try_batch())
      seen += batch.size();
  }
}

struct BusAllocationOfWakeUps : BusAllocation, testing::WithParamInterface<int> {
  /// Publishes events one by one, and lets the readers read each.
  void wake_readers(int times) {
    for (int i = 0; i < times; ++i) {
      publish(1);
      io.restart();
      io.poll();
    }
  }
  std::size_t readers() const { return std::size_t(GetParam()); }

  std::size_t seen = 0;
};

TEST_P(BusAllocationOfWakeUps, ByNextNeedNone) {
  for (std::size_t i = 0; i < readers(); ++i)
    asio::co_spawn(io, read_each(bus.stream(), seen), asio::detached);
  wake_readers(1000);

  EXPECT_EQ(allocations_of([&] { wake_readers(1000); }), 0U);
  EXPECT_EQ(seen, readers() * 2000);
}

TEST_P(BusAllocationOfWakeUps, ByAsyncWaitNeedNone) {
  for (std::size_t i = 0; i < readers(); ++i)
    asio::co_spawn(io, read_batches(bus.stream(), seen), asio::detached);
  wake_readers(1000);

  EXPECT_EQ(allocations_of([&] { wake_readers(1000); }), 0U);
  EXPECT_EQ(seen, readers() * 2000);
}

INSTANTIATE_TEST_SUITE_P(Readers, BusAllocationOfWakeUps, testing::Values(1, 4));

TEST_F(BusAllocation, AStalledReaderCostsPublishersNone) {
  const EventStream stalled = bus.stream();
  publish(1000);

  EXPECT_EQ(allocations_of([&] { publish(1000); }), 0U);
}

TEST_F(BusAllocation, ABlockingReaderThatKeepsUpCostsNone) {
  EventStream stream = bus.stream({.overflow = Overflow::block});
  const auto round = [&] {
    publish(50);
    while (!stream.try_batch().empty()) {
    }
  };
  for (int i = 0; i < 20; ++i) round();

  EXPECT_EQ(allocations_of([&] {
              for (int i = 0; i < 20; ++i) round();
            }),
            0U);
}

}  // namespace
}  // namespace strandbus
