// What the threads of a bus meet at: a mutex that loses neither a count nor a sleeper, and a
// barrier whose two sides never overlook each other.

#include "bus/adaptive_mutex.hpp"

#include "bus/proof.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace strandbus::detail {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

bool comes_true(const std::function<bool()>& condition) {
  const auto end = steady_clock::now() + seconds(60);
  while (!condition()) {
    if (steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

/// Shared with its threads, which outlive the test when they hang.
struct Contest {
  AdaptiveMutex mutex;
  std::uint64_t count = 0;  ///< under the mutex
  std::atomic<int> ended{0};
};

constexpr int threads = 8;  // more than there are processors, often

/// Each thread does so many rounds of `inside`, under the mutex, in competition with the others.
void compete(std::uint64_t rounds, const std::function<void(std::uint64_t)>& inside) {
  const auto contest = std::make_shared<Contest>();
  for (int i = 0; i < threads; ++i) {
    std::thread([contest, rounds, inside] {
      for (std::uint64_t round = 0; round < rounds; ++round) {
        const std::lock_guard lock(contest->mutex);
        ++contest->count;
        inside(round);
      }
      ++contest->ended;
    }).detach();
  }

  ASSERT_TRUE(comes_true([&] { return contest->ended == threads; })) << "somebody sleeps for ever";
  const std::lock_guard lock(contest->mutex);
  EXPECT_EQ(contest->count, threads * rounds);
}

TEST(AdaptiveMutex, LetsOneInAtATime) {
  compete(test::amount(10'000, 2'000, 1'000'000), [](std::uint64_t) {});
}

TEST(AdaptiveMutex, WakesWhoSleepsBecauseTheOwnerTakesLong) {
  compete(test::amount(500, 200, 50'000), [](std::uint64_t round) {
    if (round % 8 == 0) {
      std::this_thread::yield();
    } else {
      for (int i = 0; i < 300; ++i) pause_briefly();
    }
  });
}

TEST(AdaptiveMutex, WakesTheLastOneThatSleeps) {
  // Two threads, each of which finds the other one inside, again and again.
  const auto contest = std::make_shared<Contest>();
  const std::uint64_t rounds = test::amount(1'000, 500, 100'000);
  for (int i = 0; i < 2; ++i) {
    std::thread([contest, rounds] {
      for (std::uint64_t round = 0; round < rounds; ++round) {
        contest->mutex.lock();
        ++contest->count;
        for (std::uint64_t pause = 0; pause < 100 + round % 300; ++pause) pause_briefly();
        contest->mutex.unlock();
      }
      ++contest->ended;
    }).detach();
  }

  ASSERT_TRUE(comes_true([&] { return contest->ended == 2; })) << "somebody sleeps for ever";
  EXPECT_EQ(contest->count, 2 * rounds);
}

TEST(AdaptiveMutex, IsNotTakenTwice) {
  AdaptiveMutex mutex;

  EXPECT_TRUE(mutex.try_lock());
  EXPECT_FALSE(mutex.try_lock());
  mutex.unlock();

  EXPECT_TRUE(mutex.try_lock());
  mutex.unlock();
}

TEST(AsymmetricBarrier, OfTwoThreadsThatStoreAndThenLoadOneSeesTheOther) {
  constexpr std::size_t places = 64;
  struct alignas(64) Place {
    std::atomic<std::uint64_t> value{0};
  };
  std::array<Place, places> often;  // by place, so that the two stores are in different lines
  std::array<Place, places> rarely;
  std::atomic<std::uint64_t> seen_by_often{0};
  std::atomic<std::uint64_t> at_often{0};
  std::atomic<std::uint64_t> at_rarely{0};
  const std::uint64_t rounds = test::amount(100'000, 20'000, 5'000'000);
  const auto meet = [](std::atomic<std::uint64_t>& mine, std::atomic<std::uint64_t>& other,
                       std::uint64_t round) {
    mine.store(round, std::memory_order_release);
    for (int i = 0; other.load(std::memory_order_acquire) < round; ++i) {
      if (i > 1000) std::this_thread::yield();
    }
  };
  std::jthread light([&] {
    for (std::uint64_t round = 1; round <= rounds; ++round) {
      meet(at_often, at_rarely, 2 * round - 1);
      often[round % places].value.store(round, std::memory_order_relaxed);
      AsymmetricBarrier::light();
      seen_by_often.store(rarely[round % places].value.load(std::memory_order_relaxed),
                          std::memory_order_relaxed);
      meet(at_often, at_rarely, 2 * round);
    }
  });
  std::uint64_t overlooked = 0;
  for (std::uint64_t round = 1; round <= rounds; ++round) {
    meet(at_rarely, at_often, 2 * round - 1);
    rarely[round % places].value.store(round, std::memory_order_relaxed);
    AsymmetricBarrier::heavy();
    const bool seen = often[round % places].value.load(std::memory_order_relaxed) == round;
    meet(at_rarely, at_often, 2 * round);
    if (!seen && seen_by_often.load(std::memory_order_relaxed) != round) ++overlooked;
  }

  EXPECT_EQ(overlooked, 0U);
}

}  // namespace
}  // namespace strandbus::detail
