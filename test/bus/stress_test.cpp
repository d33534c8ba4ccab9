// B1, B2 and B10 under load: many publishers, many readers of every kind and policy, and a history
// so short that they lose events. Whatever is lost, every reader's account is exact.

#include "bus/operations.hpp"
#include "bus/proof.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <thread>
#include <vector>

namespace strandbus {
namespace {

using test::accounted;

enum class Kind : std::uint8_t { next, batches, callback, executor_callback, mixed };

/// What belongs to each seq, as the first one said who saw it: its publisher, or a reader.
class Book {
 public:
  explicit Book(std::uint64_t events) : contents_(events + 1) {}

  /// Whether everybody before has seen the same.
  bool agrees(std::uint64_t seq, std::uint64_t content) {
    if (seq >= contents_.size()) return false;
    std::uint64_t known = contents_[seq].load(std::memory_order_relaxed);
    if (known == 0 && contents_[seq].compare_exchange_strong(known, content)) return true;
    return known == content;
  }

 private:
  std::vector<std::atomic<std::uint64_t>> contents_;
};

/// Tells a publisher and its count, and whether it is whole.
struct Content {
  static TokenDelta make(std::uint64_t publisher, std::uint64_t count) {
    const std::string number = std::to_string(publisher * 1'000'000'000 + count);
    return make_token(number + ":" + std::to_string(std::hash<std::string>()(number)));
  }
  /// 0 if it is not whole.
  static std::uint64_t of(const StreamEvent& event) {
    const auto* token = event.get_if<TokenDelta>();
    if (!token) return 0;
    const std::string number = token->text.substr(0, token->text.find(':'));
    const bool whole =
        token->text == number + ":" + std::to_string(std::hash<std::string>()(number));
    return whole ? std::stoull(number) : 0;
  }
};

/// One reader, and what it was told.
class Witness {
 public:
  Witness(Book& book, bool filters) : book_(book), filters_(filters) {}

  EventStream stream;
  Subscription subscription;

  void note(const Delivery& delivery) {
    ++deliveries;
    missed_ += delivery.missed();
    const std::uint64_t expected = last_seq_ + 1 + delivery.missed();
    const std::uint64_t first = delivery.first_seq();
    in_order_ = in_order_ && delivery.last_seq() >= first &&
                (filters_ ? first >= expected : first == expected);
    last_seq_ = delivery.last_seq();
    if (first == last_seq_)  // else it was merged
      true_to_seq_ = true_to_seq_ && book_.agrees(first, Content::of(delivery.event()));
  }

  void check(std::uint64_t published) const {
    const ReaderStats stats = current_stats();
    EXPECT_TRUE(in_order_);
    EXPECT_TRUE(true_to_seq_);
    EXPECT_EQ(accounted(stats), published);
    EXPECT_EQ(stats.delivered, deliveries);
    EXPECT_GE(stats.missed, missed_);
    if (stats.overflow != Overflow::disconnect) {
      EXPECT_EQ(stats.lag, 0U);
    }
    if (stats.overflow == Overflow::disconnect || stats.overflow == Overflow::block) {
      EXPECT_EQ(stats.missed, 0U);
    }
    if (!filters_) {
      EXPECT_EQ(stats.filtered, 0U);
      EXPECT_EQ(stats.missed, missed_);
    }
  }
  ReaderStats current_stats() const {
    const ReaderStats stats = stream.stats();
    return stats.name.empty() ? subscription.stats() : stats;
  }

  std::uint64_t deliveries = 0;

 private:
  Book& book_;
  const bool filters_;
  std::uint64_t missed_ = 0;
  std::uint64_t last_seq_ = 0;
  bool in_order_ = true;
  bool true_to_seq_ = true;
};

asio::awaitable<void> read_by_next(Witness& witness) {
  try {
    while (const auto delivery = co_await witness.stream.next()) witness.note(*delivery);
  } catch (const system_error& error) {
    EXPECT_EQ(error.code(), Errc::lagged);
  }
}

asio::awaitable<void> read_by_batches(Witness& witness) {
  while (!witness.stream.error()) {
    const Batch batch = witness.stream.try_batch();
    for (auto event = batch.begin(); event != batch.end(); ++event)
      witness.note(batch.delivery(event));
    if (!batch.empty()) continue;
    co_await witness.stream.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

struct Round {
  test::NamedPolicy policy;
  Kind kind;
  std::uint64_t publishers;
  std::uint64_t readers;
  std::uint64_t events_each;
  std::size_t history;

  std::uint64_t events() const { return publishers * events_each; }
};

/// Publishes everything, again and again while the backlog is full.
void publish_all(const Publisher& publisher, Book& book, std::uint64_t name, std::uint64_t count) {
  bool agreed = true;
  for (std::uint64_t i = 1; i <= count;) {
    if (const auto seq = publisher.publish(Content::make(name, i))) {
      agreed = agreed && book.agrees(*seq, name * 1'000'000'000 + i);
      ++i;
    } else {
      EXPECT_EQ(seq.error(), Errc::backlog_full);
      std::this_thread::yield();
    }
  }
  EXPECT_TRUE(agreed);
}

void start_reading(EventBus& bus, asio::thread_pool& pool, Witness& witness, Kind kind,
                   Overflow overflow, const Filter& filter) {
  const auto note = [&witness](const Delivery& delivery) { witness.note(delivery); };
  const SubscribeOptions subscribing{.overflow = overflow, .filter = filter, .name = "callback"};
  if (kind == Kind::callback) {
    witness.subscription = bus.subscribe(note, subscribing);
  } else if (kind == Kind::executor_callback) {
    witness.subscription = bus.subscribe(pool.get_executor(), note, subscribing);
  } else {
    witness.stream = bus.stream({.overflow = overflow, .filter = filter, .name = "stream"});
    auto reading = kind == Kind::next ? read_by_next(witness) : read_by_batches(witness);
    asio::co_spawn(asio::make_strand(pool.get_executor()), std::move(reading), test::rethrow);
  }
}

struct Totals {
  std::uint64_t delivered = 0;
  std::uint64_t merged = 0;
  std::uint64_t filtered = 0;
  std::uint64_t missed = 0;

  void add(const ReaderStats& stats) {
    delivered += stats.delivered;
    merged += stats.merged;
    filtered += stats.filtered;
    missed += stats.missed;
  }
};

/// Runs one round and adds what became of its events.
void run(const Round& round, Totals& totals) {
  asio::thread_pool pool(2);
  BusOptions options = test::history_of(round.history);
  options.backlog_soft = round.history;
  options.backlog_hard = 2 * round.history;
  EventBus bus(pool.get_executor(), options);
  Book book(round.events());
  std::vector<std::unique_ptr<Witness>> witnesses;
  for (std::uint64_t i = 0; i < round.readers; ++i) {
    const bool filters = i % 4 == 3;
    Filter filter;
    if (filters) filter.where([i](const StreamEvent& event) { return event.seq() % (i + 2) != 0; });
    const Kind kind = round.kind == Kind::mixed ? static_cast<Kind>(i / 2 % 4) : round.kind;
    Witness& witness = *witnesses.emplace_back(std::make_unique<Witness>(book, filters));
    start_reading(bus, pool, witness, kind, round.policy.overflow, filter);
  }
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t name = 1; name <= round.publishers; ++name) {
      threads.emplace_back(
          [&, name] { publish_all(bus.publisher({}), book, name, round.events_each); });
    }
  }
  bus.close();
  pool.join();

  EXPECT_EQ(bus.stats().published, round.events());
  EXPECT_EQ(bus.stats().callback_errors, 0U);
  for (const auto& witness : witnesses) {
    witness->check(round.events());
    totals.add(witness->current_stats());
  }
}

/// From 1 to `limit`, small numbers as often as large ones.
std::uint64_t random_magnitude(std::mt19937_64& random, double limit) {
  const double exponent = std::uniform_real_distribution<double>(0, std::log(limit))(random);
  return static_cast<std::uint64_t>(std::lround(std::exp(exponent)));
}

Round random_round(std::mt19937_64& random, std::uint64_t number, std::uint64_t deliveries) {
  Round round{.policy = test::policies[number % test::policies.size()],
              .kind = static_cast<Kind>(number / test::policies.size() % 5),
              .publishers = random_magnitude(random, 8),
              .readers = random_magnitude(random, 1000),
              .events_each = 0,
              .history = 8U << (random() % 6)};
  const std::uint64_t events = std::clamp<std::uint64_t>(deliveries / round.readers, 60, 20'000);
  round.events_each = events / round.publishers + 1;
  return round;
}

TEST(Stress, TheAccountOfEveryReaderIsExactWhateverTheLoad) {
  const std::uint64_t wanted = test::amount(1'000'000, 1'000'000, 100'000'000);
  std::mt19937_64 random(test::seed());
  test::Progress progress("deliveries", wanted);
  std::map<std::string, Totals> by_policy;
  std::uint64_t deliveries = 0;
  const std::uint64_t all_combinations = 5 * test::policies.size();
  for (std::uint64_t number = 0; deliveries < wanted || number < all_combinations; ++number) {
    const Round round = random_round(random, number, test::soaking() ? 1'000'000 : wanted / 20);
    SCOPED_TRACE(testing::Message()
                 << "round " << number << ": " << round.policy.name << ", kind "
                 << static_cast<int>(round.kind) << ", " << round.publishers << " publishers, "
                 << round.readers << " readers, " << round.events_each << " events each, history "
                 << round.history);
    Totals& totals = by_policy[round.policy.name];
    const std::uint64_t before = totals.delivered;
    run(round, totals);
    if (HasFailure()) return;
    deliveries += totals.delivered - before;
    progress.at(deliveries);
  }
  progress.finished(deliveries);
  for (const auto& [policy, totals] : by_policy) {
    std::cout << "  " << policy << ": " << totals.delivered << " delivered, " << totals.merged
              << " merged, " << totals.filtered << " filtered, " << totals.missed << " missed\n";
  }
}

}  // namespace
}  // namespace strandbus
