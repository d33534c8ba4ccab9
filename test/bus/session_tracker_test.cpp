// SessionTracker: the state up to some seq and a stream of what follows, in one step.
// Run the races again with a seed: STRANDBUS_TEST_SEED=123 test_bus
// --gtest_filter='SessionTrackerRace.*'

#include "strandbus/bus/session_tracker.hpp"

#include "bus/reading.hpp"
#include "bus/session_events.hpp"
#include "bus/session_script.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <optional>
#include <random>
#include <thread>

namespace strandbus {
namespace {

using test::folded;
using test::history_of;
using test::moment;
using test::publish_tokens;
using test::range;
using test::read_seqs;
using test::SessionScript;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using Events = SessionScript::Events;

SessionState fold_rest(Attachment attachment) {
  while (const auto delivery = attachment.stream.try_next()) attachment.state.apply(*delivery);
  return attachment.state;
}

struct SessionTrackerTest : testing::Test {
  asio::io_context io;
  EventBus bus{io.get_executor(), history_of(4)};
};

TEST_F(SessionTrackerTest, KnowsWhatWasPublishedBeforePublishReturned) {
  const SessionTracker tracker(bus);
  bus.publish(SessionCreated{.workspace = "/w"}).value();
  EXPECT_EQ(tracker.snapshot().workspace, "/w");

  bus.publish(WorkspaceUpdated{.root = "/v"}).value();
  EXPECT_EQ(tracker.snapshot().workspace, "/v");
  EXPECT_EQ(tracker.snapshot().last_seq, 2U);
}

TEST_F(SessionTrackerTest, BeginsWithWhatIsKeptAndCountsTheRestAsMissed) {
  publish_tokens(bus, 10);
  const SessionTracker tracker(bus);

  EXPECT_EQ(tracker.snapshot().last_seq, 10U);
  EXPECT_EQ(tracker.snapshot().missed, 6U);
}

TEST_F(SessionTrackerTest, AttachGivesTheStateAndThenTheRest) {
  const SessionTracker tracker(bus);
  publish_tokens(bus, 10);
  Attachment attachment = tracker.attach();
  publish_tokens(bus, 2);

  EXPECT_EQ(attachment.state.last_seq, 10U);
  EXPECT_EQ(attachment.state.open_messages.at(0).content.text, "0123456789");
  EXPECT_THAT(read_seqs(attachment.stream), ElementsAre(11, 12));
}

TEST_F(SessionTrackerTest, AttachToABusWithoutEventsGivesAllOfThem) {
  const SessionTracker tracker(bus);
  Attachment attachment = tracker.attach();
  publish_tokens(bus, 2);

  EXPECT_EQ(attachment.state, SessionState());
  EXPECT_THAT(read_seqs(attachment.stream), ElementsAre(1, 2));
}

TEST_F(SessionTrackerTest, AttachDecidesWhereTheStreamBegins) {
  const SessionTracker tracker(bus);
  publish_tokens(bus, 3);
  Attachment attachment = tracker.attach({.from = Start::oldest()});

  EXPECT_THAT(read_seqs(attachment.stream), IsEmpty());
}

TEST_F(SessionTrackerTest, AttachKeepsTheOtherOptions) {
  const SessionTracker tracker(bus);
  Attachment attachment = tracker.attach({.overflow = Overflow::disconnect,
                                          .filter = Filter().types({EventType::custom}),
                                          .name = "late"});
  bus.publish(make_token("a")).value();
  bus.publish(make_custom("b", nullptr)).value();

  EXPECT_THAT(read_seqs(attachment.stream), ElementsAre(2));
  EXPECT_EQ(attachment.stream.stats().name, "late");
  EXPECT_EQ(attachment.stream.stats().overflow, Overflow::disconnect);
}

TEST_F(SessionTrackerTest, AttachWakesTheStreamWhereItWasTold) {
  const SessionTracker tracker(bus);
  asio::io_context other;

  EXPECT_EQ(tracker.attach().stream.get_executor(), bus.get_executor());
  EXPECT_EQ(tracker.attach(other.get_executor()).stream.get_executor(),
            asio::any_io_executor(other.get_executor()));
}

TEST_F(SessionTrackerTest, AttachWorksInsideACallbackBeforeAndBehindTheTracker) {
  std::vector<Attachment> attachments;
  std::optional<SessionTracker> tracker;
  const auto attach = [&](const StreamEvent& event) {
    if (event.is<TokenDelta>()) attachments.push_back(tracker->attach());
  };
  const Subscription before = bus.subscribe(attach);
  tracker.emplace(bus);
  const Subscription behind = bus.subscribe(attach);
  publish_tokens(bus, 1);
  bus.publish(make_custom("b", nullptr)).value();

  ASSERT_THAT(attachments, SizeIs(2));
  EXPECT_EQ(attachments[0].state.last_seq, 0U);
  EXPECT_THAT(read_seqs(attachments[0].stream), ElementsAre(1, 2));
  EXPECT_EQ(attachments[1].state.last_seq, 1U);
  EXPECT_THAT(read_seqs(attachments[1].stream), ElementsAre(2));
}

TEST_F(SessionTrackerTest, CanBeDestroyedInsideACallback) {
  std::optional<SessionTracker> tracker(std::in_place, bus);
  const Subscription subscription = bus.subscribe([&](const StreamEvent&) { tracker.reset(); });

  EXPECT_EQ(publish_tokens(bus, 3), 3);
}

TEST_F(SessionTrackerTest, ShowsAmongTheReadersAndLeavesWithTheTracker) {
  {
    const SessionTracker tracker(bus);
    ASSERT_THAT(bus.stats().readers, SizeIs(1));
    EXPECT_EQ(bus.stats().readers[0].name, "session_tracker");
    EXPECT_EQ(bus.stats().readers[0].overflow, Overflow::block);
  }
  EXPECT_THAT(bus.stats().readers, IsEmpty());
}

TEST_F(SessionTrackerTest, OutlivesTheBus) {
  std::optional<EventBus> mortal(std::in_place, io.get_executor());
  const SessionTracker tracker(*mortal);
  publish_tokens(*mortal, 2);
  mortal.reset();
  Attachment attachment = tracker.attach();

  EXPECT_EQ(tracker.snapshot().last_seq, 2U);
  EXPECT_EQ(attachment.state.last_seq, 2U);
  EXPECT_THAT(read_seqs(attachment.stream), IsEmpty());
  EXPECT_EQ(attachment.stream.error(), Errc::closed);
}

TEST_F(SessionTrackerTest, FollowsARestoredSessionFromItsFirstSeq) {
  const SessionTracker tracker(bus);
  Attachment attachment = tracker.attach();
  bus.restore(test::stamped(StreamEvent(make_token("a")), 1000)).value();
  bus.publish(make_token("b")).value();

  EXPECT_EQ(tracker.snapshot().last_seq, 1001U);
  EXPECT_EQ(tracker.snapshot().missed, 999U);
  EXPECT_EQ(fold_rest(std::move(attachment)), tracker.snapshot());
}

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

void races(std::uint64_t rounds, std::size_t history, Overflow overflow) {
  constexpr int joins_per_round = 20;
  const char* chosen = std::getenv("STRANDBUS_TEST_SEED");
  const std::uint64_t first = chosen ? std::stoull(chosen) : 1;
  const std::uint64_t last = chosen ? first : rounds;
  for (std::uint64_t seed = first; seed <= last && !testing::Test::HasFailure(); ++seed)
    race(seed, history, overflow, joins_per_round);
}

TEST(SessionTrackerRace, WhoeverAttachesGetsTheStateAndEveryEventAfterItOnce) {
  races(500, 4096, Overflow::drop_oldest);
}

TEST(SessionTrackerRace, AttachesWithoutAHoleWithAHistoryOfOne) { races(500, 1, Overflow::block); }

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
