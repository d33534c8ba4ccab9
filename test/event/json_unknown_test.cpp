#include "strandbus/event/json_codec.hpp"

#include <boost/json/object.hpp>

#include <gtest/gtest.h>

#include <cmath>

namespace strandbus {
namespace {

constexpr std::string_view head =
    R"({"schema":1,"seq":7,"id":"01923456-789a-7bcd-8123-456789abcdef",)"
    R"("ts":"2026-11-20T15:04:05.123456789Z","type":)";

std::string event_text(std::string_view tail) { return std::string(head) + std::string(tail); }

/// The event read and written again.
std::string rewritten(const std::string& text) {
  const auto event = from_json(text);
  EXPECT_TRUE(event) << text << '\n' << event.error().message;
  return event ? to_json(*event) : "";
}

TEST(JsonUnknown, UnknownTypeBecomesACustomOfThatName) {
  const auto event = from_json(event_text(R"("future_thing","data":{"a":[1,2.5]}})"));
  ASSERT_TRUE(event) << event.error().message;
  ASSERT_TRUE(event->is<Custom>());
  EXPECT_EQ(event->get_if<Custom>()->name, "future_thing");
  EXPECT_EQ(event->get_if<Custom>()->data, (json::value{{"a", {1, 2.5}}}));
  EXPECT_EQ(event->wire_type(), "future_thing");
  EXPECT_EQ(event->component_id(), "system:future_thing");
}

TEST(JsonUnknown, UnknownTypeIsWrittenBackByteForByte) {
  for (const std::string_view data :
       {R"({"n":123456789012345678901234567890,"x":1e400,"y":-1E-400,"z":1.10})", "null", "7", "[]",
        R"("\u00e9\/")", R"({ "spaced" : [ 1 , 2 ] })", R"({"a":{"b":{"c":0.1000}}})"}) {
    const std::string text =
        event_text(R"("future","run_id":"r1","data":)" + std::string(data) + "}");
    EXPECT_EQ(rewritten(text), text);
  }
}

TEST(JsonUnknown, NumbersBeyondDoubleAreApproximatedInTheView) {
  const auto event = from_json(event_text(R"("future","data":{"x":1e400}})"));
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_TRUE(std::isinf(event->get_if<Custom>()->data.at("x").get_double()));
}

TEST(JsonUnknown, AnEventStaysOneLine) {
  const std::string text = event_text("\"future\",\"data\":{\n \"a\":\r\n1}, \"x\":\n[\n]}");
  const std::string line = rewritten(text);
  EXPECT_EQ(line, event_text(R"("future","data":{ "a":1},"x":[]})"));
}

TEST(JsonUnknown, UnknownTypeNeedsDataToo) {
  EXPECT_EQ(from_json(event_text(R"("future"})")).error().pointer, "/data");
}

TEST(JsonUnknown, NameOfAnUnknownTypeIsEscapedAgain) {
  const std::string text = event_text(R"("a\"b\n","data":1})");
  EXPECT_EQ(rewritten(text), text);
}

TEST(JsonUnknown, UnknownMembersOfTheEnvelopeKeepTheirDigits) {
  const std::string text = event_text(
      R"("session_closed","data":{"reason":"x"},"future":123456789012345678901234567890,"f\u0032":[1.0e+0]})");
  EXPECT_EQ(rewritten(text), text);
}

TEST(JsonUnknown, UnknownMembersOfAPayloadKeepTheirDigits) {
  const std::string text = event_text(
      R"("token_delta","data":{"text":"a","message_id":"m","logprob":-0.10,"big":1e400}})");
  EXPECT_EQ(rewritten(text), text);
}

TEST(JsonUnknown, UnknownMembersInsideAMemberKeepTheirDigits) {
  const std::string text = event_text(
      R"("run_cancelled","data":{"reason":"r","iterations":1,"llm_calls":1,"tool_calls":0,"duration_ms":5,)"
      R"("usage":{"prompt":1,"completion":2,"total":3,"audio":1.50}}})");
  EXPECT_EQ(rewritten(text), text);

  const std::string deeper = event_text(
      R"("plan_updated","data":{"items":[{"title":"a","status":"b"},{"title":"c","status":"d","x":1e999}]}})");
  EXPECT_EQ(rewritten(deeper), deeper);

  const std::string in_the_first = event_text(
      R"("plan_updated","data":{"items":[{"title":"a","status":"b","x":1.0},{"title":"c","status":"d"}]}})");
  EXPECT_EQ(rewritten(in_the_first), in_the_first);
}

TEST(JsonUnknown, KnownMembersBesidesUnknownOnesAreStillTyped) {
  const auto event = from_json(event_text(
      R"("usage_update","data":{"usage":{"prompt":1,"completion":2,"total":3,"audio":4},"extra":true}})"));
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_EQ(event->get_if<UsageUpdate>()->usage, (Usage{.prompt = 1, .completion = 2, .total = 3}));
  EXPECT_EQ(event->extras()->payload,
            R"("usage":{"prompt":1,"completion":2,"total":3,"audio":4},"extra":true)");
}

TEST(JsonUnknown, CustomEventsAreNoUnknownType) {
  const std::string text = event_text(R"("custom","data":{"name":"mine","data":{"a":1.0}}})");
  const auto event = from_json(text);
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_EQ(event->extras(), nullptr);
  EXPECT_EQ(event->wire_type(), "custom");
  EXPECT_EQ(to_json(*event), text);
  const std::string more = event_text(R"("custom","data":{"name":"mine","data":null,"x":1.0}})");
  EXPECT_EQ(rewritten(more), more);
}

}  // namespace
}  // namespace strandbus
