#include "server/event_lines.hpp"

#include "server/request_arguments.hpp"
#include "server/requests.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace strandbus {
namespace {

using test::make_request;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string line(int number, const std::string& data = R"({"subsystem":"a","message":"b"})",
                 const std::string& type = "system_notice") {
  std::string digits = std::to_string(number);
  digits.insert(0, 12 - digits.size(), '0');
  return R"({"schema":1,"seq":1,"id":"0192f0c1-2345-7abc-8def-)" + digits +
         R"(","ts":"2026-11-20T15:04:05Z","type":")" + type + R"(","data":)" + data + "}";
}

detail::EventLines read(const std::string& body, const std::string& type = "application/x-ndjson") {
  return detail::read_event_lines(
      make_request("POST", "/v1/sessions/s/events", {{"Content-Type", type}}, body));
}

detail::HttpRefusal refused(const std::string& body,
                            const std::string& type = "application/x-ndjson") {
  try {
    read(body, type);
  } catch (const detail::BadRequest& bad) {
    return bad.refusal();
  }
  ADD_FAILURE() << "not refused: " << body.substr(0, 200);
  return {};
}

TEST(EventLines, ReadsOneEventInEachLine) {
  const auto events = read(line(1) + "\n" + line(2) + "\n");
  EXPECT_EQ(events.events.size(), 2U);
  EXPECT_THAT(events.lines, ElementsAre(1, 2));
  EXPECT_EQ(events.events.at(1).id().low & 0xFF, 2U);
}

TEST(EventLines, TakesTheLineEndsOfOthers) {
  for (const std::string& body :
       {line(1) + "\r\n" + line(2) + "\r\n", line(1) + "\n" + line(2),
        "\xEF\xBB\xBF" + line(1) + "\n" + line(2), line(1) + " \n\t " + line(2) + "\r"}) {
    EXPECT_THAT(read(body).lines, ElementsAre(1, 2)) << body;
  }
  EXPECT_THAT(read("\n\r\n" + line(1) + "\n \n" + line(2) + "\n\n").lines, ElementsAre(3, 5));
}

TEST(EventLines, TakesTwoContentTypes) {
  for (const char* type : {"application/x-ndjson", "application/jsonl", "Application/JSONL",
                           "application/jsonl; charset=utf-8", "application/x-ndjson ;x"})
    EXPECT_EQ(read(line(1), type).events.size(), 1U) << type;
  for (const char* type : {"", "application/json", "text/plain", "application/jsonlines"}) {
    const auto refusal = refused(line(1), type);
    EXPECT_EQ(refusal.status, 415) << type;
    EXPECT_THAT(refusal.message, HasSubstr("application/x-ndjson or application/jsonl"));
  }
}

TEST(EventLines, RefusesABodyWithoutEvents) {
  for (const char* body : {"", "\n", " \r\n\n", "\xEF\xBB\xBF"}) {
    const auto refusal = refused(body);
    EXPECT_EQ(refusal.status, 400);
    EXPECT_EQ(refusal.code, "invalid_body");
  }
}

TEST(EventLines, NamesTheLineAndTheMemberThatIsWrong) {
  const auto bad_body = refused(line(1) + "\n\n" + line(2, R"({"subsystem":7})") + "\n" + line(3));
  EXPECT_EQ(bad_body.status, 400);
  EXPECT_EQ(bad_body.code, "invalid_event");
  EXPECT_THAT(bad_body.message, AllOf(StartsWith("line 3: "), HasSubstr("/data/subsystem"),
                                      HasSubstr("nothing of this request was taken")));
  EXPECT_EQ(bad_body.more, R"("line":3)");
  const auto no_json = refused(line(1) + "\nhello\n");
  EXPECT_EQ(no_json.code, "malformed_json");
  EXPECT_THAT(no_json.message, StartsWith("line 2: "));
  EXPECT_THAT(refused("[]").message, StartsWith("line 1: "));
  EXPECT_THAT(refused("{}").message, HasSubstr("/schema"));
  EXPECT_THAT(refused(line(1) + line(2)).message, StartsWith("line 1: "));
  EXPECT_THAT(refused("\xEF\xBB\xBF\xEF\xBB\xBF" + line(1)).message, StartsWith("line 1: "));
  EXPECT_THAT(refused(line(1, R"({"reason":"x"})", "session_closed")).message, HasSubstr("/type"));
}

TEST(EventLines, TakesTypesAndMembersThatItDoesNotKnow) {
  const auto events = read(line(1, R"({"a":[1,{"b":2}]})", "from_the_future"));
  EXPECT_EQ(events.events.at(0).wire_type(), "from_the_future");
}

TEST(EventLines, BoundsDepthAndNumber) {
  const std::string deep =
      R"({"subsystem":"a","data":)" + std::string(5000, '[') + std::string(5000, ']') + "}";
  EXPECT_THAT(refused(line(1) + "\n" + line(2, deep)).message, StartsWith("line 2: "));
  std::string many;
  for (std::size_t i = 0; i < detail::max_event_lines; ++i) many += line(1) + "\n";
  EXPECT_EQ(read(many).events.size(), detail::max_event_lines);
  const auto refusal = refused(many + line(1));
  EXPECT_EQ(refusal.status, 413);
  EXPECT_EQ(refusal.more, R"("line":4097)");
}

TEST(EventLines, SharesTheContextOfEventsOfOneRun) {
  const auto events = read(line(1) + "\n" + line(2)).events;
  EXPECT_EQ(events.at(0).shared_context(), events.at(1).shared_context());
}

}  // namespace
}  // namespace strandbus
