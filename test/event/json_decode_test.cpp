#include "strandbus/event/json_codec.hpp"

#include <boost/json/object.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace strandbus {
namespace {

using ::testing::HasSubstr;

/// An event of session s1; `more` are further members of the envelope, each behind a comma.
std::string event_text(std::string_view type, std::string_view data, std::string_view more = "") {
  return R"({"schema":1,"seq":7,"id":"01923456-789a-7bcd-8123-456789abcdef",)"
         R"("ts":"2026-11-20T15:04:05.123456789Z","session_id":"s1","type":")" +
         std::string(type) + R"(","data":)" + std::string(data) + std::string(more) + "}";
}

DecodeError error_of(std::string_view text) {
  const DecodeResult result = from_json(text);
  EXPECT_TRUE(result.has_error()) << text;
  return result.has_error() ? result.error() : DecodeError{};
}

struct BadEvent {
  std::string text;
  std::string_view pointer;
  std::string_view message;
};

void expect_invalid(const BadEvent& bad) {
  SCOPED_TRACE(bad.text);
  const DecodeError error = error_of(bad.text);
  EXPECT_EQ(error.code, Errc::invalid_event);
  EXPECT_EQ(error.pointer, bad.pointer);
  const std::string place = bad.pointer.empty() ? "" : " at " + std::string(bad.pointer);
  EXPECT_EQ(error.message, "invalid event" + place + ": " + std::string(bad.message));
}

TEST(JsonDecode, ReadsEnvelopeAndPayload) {
  const auto event = from_json(event_text(
      "token_delta", R"({"text":" the","message_id":"m1"})",
      R"(,"run_id":"r1","parent_run_id":"r0","workflow_id":"w1","parent_workflow_id":"w0",)"
      R"("agent":"coder","depth":1,"model_id":"gpt-4o","turn":2,"span_id":"00000000000000ab",)"
      R"("parent_span_id":"FEDCBA9876543210","attributes":{"user":7})"));
  ASSERT_TRUE(event) << event.error().message;

  EXPECT_EQ(event->seq(), 7U);
  EXPECT_EQ(event->id(), (EventId{0x01923456789A7BCDU, 0x8123456789ABCDEFU}));
  EXPECT_EQ(to_rfc3339(event->ts()), "2026-11-20T15:04:05.123456789Z");
  EXPECT_EQ(event->context(), (RunContext{"s1", "r1", "r0", "w1", "w0", "coder", 1, "gpt-4o",
                                          json::object{{"user", 7}}}));
  EXPECT_EQ(event->turn(), 2);
  EXPECT_EQ(event->span_id(), 0xABU);
  EXPECT_EQ(event->parent_span_id(), 0xFEDCBA9876543210U);
  EXPECT_EQ(event->extras(), nullptr);
  ASSERT_TRUE(event->is<TokenDelta>());
  EXPECT_EQ(*event->get_if<TokenDelta>(), (TokenDelta{" the", "m1"}));
}

TEST(JsonDecode, OrderWhiteSpaceAndEscapedKeysDoNotMatter) {
  const auto event = from_json(
      "\n { \"d\\u0061ta\" : { \"message_id\" : \"m\" ,\t\"te\\u0078t\":\"\\u20ac\" } , "
      "\"type\":\"token_delta\","
      "\r\n\"ts\":\"2026-11-20T16:04:05+01:00\",\"id\":\"01923456-789a-7bcd-8123-456789abcdef\","
      "\"seq\":18446744073709551615,"
      "\"schema\":1 } \n");
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_EQ(event->get_if<TokenDelta>()->text, "€");
  EXPECT_EQ(event->seq(), std::numeric_limits<std::uint64_t>::max());
}

TEST(JsonDecode, EscapesAreReadWhereverTheyStand) {
  struct Escape {
    std::string_view literal;
    std::string_view text;
  };
  for (const Escape escape :
       {Escape{R"(\n)", "\n"}, Escape{R"(\\)", "\\"}, Escape{R"(\"\/)", "\"/"},
        Escape{R"(\u00e9)", "é"}, Escape{R"(\u20AC)", "€"}, Escape{R"(\ud83d\ude00)", "😀"},
        Escape{R"(\b\f\r\t)", "\b\f\r\t"}}) {
    for (std::size_t before = 0; before < 40; ++before) {
      const std::string start(before, 'x');
      const std::string end(40 - before, 'y');
      const auto event = from_json(event_text(
          "session_closed", R"({"reason":")" + start + std::string(escape.literal) + end + "\"}"));
      ASSERT_TRUE(event) << event.error().message;
      EXPECT_EQ(event->get_if<SessionClosed>()->reason, start + std::string(escape.text) + end);
    }
  }
}

TEST(JsonDecode, SessionFilesMemberTypeIsIgnored) {
  const auto event =
      from_json(event_text("session_closed", R"({"reason":"x"})", R"(,"_type":"event")"));
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_EQ(event->extras(), nullptr);
  EXPECT_THAT(to_json(*event), ::testing::Not(HasSubstr("_type")));
}

TEST(JsonDecode, TextThatIsNotJsonIsMalformed) {
  const DecodeError error = error_of("{\"schema\":1,");
  EXPECT_EQ(error.code, Errc::malformed_json);
  EXPECT_EQ(error.offset, 12U);
  EXPECT_EQ(error.pointer, "");
  EXPECT_EQ(error.message, "malformed JSON at byte 12: the text ends too early");
}

TEST(JsonDecode, OnlySchemaOneIsRead) {
  expect_invalid({R"({"seq":1})", "/schema", "this member is missing"});
  expect_invalid({R"({"schema":2,"what":"ever"})", "/schema", "expected schema 1, found 2"});
  expect_invalid({R"({"schema":"1"})", "/schema", "expected an integer, found a string"});
  expect_invalid({R"({"schema":1.0})", "/schema", "expected an integer, found 1.0"});
}

TEST(JsonDecode, TheDocumentMustBeAnObject) {
  expect_invalid({"[]", "", "expected an object, found an array"});
  expect_invalid({"null", "", "expected an object, found null"});
  expect_invalid({" \"x\" ", "", "expected an object, found a string"});
}

TEST(JsonDecode, EachRequiredMemberOfTheEnvelopeIsNamedWhenMissing) {
  for (const std::string_view member : {"seq", "id", "ts", "type", "data"}) {
    std::string text = event_text("session_closed", R"({"reason":"x"})");
    const std::string key = "\"" + std::string(member) + "\":";
    text.replace(text.find(key), key.size(), "\"x_" + std::string(member) + "\":");
    expect_invalid({text, "/" + std::string(member), "this member is missing"});
  }
}

TEST(JsonDecode, MembersOfTheEnvelopeMustHaveTheirTypeAndRange) {
  const auto with = [](std::string_view more) {
    return event_text("session_closed", R"({"reason":"x"})", "," + std::string(more));
  };
  expect_invalid({with(R"("run_id":null)"), "/run_id", "expected a string, found null"});
  expect_invalid({with(R"("agent":7)"), "/agent", "expected a string, found a number"});
  expect_invalid(
      {with(R"("turn":-1)"), "/turn", "expected an integer that is not negative, found -1"});
  expect_invalid({with(R"("depth":2147483648)"), "/depth",
                  "expected an integer from -2147483648 to 2147483647, found 2147483648"});
  expect_invalid(
      {with(R"("span_id":"ab")"), "/span_id", "expected 16 hexadecimal digits, found \"ab\""});
  expect_invalid({with(R"("span_id":"00000000000000xy")"), "/span_id",
                  "expected 16 hexadecimal digits, found \"00000000000000xy\""});
  expect_invalid({with(R"("span_id":"-000000000000001")"), "/span_id",
                  "expected 16 hexadecimal digits, found \"-000000000000001\""});
  expect_invalid(
      {with(R"("parent_span_id":171)"), "/parent_span_id", "expected a string, found a number"});
  expect_invalid(
      {with(R"("attributes":[1])"), "/attributes", "expected an object, found an array"});
  expect_invalid({with(R"("attributes":{"a":1e400})"), "/attributes",
                  "expected numbers in the range of double, found one beyond it"});
}

TEST(JsonDecode, StampMustBeWellFormed) {
  const auto replaced = [](std::string_view from, std::string_view to) {
    std::string text = event_text("session_closed", R"({"reason":"x"})");
    return text.replace(text.find(from), from.size(), to);
  };
  expect_invalid({replaced(R"("seq":7)", R"("seq":-7)"), "/seq",
                  "expected an integer from 0 to 18446744073709551615, found -7"});
  expect_invalid({replaced("01923456-", "x"), "/id",
                  "expected a UUID of 36 characters, found \"x789a-7bcd-8123-456789abcdef\""});
  expect_invalid({replaced("T15:", "T25:"), "/ts",
                  "expected an RFC 3339 time between the years 1678 and 2261, found "
                  "\"2026-11-20T25:04:05.123456789Z\""});
  expect_invalid(
      {replaced(R"("session_closed")", "7"), "/type", "expected a string, found a number"});
  expect_invalid(
      {replaced("session_closed", ""), "/type", "expected the name of an event type, found \"\""});
}

TEST(JsonDecode, ABadMemberOfAPayloadIsNamedByItsPointer) {
  const std::vector<BadEvent> cases{
      {event_text("session_closed", "[]"), "/data", "expected an object, found an array"},
      {event_text("session_closed", "{}"), "/data/reason", "this member is missing"},
      {event_text("session_closed", R"({"reason":null})"), "/data/reason",
       "expected a string, found null"},
      {event_text("session_created", R"({"title":null})"), "/data/title",
       "expected a string, found null"},
      {event_text("usage_update", R"({"usage":{"prompt":"x","completion":1,"total":2}})"),
       "/data/usage/prompt", "expected an integer, found a string"},
      {event_text("usage_update", R"({"usage":{"prompt":1,"completion":1}})"), "/data/usage/total",
       "this member is missing"},
      {event_text("usage_update",
                  R"({"usage":{"prompt":1,"completion":1,"total":9223372036854775808}})"),
       "/data/usage/total",
       "expected an integer from -9223372036854775808 to 9223372036854775807, found "
       "9223372036854775808"},
      {event_text("usage_update", R"({"usage":{"prompt":1,"completion":1,"total":2},"cost":"1"})"),
       "/data/cost", "expected a number, found a string"},
      {event_text("usage_update", R"({"usage":{"prompt":1,"completion":1,"total":2},"cost":1e10})"),
       "/data/cost", "expected an amount within ±9223372036.854775807, found 1e10"},
      {event_text("run_started", R"({"provider":"p","model":"m","max_rounds":1,"tools":["a",2]})"),
       "/data/tools/1", "expected a string, found a number"},
      {event_text("plan_updated", R"({"items":[{"title":"a","status":"b"},{"title":"a"}]})"),
       "/data/items/1/status", "this member is missing"},
      {event_text("plan_updated", R"({"items":{}})"), "/data/items",
       "expected an array, found an object"},
      {event_text("status_update", R"({"status":"sleeping"})"), "/data/status",
       "expected one of thinking waiting_approval compacting retrying idle, found \"sleeping\""},
      {event_text("cell_executed",
                  R"({"call_id":"c","code":"","output":"","success":1,"duration_ms":1})"),
       "/data/success", "expected a boolean, found a number"},
      {event_text("budget_exceeded", R"({"budget":"cost","limit":1e400,"used":1})"), "/data/limit",
       "expected a number in the range of double, found 1e400"},
      {event_text("tool_call_ready",
                  R"({"call_id":"c","tool_name":"t","arguments":{"x":[1e400]}})"),
       "/data/arguments", "expected numbers in the range of double, found one beyond it"},
  };
  for (const BadEvent& bad : cases) expect_invalid(bad);
}

TEST(JsonDecode, LongValuesAreCutInMessagesBetweenCharacters) {
  const std::string long_name = std::string(38, 'x') + "€€€";
  const DecodeError error =
      error_of(event_text("status_update", R"({"status":")" + long_name + R"("})"));
  EXPECT_THAT(error.message, ::testing::EndsWith("found \"" + std::string(38, 'x') + "€…"));
}

TEST(JsonDecode, NullIsNotANumberForADouble) {
  const auto event =
      from_json(event_text("budget_exceeded", R"({"budget":"cost","limit":null,"used":-0.0})"));
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_TRUE(std::isnan(event->get_if<BudgetExceeded>()->limit));
  EXPECT_TRUE(std::signbit(event->get_if<BudgetExceeded>()->used));
}

TEST(JsonDecode, JsonMembersMayBeNull) {
  EXPECT_TRUE(from_json(event_text("custom", R"({"name":"n","data":null})")));
  EXPECT_TRUE(
      from_json(event_text("system_notice", R"({"subsystem":"s","message":"m","data":null})")));
}

TEST(JsonDecode, MoneyIsReadExactlyAndRoundedToTheNearestNano) {
  const auto cost = [](std::string_view number) {
    const auto event = from_json(event_text(
        "usage_update",
        R"({"usage":{"prompt":1,"completion":1,"total":2},"cost":)" + std::string(number) + "}"));
    return event ? event->get_if<UsageUpdate>()->cost->value : -999;
  };
  EXPECT_EQ(cost("0.00035"), 350'000);
  EXPECT_EQ(cost("3.5e-4"), 350'000);
  EXPECT_EQ(cost("35E-5"), 350'000);
  EXPECT_EQ(cost("0"), 0);
  EXPECT_EQ(cost("-0.0"), 0);
  EXPECT_EQ(cost("12"), 12'000'000'000);
  EXPECT_EQ(cost("0.30000000000000004"), 300'000'000);
  EXPECT_EQ(cost("0.0000000005"), 1);
  EXPECT_EQ(cost("0.00000000049"), 0);
  EXPECT_EQ(cost("1e-300"), 0);
  EXPECT_EQ(cost("-9223372036.854775808"), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(cost("9223372036.854775807"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(cost("9223372036.854775808"), -999);
  EXPECT_EQ(cost("1e300"), -999);
}

TEST(JsonDecode, TheLimitsHold) {
  const std::string text = event_text("custom", R"({"name":"n","data":[[[[]]]]})");
  EXPECT_TRUE(from_json(text, {.max_bytes = text.size(), .max_depth = 6}));
  EXPECT_EQ(from_json(text, {.max_bytes = text.size() - 1}).error().code, Errc::limit_exceeded);
  EXPECT_EQ(from_json(text, {.max_depth = 5}).error().code, Errc::limit_exceeded);
  const std::string deep = std::string(63, '[') + std::string(63, ']');
  EXPECT_EQ(error_of(event_text("custom", R"({"name":"n","data":)" + deep + "}")).code,
            Errc::limit_exceeded);
}

TEST(JsonDecode, EveryCutOfAnEventIsRefused) {
  const std::string text = event_text(
      "tool_call_ready", R"({"call_id":"é","tool_name":"t","arguments":{"x":[1.5e3,null]}})");
  for (std::size_t size = 0; size < text.size(); ++size) {
    // A copy of exactly this size, so that the address sanitizer sees a read beyond its end.
    const std::vector<char> cut(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size));
    ASSERT_TRUE(from_json({cut.data(), cut.size()}).has_error()) << size;
  }
}

TEST(JsonDecode, ValueThrowsASystemErrorWithTheMessage) {
  try {
    from_json("[]").value();
    FAIL();
  } catch (const system_error& error) {
    EXPECT_EQ(error.code(), Errc::invalid_event);
    EXPECT_THAT(error.what(), HasSubstr("expected an object, found an array"));
  }
}

TEST(EventReader, ConsecutiveEventsOfARunShareTheirContext) {
  EventReader reader;
  const auto first =
      reader.read(event_text("session_closed", R"({"reason":"x"})", R"(,"run_id":"r1")"));
  const auto second =
      reader.read(event_text("session_closed", R"({"reason":"y"})", R"(,"run_id":"r1")"));
  const auto other =
      reader.read(event_text("session_closed", R"({"reason":"y"})", R"(,"run_id":"r2")"));
  EXPECT_EQ(first->shared_context(), second->shared_context());
  EXPECT_EQ(other->run_id(), "r2");
}

}  // namespace
}  // namespace strandbus
