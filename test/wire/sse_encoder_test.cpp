#include "strandbus/wire/sse_encoder.hpp"

#include "wire/event_source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace strandbus::test {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string encoded(std::string_view data, std::optional<std::uint64_t> seq = {},
                    std::string_view event = {}) {
  std::string out;
  append_sse(out, data, seq, event);
  return out;
}

std::vector<DispatchedEvent> arrived(std::string_view stream) {
  return BrowserEventSource::decode(stream).events;
}

TEST(SseEncoder, WritesTypeIdAndDataAndAnEmptyLine) {
  EXPECT_EQ(encoded(R"({"a":1})", 7, "run_started"),
            "event: run_started\nid: 7\ndata: {\"a\":1}\n\n");
}

TEST(SseEncoder, WritesOnlyDataWhereThereIsNothingElse) {
  EXPECT_EQ(encoded("x"), "data: x\n\n");
  EXPECT_EQ(encoded(""), "data: \n\n");
  EXPECT_EQ(encoded("x", 0), "id: 0\ndata: x\n\n");
  EXPECT_EQ(encoded("x", {}, "gap"), "event: gap\ndata: x\n\n");
}

TEST(SseEncoder, WritesTheLargestSeq) {
  EXPECT_EQ(encoded("x", std::numeric_limits<std::uint64_t>::max()),
            "id: 18446744073709551615\ndata: x\n\n");
}

TEST(SseEncoder, AppendsToWhatIsThere) {
  std::string out = "data: a\n\n";
  append_sse(out, "b", 2);
  append_sse_comment(out);
  append_sse_retry(out, 2s);
  append_sse(out, "c");
  EXPECT_EQ(out, "data: a\n\nid: 2\ndata: b\n\n:\n\nretry: 2000\n\ndata: c\n\n");
}

TEST(SseEncoder, WritesADataLineForEachLine) {
  EXPECT_EQ(encoded("a\nb"), "data: a\ndata: b\n\n");
  EXPECT_EQ(encoded("a\rb"), "data: a\ndata: b\n\n");
  EXPECT_EQ(encoded("a\r\nb"), "data: a\ndata: b\n\n");
  EXPECT_EQ(encoded("a\n\rb"), "data: a\ndata: \ndata: b\n\n");
  EXPECT_EQ(encoded("\n"), "data: \ndata: \n\n");
  EXPECT_EQ(encoded("a\r\n"), "data: a\ndata: \n\n");
}

TEST(SseEncoder, WritesTheReplacementCharacterForWhatIsNoText) {
  EXPECT_EQ(encoded("a\0b"s), "data: a\uFFFDb\n\n");
  EXPECT_EQ(encoded("a\xFFz"), "data: a\uFFFDz\n\n");
  EXPECT_EQ(encoded("\xE2\x82\nz"), "data: \uFFFD\ndata: z\n\n");
  EXPECT_EQ(encoded("\xED\xA0\x80"), "data: \uFFFD\uFFFD\uFFFD\n\n");  // a surrogate
  EXPECT_EQ(encoded("x", 1, "t\xFF"), "event: t\uFFFD\nid: 1\ndata: x\n\n");
}

TEST(SseEncoder, LeavesTextOfAllLanguagesAsItIs) {
  const std::string text = "h\u00E9 \u20AC \U0001F600 \uFEFF \u2028 \u0085";
  EXPECT_EQ(encoded(text), "data: " + text + "\n\n");
}

TEST(SseEncoder, RefusesANameThatWouldBreakTheEvent) {
  for (const std::string& name : {"a\nb"s, "a\r"s, "\r\n"s, "a\0b"s}) {
    std::string out = "before";
    try {
      append_sse(out, "x", 1, name);
      ADD_FAILURE() << "it was not refused";
    } catch (const std::invalid_argument& error) {
      EXPECT_THAT(error.what(), HasSubstr("no line end or NUL"));
    }
    EXPECT_EQ(out, "before");
  }
}

TEST(SseEncoder, ACommentAndARetryAreNoEvents) {
  std::string out;
  append_sse_comment(out);
  append_sse_retry(out, 1500ms);
  EXPECT_EQ(out, ":\n\nretry: 1500\n\n");
  const DecodedStream stream = BrowserEventSource::decode(out);
  EXPECT_THAT(stream.events, IsEmpty());
  EXPECT_EQ(stream.reconnection_ms, 1500U);
}

TEST(SseEncoder, ATimeBelowZeroIsAtOnce) {
  std::string out;
  append_sse_retry(out, -1ms);
  EXPECT_EQ(out, "retry: 0\n\n");
}

TEST(SseEncoder, HostileDataIsExactlyOneEvent) {
  const std::vector<std::string> hostile{
      "",
      "\n\n",
      "\r\r",
      "\r\n\r\n",
      "a\n\ndata: b\n\n",
      "a\r\rid: 9\revent: fake\rdata: b\r\r",
      "\nretry: 1\n",
      ": comment\n:",
      "data: x",
      "data",
      " leading",
      "  two",
      "\uFEFF",
      "\uFEFFdata: b\n\n",
      "\0"s,
      "\0\n\0"s,
      "\xEF\xBB",
      "\xFF\xFE\n\n",
      "\xF0\x9F\x98\n\ndata: b",
      "\u0085\u2028\u2029\v\f",
  };
  for (const std::string& data : hostile) {
    std::string stream = encoded(data, 5, "tick");
    append_sse(stream, "next", 6);
    EXPECT_THAT(arrived(stream), ElementsAre(DispatchedEvent{"tick", as_it_arrives(data), "5"},
                                             DispatchedEvent{"message", "next", "6"}))
        << ::testing::PrintToString(data);
  }
}

/// Bytes among which those that mean something are frequent.
rc::Gen<std::string> any_text() {
  const auto piece = rc::gen::weightedOneOf<std::string>({
      {6, rc::gen::element<std::string>("\r", "\n", "\r\n", "\0"s, " ", ":", "data: ", "id: 3\n",
                                        "event: x", "retry: 1", "\uFEFF", "\u20AC", "\xE2\x82",
                                        "\xF0\x9F", "\xED\xA0\x80", "\xFF", "\x80")},
      {3, rc::gen::map(rc::gen::arbitrary<char>(), [](char byte) { return std::string(1, byte); })},
  });
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(piece),
                      [](const std::vector<std::string>& pieces) {
                        std::string text;
                        for (const std::string& each : pieces) text += each;
                        return text;
                      });
}

RC_GTEST_PROP(SseEncoder, WhateverItWritesArrivesAsOneEventEach, ()) {
  const auto texts = *rc::gen::container<std::vector<std::string>>(any_text());
  std::string stream;
  std::vector<DispatchedEvent> expected;
  std::string last_id;
  for (const std::string& text : texts) {
    const auto seq = *rc::gen::maybe(rc::gen::arbitrary<std::uint64_t>());
    const auto type = *rc::gen::element<std::string>("", "tick", " led by a space", "a:b", "\xFF");
    if (*rc::gen::arbitrary<bool>()) append_sse_comment(stream);
    append_sse(stream, text, seq ? std::optional(*seq) : std::nullopt, type);
    if (seq) last_id = std::to_string(*seq);
    expected.push_back(
        {type.empty() ? "message" : as_it_arrives(type), as_it_arrives(text), last_id});
  }
  RC_ASSERT(arrived(stream) == expected);
}

}  // namespace
}  // namespace strandbus::test
