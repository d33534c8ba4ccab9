#include "server/followed_history.hpp"

#include "wire/event_list.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace strandbus::detail {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

SseEvent sent(const StreamEvent& event) {
  return {.data = to_json(event), .id = std::to_string(event.seq())};
}

SseEvent notice(const std::string& json) { return {.event = "gap", .data = json}; }

/// The item in few words.
struct InWords {
  std::string operator()(const FollowedNothing&) const { return "nothing"; }
  std::string operator()(const StreamEvent& event) const {
    return "event " + std::to_string(event.seq());
  }
  std::string operator()(const FollowedGap& gap) const {
    return "gap " + std::to_string(gap.missed);
  }
  std::string operator()(const FollowedReset&) const { return "reset"; }
  std::string operator()(const FollowedFault& fault) const { return "fault: " + fault.message; }
};

std::string taken(FollowedHistory& history, const SseEvent& event) {
  return std::visit(InWords(), history.take(event));
}

std::vector<StreamEvent> events() { return testing::golden_run().events(); }

TEST(FollowedHistory, KnowsHowFarItHasCome) {
  FollowedHistory history({});
  EXPECT_FALSE(history.position());
  EXPECT_EQ(taken(history, sent(events()[0])), "event 1");
  EXPECT_EQ(taken(history, sent(events()[1])), "event 2");
  EXPECT_EQ(history.position(), 2U);
}

TEST(FollowedHistory, DropsWhatItHasSeen) {
  FollowedHistory history(2);
  EXPECT_EQ(taken(history, sent(events()[0])), "nothing");
  EXPECT_EQ(taken(history, sent(events()[1])), "nothing");
  EXPECT_EQ(taken(history, sent(events()[2])), "event 3");
  EXPECT_EQ(taken(history, sent(events()[2])), "nothing");
  EXPECT_EQ(taken(history, sent(events()[5])), "event 6");
  EXPECT_EQ(taken(history, sent(events()[4])), "nothing");
  EXPECT_EQ(history.position(), 6U);
}

TEST(FollowedHistory, AGapIsCountedOnce) {
  FollowedHistory history(2);
  const SseEvent gap = notice(R"({"_type":"gap","after":2,"missed":3})");
  EXPECT_EQ(taken(history, gap), "gap 3");
  EXPECT_EQ(history.position(), 5U);
  EXPECT_EQ(taken(history, gap), "nothing");
  EXPECT_EQ(taken(history, notice(R"({"_type":"gap","after":2,"missed":5})")), "gap 2");
  EXPECT_EQ(taken(history, notice(R"({"_type":"gap","after":9,"missed":1})")), "gap 1");
  EXPECT_EQ(history.position(), 10U);
}

TEST(FollowedHistory, AGapBeforeTheFirstEventCounts) {
  FollowedHistory history({});
  EXPECT_EQ(taken(history, notice(R"({"_type":"gap","after":0,"missed":27})")), "gap 27");
  EXPECT_EQ(history.position(), 27U);
}

TEST(FollowedHistory, AGapWithoutEndIsCountedAsFarAsNumbersGo) {
  FollowedHistory history({});
  EXPECT_EQ(
      taken(
          history,
          notice(R"({"_type":"gap","after":18446744073709551615,"missed":18446744073709551615})")),
      "nothing");
  EXPECT_EQ(taken(history, notice(R"({"_type":"gap","after":1,"missed":18446744073709551615})")),
            "gap 18446744073709551614");
  EXPECT_EQ(history.position(), std::numeric_limits<std::uint64_t>::max());
}

TEST(FollowedHistory, AResetBeginsAnew) {
  FollowedHistory history(100);
  EXPECT_EQ(taken(history, notice(R"({"_type":"reset","last_seq":5})")), "reset");
  EXPECT_EQ(history.position(), 0U);
  EXPECT_EQ(taken(history, sent(events()[0])), "event 1");
}

TEST(FollowedHistory, ANoticeOfAnUnknownKindIsNothing) {
  FollowedHistory history(1);
  for (const char* text : {R"({"_type":"weather"})", R"({"_type":7})"})
    EXPECT_EQ(taken(history, notice(text)), "nothing") << text;
  EXPECT_EQ(history.position(), 1U);
}

TEST(FollowedHistory, SaysWhatCannotBeRead) {
  FollowedHistory history(1);
  for (const char* text :
       {"", "no JSON", "[]", "{}", "{\"seq\":\"x\"}", R"({"_type":"gap")",
        R"({"_type":"gap","after":-1,"missed":1})", R"({"_type":"gap","after":1})",
        R"({"_type":"gap","after":1,"missed":1.5})"}) {
    EXPECT_THAT(taken(history, notice(text)), HasSubstr("fault: ")) << text;
  }
  EXPECT_EQ(history.position(), 1U);
}

TEST(FollowedHistory, WhatCannotBeReadIsNotAskedForAgain) {
  FollowedHistory history(1);
  EXPECT_THAT(taken(history, {.data = "no JSON", .id = "2"}), HasSubstr("fault: "));
  EXPECT_EQ(history.position(), 2U);
  EXPECT_THAT(taken(history, {.data = "no JSON", .id = "of another kind"}), HasSubstr("fault: "));
  EXPECT_EQ(history.position(), 2U);
}

TEST(FollowedHistory, AnEventOfAnUnknownTypeIsOne) {
  FollowedHistory history({});
  std::string json = to_json(events()[0]);
  const std::string type = R"("type":"run_started")";
  ASSERT_NE(json.find(type), std::string::npos) << json;
  json.replace(json.find(type), type.size(), R"("type":"of_the_future")");
  EXPECT_EQ(taken(history, {.data = json, .id = "1"}), "event 1");
}

}  // namespace
}  // namespace strandbus::detail
