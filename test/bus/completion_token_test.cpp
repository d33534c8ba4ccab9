// B11: the asynchronous operations of the bus work with any completion token, and honour the
// executor and the allocator of their handler.

#include "bus/operations.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

namespace strandbus {
namespace {

using test::BusWritable;
using test::StreamWait;
using testing::ElementsAre;
using testing::IsEmpty;

template <class Operation>
struct B11CompletionToken : testing::Test {
  auto callback() {
    return [this](error_code ec) { completions.push_back(ec); };
  }

  /// Runs whatever is ready, although there may have been nothing to do before.
  void poll() {
    io.restart();
    io.poll();
  }

  asio::io_context io;
  Operation operation{io};
  std::vector<error_code> completions;
};

using Operations = testing::Types<StreamWait, BusWritable, test::BusDrain>;
TYPED_TEST_SUITE(B11CompletionToken, Operations);

TYPED_TEST(B11CompletionToken, Callback) {
  this->operation.start(this->callback());
  this->poll();
  EXPECT_THAT(this->completions, IsEmpty());

  this->operation.make_ready();
  this->poll();

  EXPECT_THAT(this->completions, ElementsAre(error_code()));
}

TYPED_TEST(B11CompletionToken, CallbackThatCanOnlyBeMoved) {
  std::vector<int> called;
  this->operation.start(
      [&called, owned = std::make_unique<int>(7)](error_code) { called.push_back(*owned); });

  this->operation.make_ready();
  this->poll();

  EXPECT_THAT(called, ElementsAre(7));
}

TYPED_TEST(B11CompletionToken, UseFuture) {
  auto future = this->operation.start(asio::use_future);

  this->operation.make_ready();
  this->poll();

  ASSERT_EQ(future.wait_for(std::chrono::seconds(0)), std::future_status::ready);
  EXPECT_NO_THROW(future.get());
}

TYPED_TEST(B11CompletionToken, UseAwaitable) {
  bool done = false;
  const auto wait = [&]() -> asio::awaitable<void> {
    co_await this->operation.start(asio::use_awaitable);
    done = true;
  };
  asio::co_spawn(this->io, wait, test::rethrow);
  this->poll();
  EXPECT_FALSE(done);

  this->operation.make_ready();
  this->poll();

  EXPECT_TRUE(done);
}

TYPED_TEST(B11CompletionToken, AsTuple) {
  const auto wait = [&]() -> asio::awaitable<void> {
    const auto result = co_await this->operation.start(asio::as_tuple(asio::use_awaitable));
    this->completions.push_back(std::get<0>(result));
  };
  asio::co_spawn(this->io, wait, test::rethrow);

  this->poll();
  this->operation.make_ready();
  this->poll();

  EXPECT_THAT(this->completions, ElementsAre(error_code()));
}

TYPED_TEST(B11CompletionToken, RedirectError) {
  const auto wait = [&]() -> asio::awaitable<void> {
    error_code ec = Errc::busy;
    co_await this->operation.start(asio::redirect_error(asio::use_awaitable, ec));
    this->completions.push_back(ec);
  };
  asio::co_spawn(this->io, wait, test::rethrow);

  this->poll();
  this->operation.make_ready();
  this->poll();

  EXPECT_THAT(this->completions, ElementsAre(error_code()));
}

TYPED_TEST(B11CompletionToken, DeferredStartsWhenItIsCalled) {
  auto deferred = this->operation.start(asio::deferred);
  this->operation.make_ready();
  this->poll();
  EXPECT_THAT(this->completions, IsEmpty());

  std::move(deferred)(this->callback());
  this->poll();

  EXPECT_THAT(this->completions, ElementsAre(error_code()));
}

TYPED_TEST(B11CompletionToken, DeferredCanBeAwaited) {
  bool done = false;
  const auto wait = [&]() -> asio::awaitable<void> {
    auto deferred = this->operation.start(asio::deferred);
    co_await std::move(deferred)(asio::use_awaitable);
    done = true;
  };
  asio::co_spawn(this->io, wait, test::rethrow);

  this->operation.make_ready();
  this->poll();

  EXPECT_TRUE(done);
}

TYPED_TEST(B11CompletionToken, BindExecutor) {
  asio::io_context other;
  const auto strand = asio::make_strand(other.get_executor());
  bool in_strand = false;
  this->operation.start(asio::bind_executor(strand, [&](error_code ec) {
    in_strand = strand.running_in_this_thread();
    this->completions.push_back(ec);
  }));

  this->operation.make_ready();
  this->poll();
  EXPECT_THAT(this->completions, IsEmpty());
  other.poll();

  EXPECT_THAT(this->completions, ElementsAre(error_code()));
  EXPECT_TRUE(in_strand);
}

TYPED_TEST(B11CompletionToken, AWaitKeepsBothContextsRunning) {
  asio::io_context other;
  this->operation.start(asio::bind_executor(other.get_executor(), this->callback()));

  this->poll();
  other.poll();
  EXPECT_FALSE(this->io.stopped());
  EXPECT_FALSE(other.stopped());
  this->operation.make_ready();
  this->poll();
  other.poll();

  EXPECT_TRUE(this->io.stopped());
  EXPECT_TRUE(other.stopped());
}

struct AllocationCounts {
  int allocated = 0;
  int live = 0;
};

/// An allocator that counts what it gave and what came back.
template <class T>
struct CountingAllocator {
  using value_type = T;

  explicit CountingAllocator(AllocationCounts& c) : counts(&c) {}
  template <class U>
  CountingAllocator(const CountingAllocator<U>& other) : counts(other.counts) {}

  T* allocate(std::size_t n) {
    ++counts->allocated;
    ++counts->live;
    return std::allocator<T>().allocate(n);
  }
  void deallocate(T* memory, std::size_t n) {
    --counts->live;
    std::allocator<T>().deallocate(memory, n);
  }
  template <class U>
  bool operator==(const CountingAllocator<U>& other) const {
    return counts == other.counts;
  }

  AllocationCounts* counts;
};

TYPED_TEST(B11CompletionToken,
           TheAssociatedAllocatorIsUsedAndItsMemoryGivenBackBeforeTheHandlerRuns) {
  AllocationCounts counts;
  int live_in_handler = -1;
  this->operation.start(asio::bind_allocator(CountingAllocator<int>(counts),
                                             [&](error_code) { live_in_handler = counts.live; }));
  EXPECT_GE(counts.allocated, 1);

  this->operation.make_ready();
  this->poll();

  EXPECT_EQ(live_in_handler, 0);
}

TYPED_TEST(B11CompletionToken, TheHandlerNeverRunsInsideTheInitiatingFunction) {
  this->operation.make_ready();
  this->operation.start(this->callback());
  EXPECT_THAT(this->completions, IsEmpty());

  this->poll();

  EXPECT_THAT(this->completions, ElementsAre(error_code()));
}

TYPED_TEST(B11CompletionToken, TheHandlerNeverRunsInsideTheInitiatingFunctionOnTheOwnExecutor) {
  this->operation.make_ready();
  bool returned = false;
  bool called_after_return = false;
  asio::post(this->io, [&] {
    this->operation.start([&](error_code) { called_after_return = returned; });
    returned = true;
  });

  this->poll();

  EXPECT_TRUE(called_after_return);
}

}  // namespace
}  // namespace strandbus
