#include "net/sse_parser.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace strandbus {
namespace {

using namespace std::chrono_literals;
using detail::SseEvent;
using detail::SseLimits;
using detail::SseParser;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

/// Everything that a parser makes of a stream.
struct Parsed {
  std::vector<SseEvent> events;
  std::optional<SseEvent> unfinished;
  std::string error;

  bool operator==(const Parsed&) const = default;
};

Parsed parse_pieces(const std::vector<std::string_view>& pieces, SseLimits limits = {}) {
  SseParser parser(limits);
  Parsed parsed;
  for (const std::string_view piece : pieces) {
    for (SseEvent& event : parser.feed(piece)) parsed.events.push_back(std::move(event));
  }
  parsed.unfinished = parser.finish();
  parsed.error = parser.error();
  return parsed;
}

Parsed parse(std::string_view text, SseLimits limits = {}) { return parse_pieces({text}, limits); }

std::vector<std::string> data_of(std::string_view text) {
  std::vector<std::string> data;
  for (const SseEvent& event : parse(text).events) data.push_back(event.data);
  return data;
}

TEST(SseParser, AnEventHasTypeDataIdAndRetry) {
  const Parsed parsed = parse("event: tick\ndata: {\"a\":1}\nid: 7\nretry: 250\n\n");
  ASSERT_EQ(parsed.events.size(), 1U);
  EXPECT_EQ(parsed.events[0], (SseEvent{"tick", "{\"a\":1}", "7", 250ms}));
  EXPECT_FALSE(parsed.unfinished);
  EXPECT_EQ(parsed.error, "");
}

TEST(SseParser, AnIdThatIsTooLongForEveryEventIsNone) {
  const auto events =
      parse("id: 7\ndata: a\n\nid: " + std::string(2000, 'x') + "\ndata: b\n\n").events;
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[1].id, "7");
}

TEST(SseParser, TheTypeIsMessageWhereNoneIsGiven) {
  EXPECT_EQ(parse("data: x\n\n").events.at(0).event, "message");
  EXPECT_EQ(parse("event:\ndata: x\n\n").events.at(0).event, "message");
  EXPECT_EQ(parse("event: a\ndata: x\n\ndata: y\n\n").events.at(1).event, "message");
}

TEST(SseParser, LinesEndWithLfCrOrBoth) {
  EXPECT_THAT(data_of("data: a\n\ndata: b\n\n"), ElementsAre("a", "b"));
  EXPECT_THAT(data_of("data: a\r\rdata: b\r\r"), ElementsAre("a", "b"));
  EXPECT_THAT(data_of("data: a\r\n\r\ndata: b\r\n\r\n"), ElementsAre("a", "b"));
  EXPECT_THAT(data_of("data: a\r\n\ndata: b\n\r\n"), ElementsAre("a", "b"));
}

TEST(SseParser, ACrlfThatIsSplitIsOneLineEnd) {
  EXPECT_THAT(parse_pieces({"data: a\r", "\ndata: b\r", "\n\r", "\n"}).events,
              ElementsAre(Field(&SseEvent::data, "a\nb")));
}

TEST(SseParser, DataLinesAreJoined) {
  EXPECT_THAT(data_of("data: a\ndata:  b\ndata\ndata:c\n\n"), ElementsAre("a\n b\n\nc"));
}

TEST(SseParser, AnEventWithoutDataIsNone) {
  EXPECT_THAT(parse("event: x\nid: 3\n\n: only a comment\n\n\n\n").events, IsEmpty());
  EXPECT_THAT(data_of("data:\n\n"), ElementsAre(""));
  EXPECT_THAT(data_of("data\n\n"), ElementsAre(""));
}

TEST(SseParser, CommentsAndUnknownFieldsAreIgnored) {
  EXPECT_THAT(data_of(": OPENROUTER PROCESSING\n:\nfoo: bar\nDATA: no\n data: no\ndata : no\n"
                      "data: yes\n\n"),
              ElementsAre("yes"));
}

TEST(SseParser, TheIdPersists) {
  const Parsed parsed = parse("id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n");
  ASSERT_EQ(parsed.events.size(), 3U);
  EXPECT_EQ(parsed.events[1].id, "1");
  EXPECT_EQ(parsed.events[2].id, "");
}

TEST(SseParser, AnIdWithNulIsIgnored) {
  const std::string text("id: 1\nid: a\0b\ndata: x\n\n", 23);
  EXPECT_EQ(parse(text).events.at(0).id, "1");
}

TEST(SseParser, ARetryThatIsNoNumberIsIgnored) {
  for (const char* value : {"", "-1", "+1", "1.5", "1s", "99999999999999999999", " 5"}) {
    const Parsed parsed = parse(std::string("retry: ") + value + "\ndata: x\n\n");
    EXPECT_FALSE(parsed.events.at(0).retry) << value;
  }
  EXPECT_EQ(parse("retry:0\ndata: x\n\n").events.at(0).retry, 0ms);
}

TEST(SseParser, OneByteOrderMarkAtTheStartIsSkipped) {
  EXPECT_THAT(data_of("\xEF\xBB\xBF"
                      "data: a\n\n"),
              ElementsAre("a"));
  EXPECT_THAT(data_of("\xEF\xBB\xBF\xEF\xBB\xBF"
                      "data: a\n\n"),
              IsEmpty());
  EXPECT_THAT(data_of("\n\xEF\xBB\xBF"
                      "data: a\n\n"),
              IsEmpty());
}

TEST(SseParser, InvalidUtf8IsRepaired) {
  EXPECT_THAT(data_of("data: a\xFF"
                      "b\xE2\x82\n\n"),
              ElementsAre("a\xEF\xBF\xBD"
                          "b\xEF\xBF\xBD"));
}

TEST(SseParser, AnUnfinishedEventIsGivenApart) {
  const Parsed cut = parse("data: a\n\nevent: e\ndata: b\n");
  EXPECT_EQ(cut.events.size(), 1U);
  EXPECT_EQ(cut.unfinished, (SseEvent{"e", "b", "", {}}));
  EXPECT_EQ(parse("data: a\n\ndata: b").unfinished, (SseEvent{"message", "b", "", {}}));
  EXPECT_FALSE(parse("data: a\n\n").unfinished);
  EXPECT_FALSE(parse("data: a\n\nevent: b\n: c").unfinished);
  EXPECT_FALSE(parse("").unfinished);
}

TEST(SseParser, ALineOfExactlyTheLimitPasses) {
  EXPECT_THAT(parse("data: 1234\n\n", {.line_bytes = 10}).events,
              ElementsAre(Field(&SseEvent::data, "1234")));
}

TEST(SseParser, ALongerLineEndsTheReading) {
  const Parsed parsed = parse("data: a\n\ndata: 12345\n\ndata: b\n\n", {.line_bytes = 10});
  EXPECT_THAT(parsed.events, ElementsAre(Field(&SseEvent::data, "a")));
  EXPECT_FALSE(parsed.unfinished);
  EXPECT_EQ(parsed.error, "the server sent a line of more than 10 bytes in its event stream");
}

TEST(SseParser, AnEndlessLineIsFoundBeforeItsEnd) {
  SseParser parser({.line_bytes = 100});
  for (int i = 0; i < 101; ++i) parser.feed(":");
  EXPECT_THAT(parser.error(), HasSubstr("more than 100 bytes"));
}

TEST(SseParser, AnEventOfTooMuchDataEndsTheReading) {
  const SseLimits limits{.line_bytes = 100, .event_bytes = 5};
  EXPECT_EQ(parse("data: 12\ndata: 45\n\n", limits).events.size(), 1U);
  const Parsed parsed = parse("data: 12\ndata: 456\n\n", limits);
  EXPECT_THAT(parsed.events, IsEmpty());
  EXPECT_EQ(parsed.error, "the server sent an event with more than 5 bytes of data");
}

TEST(SseParser, TheLimitOfAnEventIsForEachByItself) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "data: 12345\n\n";
  EXPECT_EQ(parse(text, {.line_bytes = 100, .event_bytes = 5}).events.size(), 100U);
}

/// Holds every rule at least once, and every kind of byte at which a cut could do harm.
const std::string eventful =
    "\xEF\xBB\xBF: hello\r\nevent: tick\r\ndata: "
    "{\"t\":\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"}\r\n"
    "id: 12\r\n\r\ndata: a\rdata: b\r\rretry: 10\ndata:\xFF\xF0\x9F\n\n\n\r\nid\ndata: [DONE]\n\n"
    "data: tail";

TEST(SseParser, EverySplitInTwoAndThreeGivesTheSame) {
  for (const std::size_t limit : {std::size_t{1000}, std::size_t{18}, std::size_t{9}}) {
    const SseLimits limits{.line_bytes = limit, .event_bytes = limit / 2};
    const Parsed whole = parse(eventful, limits);
    const std::string_view text = eventful;
    for (std::size_t i = 0; i <= text.size(); ++i) {
      for (std::size_t j = i; j <= text.size(); ++j) {
        ASSERT_EQ(parse_pieces({text.substr(0, i), text.substr(i, j - i), text.substr(j)}, limits),
                  whole)
            << i << ' ' << j << ' ' << limit;
      }
    }
  }
  EXPECT_EQ(parse(eventful).events.size(), 4U);
}

TEST(SseParser, ByteByByteGivesTheSame) {
  std::vector<std::string_view> bytes;
  for (std::size_t i = 0; i < eventful.size(); ++i) {
    bytes.push_back(std::string_view(eventful).substr(i, 1));
  }
  EXPECT_EQ(parse_pieces(bytes), parse(eventful));
}

rc::Gen<std::string> any_stream() {
  const auto token = rc::gen::element<std::string>(
      "data", "event", "id", "retry", ":", ": ", " ", "\n", "\r", "\r\n", "\n\n", "\r\r", "7", "x",
      "\xEF\xBB\xBF", "\xC3", "\xA9", "\xF0\x9F\x98\x80", "\xFF", std::string(1, '\0'),
      "data: y\n");
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(token),
                      [](const std::vector<std::string>& tokens) {
                        std::string text;
                        for (const std::string& part : tokens) text += part;
                        return text;
                      });
}

RC_GTEST_PROP(SseParserProperty, PiecesNeverChangeTheEvents, ()) {
  const std::string text = *any_stream();
  const auto limit = *rc::gen::inRange<std::size_t>(1, 40);
  const SseLimits limits{.line_bytes = limit, .event_bytes = limit};
  std::vector<std::string_view> pieces;
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto size = *rc::gen::inRange<std::size_t>(1, rest.size() + 1);
    pieces.push_back(rest.substr(0, size));
    rest.remove_prefix(size);
  }
  RC_ASSERT(parse_pieces(pieces, limits) == parse(text, limits));
}

RC_GTEST_PROP(SseParserProperty, WhatWasWrittenIsRead, (const std::vector<std::string>& texts)) {
  std::string stream;
  std::vector<std::string> written;
  for (std::string text : texts) {
    for (char& c : text) c = static_cast<char>(' ' + static_cast<unsigned char>(c) % 64);
    stream += "data: " + text + "\n\n";
    written.push_back(text);
  }
  RC_ASSERT(data_of(stream) == written);
}

}  // namespace
}  // namespace strandbus
