#include "server/event_intake.hpp"

#include "strandbus/event/json_codec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace strandbus {
namespace {

using detail::EventIntake;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

EventId id(std::uint64_t number) { return {1, number}; }

template <class T>
StreamEvent event(T payload, std::uint64_t number, const std::string& run_id = "",
                  const std::string& agent = "") {
  RunContext context;
  context.run_id = run_id;
  context.agent = agent;
  StreamEvent made(std::move(payload), std::make_shared<const RunContext>(std::move(context)));
  made.set_stamp(1, id(number), Timestamp());
  return made;
}

StreamEvent notice(std::uint64_t number) {
  return event(SystemNotice{.subsystem = "a", .message = "b"}, number);
}

TEST(EventIntake, KnowsTheEventsThatItHasNoted) {
  EventIntake intake;
  EXPECT_FALSE(intake.has(id(1)));
  intake.note(notice(1));
  intake.note_id(id(2));
  EXPECT_TRUE(intake.has(id(1)));
  EXPECT_TRUE(intake.has(id(2)));
  EXPECT_FALSE(intake.has(id(3)));
}

TEST(EventIntake, TellsWhatCameFromOutsideByTheEventsThemselves) {
  EventIntake before;
  const StreamEvent begin = EventIntake::marked(event(RunStarted(), 1, "theirs"));
  const StreamEvent single = EventIntake::marked(notice(2));
  before.note(begin);
  EXPECT_THAT(to_json(begin), HasSubstr(R"("origin":"outside")"));
  EXPECT_THAT(to_json(single), HasSubstr(R"("origin":"outside")"));
  EXPECT_THAT(to_json(EventIntake::marked(event(TurnStarted(), 3, "theirs"))),
              Not(HasSubstr("origin")));

  EventIntake after;  // another process, which has the texts
  const auto read = from_json(to_json(begin)).value();
  EXPECT_TRUE(after.is_from_outside(read));
  after.note(read);
  EXPECT_TRUE(after.is_from_outside(event(TurnStarted(), 3, "theirs")));
  EXPECT_TRUE(after.is_from_outside(from_json(to_json(single)).value()));
  EXPECT_FALSE(after.is_from_outside(event(RunStarted(), 4, "ours")));
  EXPECT_FALSE(after.is_from_outside(event(TurnStarted(), 5, "ours")));
  EXPECT_FALSE(after.is_from_outside(notice(6)));
  EXPECT_TRUE(after.has_open_run());
  after.note(event(RunCompleted(), 7, "theirs"));
  EXPECT_FALSE(after.has_open_run());
}

TEST(EventIntake, ReplacesWhatTheSenderSaysOfTheOrigin) {
  const auto sent = from_json(
      R"({"schema":1,"seq":1,"id":"0192f0c1-2345-7abc-8def-0123456789ab","ts":"2026-11-20T15:04:05Z",)"
      R"("type":"system_notice","a":1,"origin":{"from":"mars"},"z":[2],"data":{"subsystem":"s","message":"m","new":3}})");
  const std::string text = to_json(EventIntake::marked(sent.value()));
  ASSERT_TRUE(from_json(text)) << text;
  EXPECT_THAT(text, HasSubstr(R"("origin":"outside")"));
  EXPECT_THAT(text, Not(HasSubstr("mars")));
  for (const char* kept : {R"("a":1)", R"("z":[2])", R"("new":3)"})
    EXPECT_THAT(text, HasSubstr(kept));
}

TEST(EventIntake, TakesEventsOfRunsThatWereBegunFromOutside) {
  EventIntake intake;
  EXPECT_FALSE(intake.refusal(notice(1)));
  EXPECT_FALSE(intake.refusal(event(RunStarted(), 2, "theirs")));
  intake.note(event(RunStarted(), 3, "ours"));
  for (const char* run : {"theirs", "ours"}) {
    const auto refused = intake.refusal(event(RunCompleted(), 4, run));
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->code, Errc::run_not_open);
    EXPECT_THAT(refused->message, StartsWith(std::string("/run_id: the run ") + run));
  }
  intake.note(EventIntake::marked(event(RunStarted(), 2, "theirs")));
  EXPECT_FALSE(intake.refusal(event(RunCompleted(), 4, "theirs")));
}

TEST(EventIntake, BoundsTheRunsThatAreOpen) {
  EventIntake intake;
  for (std::size_t i = 0; i < EventIntake::max_open_runs; ++i)
    intake.note(EventIntake::marked(event(RunStarted(), 10 + i, "r" + std::to_string(i))));
  const auto refused = intake.refusal(event(RunStarted(), 1, "one more"));
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code, Errc::limit_exceeded);
  intake.note(event(RunFailed(), 2, "r7"));
  EXPECT_FALSE(intake.refusal(event(RunStarted(), 1, "one more")));
}

TEST(EventIntake, SaysWhatIsWrongWithAnEvent) {
  EXPECT_EQ(EventIntake::fault_of(notice(1)), "");
  EXPECT_THAT(EventIntake::fault_of(event(RunStarted(), 1, "r", "a:b")), StartsWith("/agent: "));
  EXPECT_THAT(EventIntake::fault_of(event(SystemNotice{.subsystem = "a:b"}, 1)),
              StartsWith("/data: "));
  StreamEvent nil = notice(1);
  nil.set_stamp(1, EventId(), Timestamp());
  EXPECT_THAT(EventIntake::fault_of(nil), StartsWith("/id: "));
  for (const StreamEvent& own :
       {event(SessionCreated(), 1), event(SessionRestored(), 1), event(SessionClosed(), 1)})
    EXPECT_THAT(EventIntake::fault_of(own), StartsWith("/type: only the session itself"));
}

}  // namespace
}  // namespace strandbus
