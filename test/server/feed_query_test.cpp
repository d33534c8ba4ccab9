#include "server/feed_query.hpp"

#include "server/request_arguments.hpp"
#include "server/requests.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace strandbus {
namespace {

using detail::BadRequest;
using detail::FeedForm;
using detail::ReadEvents;
using test::make_request;

ReadEvents query(const std::string& text, FeedForm form = FeedForm::sse) {
  return detail::read_feed_query(make_request("GET", "/v1/sessions/s/events" + text), form);
}

ReadEvents resumed(const std::string& text, const std::string& last_event_id) {
  return detail::read_feed_query(
      make_request("GET", "/v1/sessions/s/events" + text, {{"Last-Event-ID", last_event_id}}),
      FeedForm::sse);
}

TEST(FeedQuery, BeginsWithTheFirstEventUnlessItIsToldOtherwise) {
  EXPECT_EQ(query("").options.after, 0U);
  EXPECT_EQ(query("?after=0").options.after, 0U);
  EXPECT_EQ(query("?after=41").options.after, 41U);
  EXPECT_EQ(query("?after=latest").options.after, std::nullopt);
}

TEST(FeedQuery, GoesOnWhereTheBrowserSaysWhateverItsUrlWas) {
  EXPECT_EQ(resumed("", "7").options.after, 7U);
  EXPECT_EQ(resumed("?after=3", "7").options.after, 7U);
  EXPECT_EQ(resumed("?after=latest", "7").options.after, 7U);
  EXPECT_EQ(resumed("?after=3", "").options.after, 3U);
}

TEST(FeedQuery, RefusesWhatIsNoSeq) {
  for (const std::string bad : {"x", "-1", "1.0", " 1", "0x1", "9223372036854775808"}) {
    EXPECT_THROW(resumed("", bad), BadRequest) << bad;
  }
  for (const std::string bad : {"?after=x", "?after=", "?after=-1", "?after=9223372036854775808",
                                "?after=1&after=2", "?after=Latest"}) {
    EXPECT_THROW(query(bad), BadRequest) << bad;
  }
}

TEST(FeedQuery, NarrowsByType) {
  const Filter filter = query("?type=run_started,run_failed&type=custom").options.filter;
  EXPECT_TRUE(filter.may_match(EventType::run_started));
  EXPECT_TRUE(filter.may_match(EventType::run_failed));
  EXPECT_TRUE(filter.may_match(EventType::custom));
  EXPECT_FALSE(filter.may_match(EventType::token_delta));
  EXPECT_TRUE(query("").options.filter.accepts_all());
}

TEST(FeedQuery, NarrowsByScopeAndTypeTogether) {
  const Filter tools = query("?scope=tool").options.filter;
  EXPECT_TRUE(tools.may_match(EventType::tool_output));
  EXPECT_FALSE(tools.may_match(EventType::run_started));
  const Filter both = query("?scope=tool,llm&type=tool_output,run_started").options.filter;
  EXPECT_TRUE(both.may_match(EventType::tool_output));
  EXPECT_FALSE(both.may_match(EventType::run_started));
  EXPECT_FALSE(both.may_match(EventType::token_delta));
}

TEST(FeedQuery, NamesTheValueThatItDoesNotKnow) {
  const auto message = [](const std::string& text) -> std::string {
    try {
      query(text);
      return "";
    } catch (const BadRequest& bad) {
      return bad.refusal().message;
    }
  };
  EXPECT_EQ(message("?type=run_startet"), "the parameter type has no value \"run_startet\"");
  EXPECT_EQ(message("?scope=tools"), "the parameter scope has no value \"tools\"");
  EXPECT_EQ(message("?status=done"), "the parameter status has no value \"done\"");
  EXPECT_EQ(message("?type="), "the parameter type has an empty value");
  EXPECT_EQ(message("?type=custom,"), "the parameter type has an empty value");
  EXPECT_EQ(message("?run=a,,b"), "the parameter run has an empty value");
  EXPECT_EQ(message("?afer=1"), "there is no parameter \"afer\" here; did you mean after?");
  std::string many = "?run=r";
  for (int i = 0; i < 64; ++i) many += ",r";
  EXPECT_EQ(message(many), "the parameter run has more than 64 values");
}

TEST(FeedQuery, ReadsHowEventsAreSent) {
  const ReadEvents plain = query("");
  EXPECT_FALSE(plain.named);
  EXPECT_EQ(plain.options.coalesce, std::chrono::milliseconds(0));
  EXPECT_FALSE(plain.options.finite);
  const ReadEvents other = query("?named=1&coalesce=10000");
  EXPECT_TRUE(other.named);
  EXPECT_EQ(other.options.coalesce, std::chrono::milliseconds(10000));
  EXPECT_THROW(query("?coalesce=10001"), BadRequest);
  EXPECT_THROW(query("?named=yes"), BadRequest);
}

TEST(FeedQuery, OfAFileEndsAtTheNewestEvent) {
  const ReadEvents file = query("?after=2&type=custom", FeedForm::jsonl);
  EXPECT_TRUE(file.options.finite);
  EXPECT_EQ(file.options.after, 2U);
  EXPECT_THROW(query("?after=latest", FeedForm::jsonl), BadRequest);
  EXPECT_THROW(query("?named=1", FeedForm::jsonl), BadRequest);
}

TEST(FeedQuery, NamesADialectThatIsKnown) {
  EXPECT_EQ(query("").dialect, "native");
  EXPECT_EQ(query("?dialect=rollouts").dialect, "rollouts");
  EXPECT_EQ(query("?dialect=agent-runner", FeedForm::jsonl).dialect, "agent-runner");
  EXPECT_THROW(query("?dialect=latin"), BadRequest);
  EXPECT_THROW(query("?dialect="), BadRequest);
}

TEST(FeedQuery, OfAWebSocketHasNoNames) {
  const ReadEvents socket = query("?after=latest&coalesce=50", FeedForm::web_socket);
  EXPECT_FALSE(socket.options.after);
  EXPECT_FALSE(socket.options.finite);
  EXPECT_EQ(socket.options.coalesce, std::chrono::milliseconds(50));
  EXPECT_THROW(query("?named=1", FeedForm::web_socket), BadRequest);
}

}  // namespace
}  // namespace strandbus
