// B6 coalesce: unread deltas of one message or call become one event. Order and text are exactly
// those of the parts.

#include "bus/reading.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <thread>

namespace strandbus {
namespace {

using std::chrono::milliseconds;
using test::history_of;
using test::publish_tokens;
using test::read_deliveries;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

/// "type first-last text", as in "assistant_delta 1-3 abc".
std::string line(const Delivery& delivery) {
  const StreamEvent& event = *delivery;
  std::string text(to_string(event.type()));
  text += " " + std::to_string(delivery.first_seq());
  if (delivery.first_seq() != delivery.last_seq())
    text += "-" + std::to_string(delivery.last_seq());
  if (const auto* token = event.get_if<TokenDelta>()) return text + " " + token->text;
  if (const auto* merged = event.get_if<AssistantDelta>()) return text + " " + merged->text;
  if (const auto* reasoning = event.get_if<ReasoningDelta>()) return text + " " + reasoning->text;
  if (const auto* piece = event.get_if<StructuredDelta>()) return text + " " + piece->text;
  if (const auto* call = event.get_if<ToolCallDelta>()) return text + " " + call->delta;
  if (const auto* output = event.get_if<ToolOutput>()) return text + " " + output->text;
  return text;
}

struct B6Coalesce : testing::Test {
  asio::io_context io;
  EventBus bus{io.get_executor()};
  EventStream stream{bus.stream({.overflow = Overflow::coalesce})};

  void token(std::string text, std::string message = "m") {
    bus.publish(TokenDelta{.text = std::move(text), .message_id = std::move(message)}).value();
  }
  void output(std::string text, OutputStream from = OutputStream::stdout_, std::string call = "c") {
    bus.publish(ToolOutput{.call_id = std::move(call),
                           .tool_name = "bash",
                           .stream = from,
                           .text = std::move(text)})
        .value();
  }
  void status() { bus.publish(make_status(AgentStatus::thinking)).value(); }

  static std::vector<std::string> lines(EventStream& reader) {
    std::vector<std::string> lines;
    for (const Delivery& delivery : read_deliveries(reader)) lines.push_back(line(delivery));
    return lines;
  }
};

TEST_F(B6Coalesce, MakesOneEventOfTheTokensThatAreUnread) {
  token("a");
  token("b");
  token("c");

  EXPECT_THAT(lines(stream), ElementsAre("assistant_delta 1-3 abc"));
}

TEST_F(B6Coalesce, LeavesASingleDeltaAsItIs) {
  token("a");
  EXPECT_THAT(lines(stream), ElementsAre("token_delta 1 a"));
  token("b");
  EXPECT_THAT(lines(stream), ElementsAre("token_delta 2 b"));
}

TEST_F(B6Coalesce, EveryOtherEventFlushes) {
  token("a");
  token("b");
  status();
  token("c");
  token("d");

  EXPECT_THAT(lines(stream),
              ElementsAre("assistant_delta 1-2 ab", "status_update 3", "assistant_delta 4-5 cd"));
}

TEST_F(B6Coalesce, InterleavedDeltasOfOtherKeysDoNotFlush) {
  token("a", "m1");
  token("x", "m2");
  token("b", "m1");
  token("y", "m2");
  token("c", "m1");

  EXPECT_THAT(lines(stream), ElementsAre("assistant_delta 2-4 xy", "assistant_delta 1-5 abc"));
}

TEST_F(B6Coalesce, TextAndReasoningOfOneMessageAreTwoKeys) {
  token("a");
  bus.publish(make_reasoning("r", "m")).value();
  token("b");
  bus.publish(make_reasoning("s", "m")).value();

  EXPECT_THAT(lines(stream), ElementsAre("assistant_delta 1-3 ab", "reasoning_delta 2-4 rs"));
}

TEST_F(B6Coalesce, OtherDeltasKeepTheirType) {
  for (const char* piece : {"{", "}"}) {
    bus.publish(StructuredDelta{.text = piece, .message_id = "m"}).value();
    bus.publish(ToolCallDelta{.call_id = "c", .delta = piece}).value();
    output(piece);
  }

  EXPECT_THAT(lines(stream), ElementsAre("structured_delta 1-4 {}", "tool_call_delta 2-5 {}",
                                         "tool_output 3-6 {}"));
}

TEST_F(B6Coalesce, AToolsOutputStaysInTheOrderInWhichItsStreamsWereWritten) {
  output("a");
  output("b");
  output("e", OutputStream::stderr_);
  output("c");
  output("other", OutputStream::stdout_, "d");
  output("d");

  EXPECT_THAT(lines(stream), ElementsAre("tool_output 1-2 ab", "tool_output 3 e",
                                         "tool_output 5 other", "tool_output 4-6 cd"));
}

TEST_F(B6Coalesce, OutputWithProgressStaysByItself) {
  output("a");
  output("b");
  bus.publish(make_tool_progress("c", "bash", "half", 0.5)).value();
  output("c");

  EXPECT_THAT(lines(stream),
              ElementsAre("tool_output 1-2 ab", "tool_output 3 half", "tool_output 4 c"));
}

TEST_F(B6Coalesce, AnotherTurnIsAnotherEvent) {
  const Publisher publisher = bus.publisher({});
  publisher.turn(1).publish(make_token("a", "m")).value();
  publisher.turn(1).publish(make_token("b", "m")).value();
  publisher.turn(2).publish(make_token("c", "m")).value();

  const auto read = read_deliveries(stream);
  ASSERT_THAT(read, SizeIs(2));
  EXPECT_EQ(read[0]->turn(), 1);
  EXPECT_EQ(read[1]->turn(), 2);
}

TEST_F(B6Coalesce, TheWholeHasTheEnvelopeOfItsLastPart) {
  const Publisher publisher = bus.publisher({.session_id = "s", .agent = "writer"}).turn(3).span(7);
  publisher.publish(make_token("a", "m")).value();
  publisher.publish(make_token("b", "m")).value();
  const StreamEvent last = *bus.history().back();

  const auto whole = stream.try_next();
  EXPECT_EQ((*whole)->id(), last.id());
  EXPECT_EQ((*whole)->ts(), last.ts());
  EXPECT_EQ((*whole)->seq(), 2U);
  EXPECT_EQ((*whole)->turn(), 3);
  EXPECT_EQ((*whole)->span_id(), 7U);
  EXPECT_EQ((*whole)->agent(), "writer");
  EXPECT_EQ((*whole)->get_if<AssistantDelta>()->message_id, "m");
}

TEST_F(B6Coalesce, DeltasThatAreAdjacentAfterFilteringAreMerged) {
  EventStream filtered = bus.stream(
      {.overflow = Overflow::coalesce, .filter = Filter().types({EventType::token_delta})});
  token("a");
  status();
  token("b");

  EXPECT_THAT(lines(filtered), ElementsAre("assistant_delta 1-3 ab"));
  EXPECT_EQ(filtered.stats().filtered, 1U);
}

TEST_F(B6Coalesce, CountsWhatWasMerged) {
  token("a");
  token("b");
  token("c");
  status();
  EXPECT_EQ(stream.stats().lag, 4U);

  stream.try_next();
  const ReaderStats stats = stream.stats();
  EXPECT_EQ(stats.delivered, 1U);
  EXPECT_EQ(stats.merged, 2U);
  EXPECT_EQ(stats.lag, 1U);
  EXPECT_EQ(stats.overflow, Overflow::coalesce);
}

TEST_F(B6Coalesce, WhatWasSeenByAWaitIsStillUnread) {
  stream.async_wait([](error_code) {});
  io.poll();
  token("a");
  io.restart();
  io.poll();
  EXPECT_EQ(stream.stats().lag, 1U);
  token("b");

  EXPECT_THAT(lines(stream), ElementsAre("assistant_delta 1-2 ab"));
}

TEST_F(B6Coalesce, NothingIsMergedAcrossAGap) {
  EventBus small(io.get_executor(), history_of(2));
  EventStream reader = small.stream({.overflow = Overflow::coalesce});
  publish_tokens(small, 1);
  reader.async_wait([](error_code) {});
  io.poll();  // has seen the first
  publish_tokens(small, 4);

  const auto read = read_deliveries(reader);
  ASSERT_THAT(read, SizeIs(2));
  EXPECT_EQ(line(read[0]), "token_delta 1 0");
  EXPECT_EQ(line(read[1]), "assistant_delta 4-5 23");
  EXPECT_EQ(read[0].missed(), 0U);
  EXPECT_EQ(read[1].missed(), 2U);
}

TEST_F(B6Coalesce, ABatchHoldsOneMergedEventOrOthers) {
  token("a");
  token("b");
  status();
  status();
  token("c");

  const Batch merged = stream.try_batch();
  ASSERT_THAT(merged, SizeIs(1));
  EXPECT_EQ(line(merged.delivery(merged.begin())), "assistant_delta 1-2 ab");
  EXPECT_THAT(stream.try_batch(), SizeIs(2));
  EXPECT_THAT(stream.try_batch(), SizeIs(1));
  EXPECT_TRUE(stream.try_batch().empty());
}

TEST_F(B6Coalesce, AMergedEventStaysValid) {
  token("a");
  token("b");
  const auto kept = stream.try_next();
  stream = EventStream();
  publish_tokens(bus, 3000);

  EXPECT_EQ(line(*kept), "assistant_delta 1-2 ab");
}

TEST_F(B6Coalesce, LongTextComesInPieces) {
  const std::string piece(10'000, 'x');
  for (int i = 0; i < 20; ++i) token(piece);

  std::string text;
  const auto read = read_deliveries(stream);
  for (const Delivery& delivery : read) text += delivery->get_if<AssistantDelta>()->text;
  EXPECT_EQ(text.size(), 200'000U);
  EXPECT_GT(read.size(), 1U);
  EXPECT_LT(read.size(), 5U);
}

TEST_F(B6Coalesce, ManyMessagesAtOnceAreBounded) {
  for (int round = 0; round < 2; ++round) {
    for (int message = 0; message < 100; ++message) token("t", std::to_string(message));
  }

  const auto read = read_deliveries(stream);
  std::uint64_t last = 0;
  std::map<std::string, std::string> texts;
  for (const Delivery& delivery : read) {
    EXPECT_GT(delivery.last_seq(), last);
    last = delivery.last_seq();
    const auto* token = delivery->get_if<TokenDelta>();
    const auto* merged = delivery->get_if<AssistantDelta>();
    texts[token ? token->message_id : merged->message_id] += token ? token->text : merged->text;
  }
  EXPECT_THAT(texts, SizeIs(100));
  for (const auto& [message, text] : texts) EXPECT_EQ(text, "tt") << message;
}

TEST_F(B6Coalesce, EndsAfterWhatWasCollected) {
  token("a");
  token("b");
  bus.close();

  EXPECT_FALSE(stream.error());
  EXPECT_THAT(lines(stream), ElementsAre("assistant_delta 1-2 ab"));
  EXPECT_EQ(stream.error(), Errc::closed);
}

TEST_F(B6Coalesce, ACallbackInThePublishingThreadMergesWhatHasPiledUp) {
  std::vector<std::string> seen;
  const auto publishing = bus.subscribe([&](const StreamEvent& event) {
    if (event.seq() != 1) return;
    token("b");
    token("c");
    status();
  });
  const auto merging =
      bus.subscribe([&](const Delivery& delivery) { seen.push_back(line(delivery)); },
                    {.overflow = Overflow::coalesce});
  token("a");

  EXPECT_THAT(seen, ElementsAre("assistant_delta 1-3 abc", "status_update 4"));
}

TEST_F(B6Coalesce, AnUnsubscribedCallbackGetsNothingMoreOfWhatWasCollected) {
  const auto publishing = bus.subscribe([&](const StreamEvent& event) {
    if (event.seq() != 1) return;
    token("b", "m2");
    token("c", "m3");
  });
  Subscription merging;
  std::vector<std::string> seen;
  merging = bus.subscribe(
      [&](const Delivery& delivery) {
        seen.push_back(line(delivery));
        merging.unsubscribe();
      },
      {.overflow = Overflow::coalesce});
  token("a", "m1");

  EXPECT_THAT(seen, ElementsAre("token_delta 1 a"));
}

TEST_F(B6Coalesce, TextAndOrderAreThoseOfThePartsUnderLoad) {
  asio::thread_pool pool(2);
  EventBus loaded(pool.get_executor(), history_of(100'000));
  std::map<std::string, std::string> texts;
  std::uint64_t parts = 0;
  EventStream reader = loaded.stream({.overflow = Overflow::coalesce});
  const auto read = [](EventStream& from, auto& into, auto& count) -> asio::awaitable<void> {
    while (const auto delivery = co_await from.next()) {
      const StreamEvent& event = **delivery;
      const auto* token = event.get_if<TokenDelta>();
      const auto* merged = event.get_if<AssistantDelta>();
      into[token ? token->message_id : merged->message_id] += token ? token->text : merged->text;
      ++count;
    }
  };
  asio::co_spawn(pool, read(reader, texts, parts),
                 [](const std::exception_ptr& error) { EXPECT_FALSE(error); });
  std::map<std::string, std::string> written;
  for (int i = 0; i < 20'000; ++i) {
    const std::string message = std::to_string(i % 3);
    const std::string text = std::to_string(i) + ",";
    written[message] += text;
    loaded.publish(TokenDelta{.text = text, .message_id = message}).value();
  }
  loaded.close();
  pool.join();

  EXPECT_EQ(texts, written);
  const ReaderStats stats = reader.stats();
  EXPECT_EQ(stats.delivered, parts);
  EXPECT_EQ(stats.delivered + stats.merged, 20'000U);
}

}  // namespace
}  // namespace strandbus
