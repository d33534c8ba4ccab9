// Who attaches to a session while others publish gets the state and every event behind it.
// Run the races again with a seed: STRANDBUS_TEST_SEED=123 test_bus_proofs
// --gtest_filter='SessionTrackerRace.*'

#include "bus/proof.hpp"
#include "bus/reading.hpp"
#include "bus/session_events.hpp"
#include "bus/session_script.hpp"
#include "strandbus/bus/session_tracker.hpp"

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <random>
#include <thread>

namespace strandbus {
namespace {

using test::folded;
using test::history_of;
using test::moment;
using test::range;
using test::read_seqs;
using test::SessionScript;
using Events = SessionScript::Events;

/// Threads that publish made-up runs on one bus, while a test joins.
class Publishers {
 public:
  Publishers(EventBus& bus, int threads, std::uint64_t seed) : running_(threads) {
    for (int i = 0; i < threads; ++i) {
      const std::string prefix(1, static_cast<char>('a' + i));
      parts_.push_back(SessionScript(seed * 31 + static_cast<std::uint64_t>(i), prefix).run());
    }
    for (Events& part : parts_) threads_.emplace_back([&] { publish(bus, part); });
  }

  bool done() const { return running_.load() == 0; }
  /// All that was published, in order.
  Events finish() {
    threads_.clear();
    Events all;
    for (const Events& part : parts_) all.insert(all.end(), part.begin(), part.end());
    std::sort(all.begin(), all.end(),
              [](const auto& a, const auto& b) { return a.seq() < b.seq(); });
    return all;
  }

 private:
  void publish(EventBus& bus, Events& events) {
    for (StreamEvent& event : events) {
      const std::uint64_t seq = bus.publish(event).value();
      event.set_stamp(seq, EventId{}, moment(0));
      if (seq % 7 == 0) std::this_thread::yield();
    }
    running_.fetch_sub(1);
  }

  std::vector<Events> parts_;
  std::atomic<int> running_;
  std::vector<std::jthread> threads_;
};

/// Every attachment must have the state that the events up to its seq give, and then each event
/// after it once.
void expect_whole(std::vector<Attachment> attachments, const Events& all) {
  std::sort(attachments.begin(), attachments.end(),
            [](const auto& a, const auto& b) { return a.state.last_seq < b.state.last_seq; });
  SessionState state;
  for (Attachment& attachment : attachments) {
    const std::uint64_t joined = attachment.state.last_seq;
    for (; state.last_seq < joined; state.apply(all[state.last_seq])) continue;
    ASSERT_EQ(attachment.state, state);
    ASSERT_EQ(read_seqs(attachment.stream), range(joined + 1, all.size()))
        << "joined at " << joined;
    ASSERT_EQ(attachment.stream.stats().missed, 0U);
  }
}

/// Joins at random moments while two threads publish, and looks at what each join got in the end.
void race(std::uint64_t seed, std::size_t history, Overflow overflow, int joins) {
  SCOPED_TRACE("STRANDBUS_TEST_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  asio::io_context io;
  BusOptions options = history_of(history);
  options.clock = [] { return moment(0); };
  EventBus bus(io.get_executor(), options);
  const SessionTracker tracker(bus);
  std::vector<Attachment> attachments;
  Publishers publishers(bus, 2, seed);
  for (int i = 0; i < joins; ++i) {
    // From time to time at the beginning of an event, when the tracker is at work.
    const std::uint64_t awaited = bus.stats().published + random() % 8;
    while (!publishers.done() && bus.stats().published < awaited) std::this_thread::yield();
    attachments.push_back(tracker.attach({.overflow = overflow}));
  }
  const Events all = publishers.finish();
  ASSERT_EQ(all.back().seq(), all.size());
  ASSERT_EQ(tracker.snapshot(), folded(all));
  expect_whole(std::move(attachments), all);
}

void races(std::size_t history, Overflow overflow) {
  constexpr int joins_per_round = 20;
  const std::uint64_t rounds = test::amount(50, 15, 5000);
  const char* chosen = std::getenv("STRANDBUS_TEST_SEED");
  const std::uint64_t first = chosen ? std::stoull(chosen) : 1;
  const std::uint64_t last = chosen ? first : rounds;
  for (std::uint64_t seed = first; seed <= last && !testing::Test::HasFailure(); ++seed)
    race(seed, history, overflow, joins_per_round);
}

TEST(SessionTrackerRace, WhoeverAttachesGetsTheStateAndEveryEventAfterItOnce) {
  races(4096, Overflow::drop_oldest);
}

TEST(SessionTrackerRace, AttachesWithoutAHoleWithAHistoryOfOne) { races(1, Overflow::block); }

TEST(SessionTrackerRace, SnapshotsOfAnyThreadAreStatesOfOneMoment) {
  asio::io_context io;
  BusOptions options = history_of(4096);
  options.clock = [] { return moment(0); };
  EventBus bus(io.get_executor(), options);
  const SessionTracker tracker(bus);
  std::vector<SessionState> snapshots;
  Publishers publishers(bus, 2, 1);
  while (!publishers.done() || snapshots.empty()) snapshots.push_back(tracker.snapshot());
  const Events all = publishers.finish();

  SessionState state;
  auto next = all.begin();
  for (const SessionState& snapshot : snapshots) {
    for (; state.last_seq < snapshot.last_seq; ++next) state.apply(*next);
    ASSERT_EQ(state, snapshot);
  }
}

}  // namespace
}  // namespace strandbus
