#include "strandbus/event/json_codec.hpp"

#include <boost/json/object.hpp>

#include <gtest/gtest.h>

#include <limits>

namespace strandbus {
namespace {

EventId some_id() { return {0x01923456789A7BCDU, 0x8123456789ABCDEFU}; }
Timestamp some_time() { return Timestamp{std::chrono::nanoseconds{1'795'187'045'123'456'789}}; }

template <class T>
std::string data_of(T payload) {
  return payload_to_json(StreamEvent(std::move(payload)));
}

TEST(JsonEncode, EnvelopeHasItsMembersInOrder) {
  StreamEvent event(TokenDelta{.text = " the", .message_id = "m1"},
                    std::make_shared<const RunContext>(RunContext{.session_id = "s1",
                                                                  .run_id = "r1",
                                                                  .parent_run_id = "r0",
                                                                  .workflow_id = "w1",
                                                                  .parent_workflow_id = "w0",
                                                                  .agent = "coder",
                                                                  .depth = 1,
                                                                  .model_id = "gpt-4o",
                                                                  .attributes = {{"user", 7}}}));
  event.set_stamp(7, some_id(), some_time()).set_turn(2).set_span(0xAB, 0xFEDCBA9876543210U);

  EXPECT_EQ(
      to_json(event),
      R"({"schema":1,"seq":7,"id":"01923456-789a-7bcd-8123-456789abcdef",)"
      R"("ts":"2026-11-20T15:04:05.123456789Z","type":"token_delta","session_id":"s1",)"
      R"("run_id":"r1","parent_run_id":"r0","workflow_id":"w1","parent_workflow_id":"w0",)"
      R"("agent":"coder","depth":1,"model_id":"gpt-4o","turn":2,"span_id":"00000000000000ab",)"
      R"("parent_span_id":"fedcba9876543210","attributes":{"user":7},)"
      R"("data":{"text":" the","message_id":"m1"}})");
}

TEST(JsonEncode, EmptyOptionalMembersOfTheEnvelopeAreAbsent) {
  EXPECT_EQ(to_json(StreamEvent(SessionClosed{.reason = "bye"})),
            R"({"schema":1,"seq":0,"id":"00000000-0000-0000-0000-000000000000",)"
            R"("ts":"1970-01-01T00:00:00.000000000Z","type":"session_closed",)"
            R"("data":{"reason":"bye"}})");
}

TEST(JsonEncode, AppendsToWhatIsThere) {
  std::string out = "data: ";
  append_json(out, StreamEvent(FileDeleted{.path = "a"}));
  EXPECT_TRUE(out.starts_with(R"(data: {"schema":1,)"));
}

TEST(JsonEncode, EmptyOptionalMembersOfAPayloadAreAbsent) {
  EXPECT_EQ(data_of(SessionCreated{}), "{}");
  EXPECT_EQ(data_of(SessionCreated{.title = "t", .client = "c"}), R"({"title":"t","client":"c"})");
  EXPECT_EQ(data_of(ToolOutput{.text = "x"}),
            R"({"call_id":"","tool_name":"","stream":"stdout","text":"x"})");
}

TEST(JsonEncode, OptionalJsonIsAbsentOnlyWhereItIsNull) {
  EXPECT_EQ(data_of(SystemNotice{.data = json::object{}}),
            R"({"subsystem":"","message":"","data":{}})");
  EXPECT_EQ(data_of(SystemNotice{}), R"({"subsystem":"","message":""})");
}

TEST(JsonEncode, RequiredJsonIsWrittenAsNull) {
  EXPECT_EQ(data_of(Custom{.name = "n"}), R"({"name":"n","data":null})");
}

TEST(JsonEncode, TrailingUnderscoresOfCppNamesAreNotOnTheWire) {
  EXPECT_EQ(data_of(BashExecuted{.stdout_ = "out", .stderr_ = "err"}),
            R"({"call_id":"","command":"","cwd":"","exit_code":0,"stdout":"out","stderr":"err",)"
            R"("duration_ms":0,"success":false,"truncated":false})");
  EXPECT_EQ(data_of(ToolOutput{.stream = OutputStream::stderr_}),
            R"({"call_id":"","tool_name":"","stream":"stderr","text":""})");
}

TEST(JsonEncode, NestedStructsAndListsAreWritten) {
  EXPECT_EQ(data_of(PlanUpdated{.items = {PlanItem{"a", "done"}, PlanItem{"b", "open"}}}),
            R"({"items":[{"title":"a","status":"done"},{"title":"b","status":"open"}]})");
  EXPECT_EQ(data_of(FileTreeUpdate{.created = {"x", "y"}}),
            R"({"created":["x","y"],"modified":[],"deleted":[]})");
}

TEST(JsonEncode, MoneyIsADecimalNumber) {
  const auto cost = [](std::int64_t nanos) {
    return data_of(UsageUpdate{.cost = NanoUsd{nanos}}).substr(47);
  };
  EXPECT_EQ(cost(350'000), R"("cost":0.00035})");
  EXPECT_EQ(cost(0), R"("cost":0})");
  EXPECT_EQ(cost(12'000'000'000), R"("cost":12})");
  EXPECT_EQ(cost(-1), R"("cost":-0.000000001})");
  EXPECT_EQ(cost(std::numeric_limits<std::int64_t>::min()), R"("cost":-9223372036.854775808})");
}

TEST(JsonEncode, NumbersThatAreNotFiniteAreNull) {
  EXPECT_EQ(data_of(BudgetExceeded{.limit = std::numeric_limits<double>::infinity(), .used = 0.1}),
            R"({"budget":"rounds","limit":null,"used":0.1})");
}

TEST(JsonEncode, InvalidUtf8IsRepaired) {
  EXPECT_EQ(data_of(SessionClosed{.reason = "a\xFF"}), "{\"reason\":\"a\xEF\xBF\xBD\"}");
}

TEST(NanoUsd, TextHasNoSuperfluousZeros) {
  EXPECT_EQ(to_string(NanoUsd{1'500'000'000}), "1.5");
  EXPECT_EQ(to_string(NanoUsd{1}), "0.000000001");
  EXPECT_EQ(to_string(NanoUsd{-2'000'000'000}), "-2");
  EXPECT_EQ(to_string(NanoUsd{std::numeric_limits<std::int64_t>::max()}), "9223372036.854775807");
}

TEST(Usage, SumKeepsAbsentWhatNobodyReported) {
  Usage sum{.prompt = 70, .completion = 15, .total = 85};
  sum += Usage{.prompt = 80, .completion = 10, .total = 90, .cached = 5};
  EXPECT_EQ(sum, (Usage{.prompt = 150, .completion = 25, .total = 175, .cached = 5}));
  sum += Usage{.cached = 2};
  EXPECT_EQ(sum.cached, 7);
  EXPECT_EQ(sum.reasoning, std::nullopt);
}

}  // namespace
}  // namespace strandbus
