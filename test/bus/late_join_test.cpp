// B3 under full load: whoever joins, and whenever, gets what its start promises, without a hole and
// without a repeat.

#include "bus/proof.hpp"
#include "bus/reading.hpp"

#include <boost/asio/thread_pool.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <optional>
#include <random>
#include <thread>
#include <vector>

namespace strandbus {
namespace {

enum class Kind : std::uint8_t { now, oldest, after, last };
enum class Reader : std::uint8_t { stream, batches, callback, executor_callback };

/// The kept seqs at one moment.
struct Kept {
  explicit Kept(const EventBus& bus) {
    const BusStats stats = bus.stats();
    newest = stats.published;
    oldest = stats.published + 1 - stats.kept;
  }
  std::uint64_t newest;
  std::uint64_t oldest;
};

/// One start, and where it may begin when the bus moves on meanwhile.
struct Join {
  Kind kind;
  Reader reader;
  std::uint64_t number;

  Start start() const {
    switch (kind) {
      case Kind::oldest: return Start::oldest();
      case Kind::after: return Start::after(number);
      case Kind::last: return Start::last(number);
      case Kind::now: break;
    }
    return Start::now();
  }
  std::uint64_t first_seq(const Kept& kept) const {
    switch (kind) {
      case Kind::oldest: return kept.oldest;
      case Kind::after: return number + 1;
      case Kind::last:
        return std::max(kept.oldest, kept.newest + 1 - std::min(number, kept.newest));
      case Kind::now: break;
    }
    return kept.newest + 1;
  }
};

/// What one reader was told since it joined.
class Told {
 public:
  void note(const Delivery& delivery) {
    if (first_seq_ == 0) {
      first_seq_ = delivery.first_seq() - delivery.missed();
      first_missed_ = delivery.missed();
    } else if (delivery.first_seq() != next_seq_ + delivery.missed()) {
      has_hole_ = true;
    }
    next_seq_ = delivery.last_seq() + 1;
    ++deliveries;
    if (deliveries == 1) deliveries.notify_all();
  }

  /// What is wrong, if anything.
  std::optional<std::string> complaint(const Join& join, const Kept& before,
                                       const Kept& behind) const {
    if (has_hole_) return "a hole or a repeat before " + std::to_string(next_seq_);
    if (deliveries == 0) return std::nullopt;
    const std::uint64_t least = join.first_seq(before);
    const std::uint64_t most = join.first_seq(behind);
    if (first_seq_ >= least && first_seq_ <= most) return std::nullopt;
    return "kind " + std::to_string(static_cast<int>(join.kind)) + " began at " +
           std::to_string(first_seq_) + " after missing " + std::to_string(first_missed_) +
           ", expected " + std::to_string(least) + " to " + std::to_string(most);
  }

  std::atomic<std::uint64_t> deliveries{0};

 private:
  std::uint64_t first_seq_ = 0;
  std::uint64_t first_missed_ = 0;
  std::uint64_t next_seq_ = 0;
  bool has_hole_ = false;
};

/// Reads so many events by `try_next` or `try_batch`, waiting for none.
void read_some(EventStream& stream, Reader reader, std::uint64_t count, Told& told) {
  for (int idle = 0; told.deliveries < count && idle < 100;) {
    if (reader == Reader::stream) {
      const auto delivery = stream.try_next();
      if (delivery) told.note(*delivery);
      idle += !delivery;
    } else {
      const Batch batch = stream.try_batch();
      for (auto event = batch.begin(); event != batch.end(); ++event)
        told.note(batch.delivery(event));
      idle += batch.empty();
    }
    if (idle > 0) std::this_thread::yield();
  }
}

class Joiner {
 public:
  Joiner(EventBus& bus, EventBus::executor_type executor, std::uint64_t seed)
      : bus_(bus), executor_(std::move(executor)), random_(seed) {}

  /// Joins once, reads a little and leaves.
  std::optional<std::string> join_once() {
    Told told;
    const Kept before(bus_);
    const Join join = random_join(before);
    const std::uint64_t count = 1 + random_() % 40;
    std::optional<Kept> behind;
    if (join.reader < Reader::callback) {
      EventStream stream = bus_.stream({.from = join.start()});
      behind.emplace(bus_);
      read_some(stream, join.reader, count, told);
    } else {
      const auto note = [&told](const Delivery& delivery) { told.note(delivery); };
      const SubscribeOptions options{.from = join.start()};
      const Subscription subscription = join.reader == Reader::callback
                                            ? bus_.subscribe(note, options)
                                            : bus_.subscribe(executor_, note, options);
      behind.emplace(bus_);
      if (count % 4 == 0) {
        bus_.publish(make_token("so that there is one to wait for")).value();
        told.deliveries.wait(0);
      }
    }
    delivered += told.deliveries;
    begun += told.deliveries > 0;
    return told.complaint(join, before, *behind);
  }

  std::uint64_t delivered = 0;
  std::uint64_t begun = 0;  ///< joins that read something

 private:
  Join random_join(const Kept& kept) {
    Join join{static_cast<Kind>(random_() % 4), static_cast<Reader>(random_() % 4), 0};
    // What is asked for may be kept, or gone for as long again.
    const std::uint64_t back = random_() % (2 * (kept.newest + 1 - kept.oldest) + 1);
    if (join.kind == Kind::last) join.number = back;
    if (join.kind == Kind::after) join.number = kept.newest - std::min(kept.newest, back);
    return join;
  }

  EventBus& bus_;
  const EventBus::executor_type executor_;
  std::mt19937_64 random_;
};

TEST(LateJoin, BeginsWhereItsStartSaysWithoutAHoleOrARepeat) {
  const std::uint64_t joins = test::amount(100'000, 10'000, 1'000'000);
  const std::uint64_t seed = test::seed();
  constexpr std::uint64_t joiners = 2;
  test::Progress progress("joins", joins);
  asio::thread_pool pool(1);
  EventBus bus(pool.get_executor(), test::history_of(512));
  std::atomic<std::uint64_t> joined{0};
  std::atomic<std::uint64_t> begun{0};
  std::atomic<bool> stop{false};
  std::array<std::optional<std::string>, joiners> complaints;
  {
    std::vector<std::jthread> publishers;
    for (int i = 0; i < 2; ++i) {
      publishers.emplace_back([&] {
        // So far ahead that joiners lag and miss events, but not so far that they never get the
        // lock.
        for (std::uint64_t n = 0; !stop; ++n) {
          while (n > (joined + 20) * 6 && !stop) std::this_thread::yield();
          bus.publish(make_token("t")).value();
        }
      });
    }
    std::vector<std::jthread> threads;
    for (std::uint64_t i = 0; i < joiners; ++i) {
      threads.emplace_back([&, i] {
        Joiner joiner(bus, pool.get_executor(), seed + i);
        for (auto n = joined.fetch_add(1); n < joins && !complaints[i]; n = joined.fetch_add(1)) {
          complaints[i] = joiner.join_once();
          if (i == 0) progress.at(n);
        }
        begun += joiner.begun;
      });
    }
    threads.clear();
    stop = true;
  }
  bus.close();
  pool.join();

  for (const auto& complaint : complaints) EXPECT_EQ(complaint.value_or(""), "");
  EXPECT_TRUE(bus.stats().readers.empty());
  progress.finished(joins);
  std::printf("  %llu joins read something; %llu events were published meanwhile\n",
              static_cast<unsigned long long>(begun),
              static_cast<unsigned long long>(bus.stats().published));
}

}  // namespace
}  // namespace strandbus
