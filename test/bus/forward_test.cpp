// Events of other processes: what they keep, what the bus decides.

#include "bus/operations.hpp"
#include "strandbus/bus/trace_checker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace strandbus {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;

const std::string key = "sk-Abcdefghijklmnopqrstuvwx";

struct ForwardedEvent : ::testing::Test {
  static EventId id(std::uint64_t number) { return {0x0192'0000'0000'7000, number}; }

  template <class T>
  StreamEvent made_elsewhere(T payload, std::uint64_t number, Timestamp ts,
                             const std::string& run_id = "") const {
    RunContext context;
    context.session_id = "s";
    context.run_id = run_id;
    StreamEvent event(std::move(payload), std::make_shared<const RunContext>(std::move(context)));
    event.set_stamp(4711, id(number), ts).set_turn(3).set_span(8, 9);
    return event;
  }
  BusOptions options() {
    BusOptions options;
    options.clock = [this] { return now; };
    return options;
  }
  std::vector<std::string> texts() const {
    std::vector<std::string> texts;
    for (const Delivery& each : bus.history()) texts.push_back(each.event().message());
    return texts;
  }
  StreamEvent newest() const { return bus.history().back().event(); }

  Timestamp now{seconds(1000)};
  asio::io_context io;
  EventBus bus{io.get_executor(), options()};
  Publisher publisher = bus.publisher({.session_id = "own", .agent = "own"});
};

TEST_F(ForwardedEvent, KeepsItsIdAndContextAndGetsASeqOfTheBus) {
  publisher.publish(make_notice("a", "first")).value();
  EXPECT_EQ(publisher.forward(made_elsewhere(make_notice("a", "b"), 7, now)).value(), 2U);
  const StreamEvent event = newest();
  EXPECT_EQ(event.seq(), 2U);
  EXPECT_EQ(event.id(), id(7));
  EXPECT_EQ(event.session_id(), "s");
  EXPECT_EQ(event.agent(), "");
  EXPECT_EQ(event.turn(), 3);
  EXPECT_EQ(event.span_id(), 8U);
  EXPECT_EQ(event.parent_span_id(), 9U);
}

TEST_F(ForwardedEvent, KeepsItsTimeUnlessThatGoesBackOrIsToCome) {
  publisher.forward(made_elsewhere(make_notice("a", "b"), 1, now - seconds(9))).value();
  EXPECT_EQ(newest().ts(), now - seconds(9));
  publisher.forward(made_elsewhere(make_notice("a", "b"), 2, now - seconds(5))).value();
  EXPECT_EQ(newest().ts(), now - seconds(5));
  publisher.forward(made_elsewhere(make_notice("a", "b"), 3, now - seconds(7))).value();
  EXPECT_EQ(newest().ts(), now - seconds(5));
  publisher.forward(made_elsewhere(make_notice("a", "b"), 4, now + seconds(1'000'000))).value();
  EXPECT_EQ(newest().ts(), now);
  now += seconds(1);
  publisher.publish(make_notice("a", "b")).value();
  EXPECT_EQ(newest().ts(), now);
}

TEST_F(ForwardedEvent, IsSubjectToTheRunRule) {
  const auto early = publisher.forward(made_elsewhere(make_token("t"), 1, now, "r"));
  EXPECT_EQ(early.error(), Errc::run_not_open);
  publisher.forward(made_elsewhere(RunStarted(), 2, now, "r")).value();
  publisher.forward(made_elsewhere(make_token("t"), 3, now, "r")).value();
  publisher.forward(made_elsewhere(RunCompleted(), 4, now, "r")).value();
  const auto late = publisher.forward(made_elsewhere(make_token("t"), 5, now, "r"));
  EXPECT_EQ(late.error(), Errc::run_not_open);
  const auto again = publisher.forward(made_elsewhere(RunStarted(), 6, now, "r"));
  EXPECT_EQ(again.error(), Errc::run_not_open);
  EXPECT_EQ(bus.stats().refused_runs, 3U);
  EXPECT_EQ(bus.stats().published, 3U);
}

TEST_F(ForwardedEvent, IsRefusedByAClosedBus) {
  bus.close();
  EXPECT_EQ(publisher.forward(made_elsewhere(make_token("t"), 1, now)).error(), Errc::closed);
  EXPECT_EQ(Publisher().forward(made_elsewhere(make_token("t"), 1, now)).value(), 0U);
}

TEST_F(ForwardedEvent, GetsTheContextOfThePublisherWhereItHasNone) {
  StreamEvent event(make_notice("a", "b"));
  event.set_stamp(1, id(1), now);
  publisher.forward(std::move(event)).value();
  EXPECT_EQ(newest().session_id(), "own");
  EXPECT_EQ(newest().id(), id(1));
}

TEST_F(ForwardedEvent, LosesItsSecrets) {
  const Publisher redacted = publisher.redacted(Redactor());
  redacted.forward(made_elsewhere(make_notice("a", key), 1, now)).value();
  EXPECT_EQ(newest().message(), "[redacted-openai-key]");
  EXPECT_EQ(newest().id(), id(1));
}

TEST_F(ForwardedEvent, OfATextIsPublishedEvenIfNothingOfTheTextCanBeShown) {
  const Publisher redacted = publisher.redacted(Redactor());
  redacted.forward(made_elsewhere(make_token("use " + key.substr(0, 9), "m"), 1, now)).value();
  redacted.forward(made_elsewhere(make_token(key.substr(9, 9), "m"), 2, now)).value();
  redacted.forward(made_elsewhere(make_token(key.substr(18) + " now", "m"), 3, now)).value();
  std::string text;
  for (const std::string& piece : texts()) text += piece;
  EXPECT_EQ(text, "use [redacted-openai-key] now");
  ASSERT_EQ(bus.stats().published, 3U);
  std::uint64_t number = 0;
  for (const Delivery& each : bus.history()) EXPECT_EQ(each.event().id(), id(++number));
}

TEST_F(ForwardedEvent, ThatEndsATextShowsFirstWhatWasHeldBack) {
  const Publisher redacted = publisher.redacted(Redactor());
  redacted.forward(made_elsewhere(make_token("use sk-ab", "m"), 1, now)).value();
  AssistantMessage whole;
  whole.message_id = "m";
  whole.content = "use sk-ab";
  redacted.forward(made_elsewhere(std::move(whole), 2, now)).value();
  EXPECT_THAT(texts(), ElementsAre("use ", "sk-ab", "use sk-ab"));
  EXPECT_EQ(newest().id(), id(2));
  EXPECT_NE(bus.history().at(1).event().id(), id(1));
}

TEST_F(ForwardedEvent, IsShownWholeByAFlush) {
  const Publisher redacted = publisher.redacted(Redactor());
  redacted.forward(made_elsewhere(make_token("use sk-ab", "m"), 1, now)).value();
  redacted.flush();
  EXPECT_THAT(texts(), ElementsAre("use ", "sk-ab"));
  redacted.flush();
  publisher.flush();
  EXPECT_EQ(bus.stats().published, 2U);
}

}  // namespace
}  // namespace strandbus
