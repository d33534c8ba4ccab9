// A Publisher binds a run context to a destination: a bus, a callable, or nothing.

#include "bus/operations.hpp"

#include <boost/asio/bind_executor.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <thread>

namespace strandbus {
namespace {

using test::publish_tokens;
using test::range;
using test::Seqs;
using test::text_of;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;

struct PublisherOfABus : testing::Test {
  StreamEvent newest() { return bus.history().back().event(); }

  asio::io_context io;
  EventBus bus{io.get_executor()};
  Publisher publisher = bus.publisher({.session_id = "s", .agent = "planner", .model_id = "m"});
};

TEST_F(PublisherOfABus, GivesItsContextToEveryEvent) {
  publisher.publish(make_token("t")).value();

  EXPECT_EQ(newest().session_id(), "s");
  EXPECT_EQ(newest().agent(), "planner");
  EXPECT_EQ(newest().turn(), 0);
  EXPECT_EQ(newest().span_id(), 0U);
  EXPECT_EQ(publisher.context().session_id, "s");
}

TEST_F(PublisherOfABus, DerivesPublishersForTurnsAndSpans) {
  const Publisher turn = publisher.turn(2).span(10);
  const Publisher inner = turn.span(11);
  const Publisher elsewhere = turn.span(12, 99);

  inner.publish(make_token("t")).value();
  EXPECT_EQ(newest().turn(), 2);
  EXPECT_EQ(newest().span_id(), 11U);
  EXPECT_EQ(newest().parent_span_id(), 10U);
  elsewhere.publish(make_token("t")).value();
  EXPECT_EQ(newest().span_id(), 12U);
  EXPECT_EQ(newest().parent_span_id(), 99U);
  EXPECT_EQ(publisher.current_turn(), 0);
  EXPECT_EQ(inner.current_turn(), 2);
  EXPECT_EQ(inner.current_span(), 11U);
}

TEST_F(PublisherOfABus, DerivesPublishersForAnotherModel) {
  publisher.turn(3).model("fallback").publish(make_token("t")).value();

  EXPECT_EQ(newest().model_id(), "fallback");
  EXPECT_EQ(newest().agent(), "planner");
  EXPECT_EQ(newest().turn(), 3);
  EXPECT_EQ(publisher.context().model_id, "m");
}

TEST_F(PublisherOfABus, DerivesPublishersForAnotherRun) {
  const Publisher other = publisher.turn(3).run({.run_id = "r", .parent_run_id = "p"});
  other.publish(RunStarted{}).value();

  EXPECT_EQ(newest().run_id(), "r");
  EXPECT_EQ(newest().context().parent_run_id, "p");
  EXPECT_EQ(newest().session_id(), "");
  EXPECT_EQ(newest().turn(), 0);
}

TEST_F(PublisherOfABus, KnowsTheOutermostRunThatItsSpansAreBelow) {
  const Publisher root = publisher.run({.run_id = "root"}).span(1);
  const Publisher child = root.turn(1).span(2).run({.run_id = "child"}).span(3, 2);
  const Publisher grandchild = child.span(4).run({.workflow_id = "w"}).span(5).model("m2");
  for (const Publisher& each : {root, root.model("m2"), child, grandchild})
    EXPECT_EQ(each.root_context().run_id, "root");
  EXPECT_EQ(grandchild.context().workflow_id, "w");
}

TEST_F(PublisherOfABus, TakesNoRunForTheOutermostThatItsSpansAreNotBelow) {
  const Publisher root = publisher.run({.run_id = "root"});
  EXPECT_EQ(root.run({.run_id = "beside"}).root_context().run_id, "beside");
  const Publisher of_application = publisher.span(7).run({.run_id = "own"});
  EXPECT_EQ(of_application.root_context().run_id, "own");
  EXPECT_EQ(publisher.root_context(), publisher.context());
}

TEST_F(PublisherOfABus, LeavesAnEventItsOwnTurnSpanAndContext) {
  StreamEvent own(make_token("t"),
                  std::make_shared<const RunContext>(RunContext{.agent = "other"}));
  own.set_turn(7).set_span(8, 9);
  publisher.turn(1).span(2).publish(own).value();

  EXPECT_EQ(newest().agent(), "other");
  EXPECT_EQ(newest().turn(), 7);
  EXPECT_EQ(newest().span_id(), 8U);
}

TEST_F(PublisherOfABus, GivesItsContextToAnEventThatHasNone) {
  publisher.publish(StreamEvent(make_token("t"))).value();

  EXPECT_EQ(newest().agent(), "planner");
}

TEST_F(PublisherOfABus, OpensAStreamOfItsBus) {
  EventStream stream = publisher.stream(io.get_executor());
  publish_tokens(bus, 2);

  EXPECT_EQ(test::read_seqs(stream), range(1, 2));
  EXPECT_FALSE(publisher.drops());
}

TEST_F(PublisherOfABus, IsWritableWhileNobodyHoldsItBack) {
  EXPECT_TRUE(publisher.writable());
  const EventStream stream = bus.stream({.overflow = Overflow::block});
  publish_tokens(bus, 5000);

  EXPECT_FALSE(publisher.writable());
}

TEST_F(PublisherOfABus, ForwardsAsyncWritable) {
  EventStream stream = bus.stream({.overflow = Overflow::block});
  publish_tokens(bus, 5000);
  std::vector<error_code> completions;
  publisher.async_writable([&](error_code ec) { completions.push_back(ec); });
  io.poll();
  EXPECT_THAT(completions, IsEmpty());

  while (stream.try_next()) {
  }
  io.poll();

  EXPECT_THAT(completions, ElementsAre(error_code()));
}

TEST(PublisherSpans, AreRandomAndNotZero) {
  const SpanId a = Publisher::new_span();
  const SpanId b = Publisher::new_span();

  EXPECT_NE(a, 0U);
  EXPECT_NE(a, b);
}

TEST(PublisherOfNothing, DropsEverything) {
  const Publisher nothing;

  EXPECT_TRUE(nothing.drops());
  EXPECT_TRUE(nothing.writable());
  EXPECT_EQ(nothing.publish(make_token("t")).value(), 0U);
  EXPECT_EQ(nothing.turn(1).publish(StreamEvent(make_token("t"))).value(), 0U);
}

TEST(PublisherOfNothing, GivesAStreamThatHasEnded) {
  asio::io_context io;

  EXPECT_EQ(Publisher().stream(io.get_executor()).error(), Errc::closed);
}

TEST(PublisherOfNothing, IsWritableAtOnce) {
  asio::io_context io;
  int completed = 0;
  Publisher().async_writable(
      asio::bind_executor(io.get_executor(), [&](error_code ec) { completed += !ec; }));
  EXPECT_EQ(completed, 0);
  io.run();

  EXPECT_EQ(completed, 1);
}

struct PublisherOfACallable : testing::Test {
  std::vector<StreamEvent> events;
  Publisher publisher{RunContext{.session_id = "s"},
                      [this](const StreamEvent& event) { events.push_back(event); }};
};

TEST_F(PublisherOfACallable, StampsAndDeliversBeforePublishReturns) {
  EXPECT_EQ(publisher.publish(make_token("a")).value(), 1U);
  EXPECT_EQ(publisher.turn(2).publish(make_token("b")).value(), 2U);

  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].seq(), 1U);
  EXPECT_EQ(events[1].session_id(), "s");
  EXPECT_EQ(events[1].turn(), 2);
  EXPECT_LT(events[0].id(), events[1].id());
  EXPECT_LE(events[0].ts(), events[1].ts());
}

TEST_F(PublisherOfACallable, SharesItsNumbersWithDerivedPublishers) {
  const Publisher copy = publisher;
  const Publisher run = publisher.run({.run_id = "r"});
  publisher.publish(make_token("t")).value();
  run.publish(RunStarted{}).value();

  EXPECT_EQ(copy.publish(make_token("t")).value(), 3U);
}

TEST_F(PublisherOfACallable, SwallowsExceptionsOfTheCallable) {
  int called = 0;
  const Publisher throwing({}, [&](const StreamEvent&) {
    ++called;
    throw std::runtime_error("broken");
  });

  EXPECT_EQ(throwing.publish(make_token("t")).value(), 1U);
  EXPECT_EQ(throwing.publish(make_token("t")).value(), 2U);

  EXPECT_EQ(called, 2);
}

TEST_F(PublisherOfACallable, MayBePublishedToFromInsideAndMissesNothing) {
  std::vector<std::string> texts;
  Publisher nested;
  nested = Publisher({}, [&](const StreamEvent& event) {
    texts.push_back(text_of(event));
    if (texts.size() == 1) {
      for (int i = 0; i < 300; ++i) nested.publish(make_token("inner")).value();
      texts.emplace_back("returned");
    }
  });

  nested.publish(make_token("outer")).value();

  ASSERT_EQ(texts.size(), 302U);
  EXPECT_EQ(texts[0], "outer");
  EXPECT_EQ(texts[1], "returned");
  EXPECT_EQ(texts[301], "inner");
}

TEST_F(PublisherOfACallable, MayBeDestroyedInsideTheCallable) {
  auto held = std::make_shared<int>();
  const std::weak_ptr<int> observer = held;
  auto mortal = std::make_unique<Publisher>();
  *mortal =
      Publisher({}, [&mortal, copy = std::move(held)](const StreamEvent&) { mortal.reset(); });

  EXPECT_EQ(mortal->publish(make_token("t")).value(), 1U);

  EXPECT_TRUE(observer.expired());
}

TEST_F(PublisherOfACallable, DestroysTheCallableWithTheLastCopy) {
  auto held = std::make_shared<int>();
  const std::weak_ptr<int> observer = held;
  Publisher first({}, [copy = std::move(held)](const StreamEvent&) {});
  Publisher second = first.turn(1);

  first = Publisher();
  EXPECT_FALSE(observer.expired());
  second = Publisher();

  EXPECT_TRUE(observer.expired());
}

TEST_F(PublisherOfACallable, IsWritableAtOnce) {
  asio::io_context io;
  int completed = 0;
  publisher.async_writable(
      asio::bind_executor(io.get_executor(), [&](error_code ec) { completed += !ec; }));
  io.run();

  EXPECT_EQ(completed, 1);
  EXPECT_TRUE(publisher.writable());
}

TEST_F(PublisherOfACallable, OpensAStreamThatEndsWithTheLastPublisher) {
  asio::io_context io;
  EventStream stream = publisher.stream(io.get_executor(), {.overflow = Overflow::block});
  std::vector<error_code> completions;
  publisher.publish(make_token("a")).value();
  publisher.publish(make_token("b")).value();
  EXPECT_EQ(test::read_seqs(stream), range(1, 2));
  stream.async_wait([&](error_code ec) { completions.push_back(ec); });

  publisher = Publisher();
  io.poll();

  EXPECT_THAT(completions, ElementsAre(Errc::closed));
}

TEST_F(PublisherOfACallable, CallsItForOneEventAtATimeWhateverTheThread) {
  constexpr int publishers = 3;
  constexpr int events_each = 500;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < publishers; ++i) {
      threads.emplace_back([copy = publisher] {
        for (int n = 0; n < events_each; ++n) copy.publish(make_token("t")).value();
      });
    }
  }

  Seqs seqs;
  for (const StreamEvent& event : events) seqs.push_back(event.seq());
  EXPECT_EQ(seqs, range(1, publishers * events_each));
}

}  // namespace
}  // namespace strandbus
