// B7 and B10: callbacks where several threads meet.

#include "bus/reading.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>

namespace strandbus {
namespace {

using test::history_of;
using test::publish_tokens;
using test::range;
using test::Seqs;
using testing::Each;

/// Runs `body(index)` in so many threads that start together, and waits for them.
template <class F>
void in_threads(int count, F body) {
  std::latch start(count);
  std::vector<std::jthread> threads;
  for (int index = 0; index < count; ++index) {
    threads.emplace_back([&, index] {
      start.arrive_and_wait();
      body(index);
    });
  }
}

/// Waits until `value` is at least `wanted`.
void wait_for(const std::atomic<std::uint64_t>& value, std::uint64_t wanted) {
  for (auto now = value.load(); now < wanted; now = value.load()) value.wait(now);
}

TEST(B7Threads, EachCallbackSeesEveryEventOfAllPublishersOnceAndInOrder) {
  constexpr int publishers = 4;
  constexpr int events_each = 1500;
  asio::io_context io;
  EventBus bus(io.get_executor(), history_of(publishers * events_each));
  std::vector<Seqs> seen(3);
  std::vector<Subscription> subscriptions;
  for (Seqs& mine : seen) {
    // Without a lock: the thread sanitizer sees to it that no two calls overlap.
    subscriptions.push_back(
        bus.subscribe([&mine](const StreamEvent& event) { mine.push_back(event.seq()); }));
  }

  in_threads(publishers, [&](int) { publish_tokens(bus, events_each); });

  EXPECT_THAT(seen, Each(range(1, publishers * events_each)));
}

TEST(B7Threads, NothingIsLostOrReorderedWhenTheDelivererHandsOver) {
  constexpr std::uint64_t backlog = 2000;
  constexpr int more = 3000;
  asio::io_context io;
  EventBus bus(io.get_executor(), history_of(10'000));
  std::latch delivering(1);
  std::latch has_backlog(1);
  Seqs seen;
  std::size_t threads_that_delivered = 0;
  std::thread::id last;
  const auto subscription = bus.subscribe([&](const StreamEvent& event) {
    if (event.seq() == 1) {
      delivering.count_down();
      has_backlog.wait();
    }
    seen.push_back(event.seq());
    threads_that_delivered += last != std::this_thread::get_id();
    last = std::this_thread::get_id();
  });

  std::jthread first([&] { publish_tokens(bus, 1); });
  delivering.wait();
  EXPECT_EQ(publish_tokens(bus, backlog),
            static_cast<int>(backlog));  // at once: another thread delivers
  has_backlog.count_down();
  publish_tokens(bus, more);  // some of these may find the work offered
  first.join();

  EXPECT_EQ(seen, range(1, 1 + backlog + more));
  EXPECT_GE(threads_that_delivered, 1U);
}

TEST(B7Threads, UnsubscribeWaitsForARunningHandler) {
  asio::io_context io;
  EventBus bus(io.get_executor());
  std::latch running(1);
  std::latch may_end(1);
  bool has_ended = false;  // read after unsubscribe without further synchronisation
  auto held = std::make_shared<int>();
  const std::weak_ptr<int> observer = held;
  auto subscription = bus.subscribe([&, copy = std::move(held)](const StreamEvent&) {
    running.count_down();
    may_end.wait();
    has_ended = true;
  });
  std::jthread publisher([&] { publish_tokens(bus, 1); });
  running.wait();
  bool had_ended = false;
  bool was_destroyed = false;

  std::jthread unsubscriber([&] {
    subscription.unsubscribe();
    had_ended = has_ended;
    was_destroyed = observer.expired();
  });
  while (subscription.active()) std::this_thread::yield();  // it has begun
  may_end.count_down();
  unsubscriber.join();

  EXPECT_TRUE(had_ended);
  EXPECT_TRUE(was_destroyed);
}

TEST(B7Threads, UnsubscribeWaitsForARunningPredicate) {
  asio::io_context io;
  EventBus bus(io.get_executor());
  std::latch running(1);
  std::latch may_end(1);
  bool has_ended = false;
  int called = 0;
  auto subscription = bus.subscribe([&](const StreamEvent&) { ++called; },
                                    {.filter = Filter().where([&](const StreamEvent&) {
                                      running.count_down();
                                      may_end.wait();
                                      return has_ended = true;
                                    })});
  std::jthread publisher([&] { publish_tokens(bus, 1); });
  running.wait();
  bool had_ended = false;

  std::jthread unsubscriber([&] {
    subscription.unsubscribe();
    had_ended = has_ended;
  });
  while (subscription.active()) std::this_thread::yield();
  may_end.count_down();
  unsubscriber.join();
  publisher.join();

  EXPECT_TRUE(had_ended);
  EXPECT_EQ(called, 0);
}

TEST(B7Threads, UnsubscribeInsideACallbackDoesNotWaitForTheOther) {
  asio::thread_pool pool(2);
  EventBus bus(pool.get_executor());
  std::latch running(1);
  std::latch may_end(1);
  std::latch both_done(2);
  auto slow = bus.subscribe(pool.get_executor(), [&](const StreamEvent&) {
    running.count_down();
    may_end.wait();
    both_done.count_down();
  });
  const auto other = bus.subscribe(pool.get_executor(), [&](const StreamEvent&) {
    running.wait();
    slow.unsubscribe();  // returns although the other handler runs
    may_end.count_down();
    both_done.count_down();
  });

  publish_tokens(bus, 1);
  both_done.wait();

  EXPECT_FALSE(slow.active());
  pool.join();
}

TEST(B7Threads, TwoHandlersThatUnsubscribeEachOtherDoNotHang) {
  for (int round = 0; round < 100; ++round) {
    asio::thread_pool pool(2);
    EventBus bus(pool.get_executor());
    std::latch both_run(2);
    std::atomic<int> calls{0};
    Subscription left;
    Subscription right;
    left = bus.subscribe(pool.get_executor(), [&](const StreamEvent&) {
      both_run.arrive_and_wait();
      right.unsubscribe();
      ++calls;
    });
    right = bus.subscribe(pool.get_executor(), [&](const StreamEvent&) {
      both_run.arrive_and_wait();
      left.unsubscribe();
      ++calls;
    });

    publish_tokens(bus, 1);
    pool.join();

    EXPECT_EQ(calls.load(), 2);
  }
}

TEST(B7Threads, TheHandlerNeverRunsAfterUnsubscribeHasReturned) {
  asio::thread_pool pool(2);
  EventBus bus(pool.get_executor());
  std::atomic<bool> stop{false};
  std::jthread publisher([&] {
    while (!stop) bus.publish(make_token("t"));
  });

  for (int round = 0; round < 150; ++round) {
    auto target =
        std::make_unique<std::uint64_t>(0);  // a use after its end is an error of the sanitizers
    const auto handler = [t = target.get()](const StreamEvent& event) { *t += event.seq(); };
    SubscribeOptions options;
    options.filter.where([t = target.get()](const StreamEvent&) { return ++*t > 0; });
    auto subscription = round % 2 == 0 ? bus.subscribe(handler, options)
                                       : bus.subscribe(pool.get_executor(), handler, options);
    for (int i = 0; i < round % 7; ++i) std::this_thread::yield();
    subscription.unsubscribe();
    *target = 0;
  }
  stop = true;
  publisher.join();
  pool.join();

  EXPECT_EQ(bus.stats().callback_errors, 0U);
}

TEST(B7Threads, UnsubscribingInAllThreadsAtOnceLeavesNothingBehind) {
  for (int round = 0; round < 50; ++round) {
    asio::thread_pool pool(1);
    EventBus bus(pool.get_executor());
    auto held = std::make_shared<int>();
    const std::weak_ptr<int> observer = held;
    {
      SubscribeOptions options;
      options.filter.where([copy = std::move(held)](const StreamEvent&) { return true; });
      auto subscription = bus.subscribe(
          pool.get_executor(), [](const StreamEvent&) {}, options);
      options = {};
      publish_tokens(bus,
                     1);  // the pool delivers it and waits again, while this thread unsubscribes
      for (int i = 0; i < round % 10; ++i) std::this_thread::yield();
    }
    pool.join();

    EXPECT_TRUE(observer.expired());
  }
}

TEST(B7Executor, HandlersRunOnTheExecutorAndNotInPublish) {
  asio::io_context io;
  EventBus bus(io.get_executor());
  Seqs seen;
  const auto subscription = bus.subscribe(
      io.get_executor(), [&](const StreamEvent& event) { seen.push_back(event.seq()); });

  publish_tokens(bus, 2);
  EXPECT_TRUE(seen.empty());
  io.poll();

  EXPECT_EQ(seen, range(1, 2));
}

TEST(B7Executor, ASubscriptionDoesNotKeepTheContextRunning) {
  asio::io_context io;
  EventBus bus(io.get_executor());
  int called = 0;
  const auto subscription = bus.subscribe(io.get_executor(), [&](const StreamEvent&) { ++called; });

  io.run();
  publish_tokens(bus, 1);
  io.restart();
  io.run();

  EXPECT_EQ(called, 1);
}

TEST(B7Executor, TheReplayComesFirst) {
  asio::io_context io;
  EventBus bus(io.get_executor());
  publish_tokens(bus, 200);
  Seqs seen;
  const auto subscription = bus.subscribe(
      io.get_executor(), [&](const StreamEvent& event) { seen.push_back(event.seq()); },
      {.from = Start::oldest()});

  publish_tokens(bus, 200);
  io.poll();

  EXPECT_EQ(seen, range(1, 400));
}

TEST(B7Executor, HandlersAreNeverConcurrentAndInOrderOnAPool) {
  constexpr int publishers = 2;
  constexpr int events_each = 3000;
  constexpr std::uint64_t events = publishers * events_each;
  asio::thread_pool pool(3);
  EventBus bus(pool.get_executor(), history_of(events));
  std::vector<Seqs> seen(3);
  std::atomic<std::uint64_t> delivered{0};
  std::vector<Subscription> subscriptions;
  for (Seqs& mine : seen) {
    subscriptions.push_back(bus.subscribe(pool.get_executor(), [&](const StreamEvent& event) {
      mine.push_back(event.seq());  // the thread sanitizer watches
      if (++delivered == 3 * events) delivered.notify_all();
    }));
  }

  in_threads(publishers, [&](int) { publish_tokens(bus, events_each); });
  wait_for(delivered, 3 * events);
  for (Subscription& subscription : subscriptions) subscription.unsubscribe();

  EXPECT_THAT(seen, Each(range(1, events)));
}

TEST(B7Executor, AHandlerMayUnsubscribeItselfAndIsThenDestroyed) {
  asio::io_context io;
  EventBus bus(io.get_executor());
  auto held = std::make_shared<int>();
  const std::weak_ptr<int> observer = held;
  int called = 0;
  Subscription subscription;
  subscription = bus.subscribe(io.get_executor(), [&, copy = std::move(held)](const StreamEvent&) {
    ++called;
    subscription.unsubscribe();
  });

  publish_tokens(bus, 3);
  io.poll();

  EXPECT_EQ(called, 1);
  EXPECT_TRUE(observer.expired());
}

TEST(B7Executor, AHandlerMayDestroyTheBus) {
  asio::io_context io;
  auto bus = std::make_unique<EventBus>(io.get_executor());
  Seqs seen;
  const auto subscription = bus->subscribe(io.get_executor(), [&](const StreamEvent& event) {
    seen.push_back(event.seq());
    bus.reset();
  });

  publish_tokens(*bus, 3);
  io.poll();

  EXPECT_EQ(seen, range(1, 3));  // what is kept is still read
}

}  // namespace
}  // namespace strandbus
