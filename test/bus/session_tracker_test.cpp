// SessionTracker: the state up to some seq and a stream of what follows, in one step.

#include "strandbus/bus/session_tracker.hpp"

#include "bus/reading.hpp"
#include "bus/session_events.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>

namespace strandbus {
namespace {

using test::history_of;
using test::publish_tokens;
using test::read_seqs;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

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

}  // namespace
}  // namespace strandbus
