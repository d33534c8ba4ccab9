// A publisher with a redactor: secrets are gone before anybody sees an event.

#include "bus/operations.hpp"
#include "event/secret_samples.hpp"
#include "strandbus/event/json_codec.hpp"

#include <boost/json/object.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace strandbus {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string key = "sk-Abcdefghijklmnopqrstuvwx";
const std::string marker = "[redacted-openai-key]";

struct RedactedPublisher : ::testing::Test {
  /// Every event as "type text".
  std::vector<std::string> seen;
  Publisher publisher = redacted_publisher().run({.session_id = "s", .run_id = "r"}).span(5);

  Publisher redacted_publisher() {
    return Publisher({},
                     [this](const StreamEvent& event) {
                       seen.push_back(std::string(event.wire_type()) + " " + event.message());
                       events.push_back(event);
                     })
        .redacted(Redactor());
  }
  std::vector<StreamEvent> events;

  void SetUp() override {
    publisher.publish(RunStarted{}).value();
    seen.clear();
    events.clear();
  }
  void say(std::string text, std::string id = "m") const {
    publisher.publish(make_token(std::move(text), std::move(id))).value();
  }
  void output(OutputStream stream, std::string text, std::string call = "c") const {
    ToolOutput piece;
    piece.call_id = std::move(call);
    piece.tool_name = "bash";
    piece.stream = stream;
    piece.text = std::move(text);
    publisher.publish(std::move(piece)).value();
  }
  template <class T>
  std::string text_of_all() const {
    std::string text;
    for (const StreamEvent& event : events) {
      if (const T* piece = event.get_if<T>()) text += piece->text;
    }
    return text;
  }
};

TEST_F(RedactedPublisher, ReplacesSecretsInPayloads) {
  publisher.publish(make_error("no such key: " + key, ErrorCode::authentication)).value();
  EXPECT_THAT(seen, ElementsAre("error no such key: " + marker));
}

TEST_F(RedactedPublisher, LeavesAPlainPublisherAsItWas) {
  const Publisher plain({}, [this](const StreamEvent& event) { events.push_back(event); });
  plain.publish(make_token(key)).value();
  EXPECT_EQ(text_of_all<TokenDelta>(), key);
  EXPECT_EQ(plain.redactor(), nullptr);
  EXPECT_NE(publisher.redactor(), nullptr);
}

TEST_F(RedactedPublisher, PassesTheRedactorOnToDerivedPublishers) {
  for (const Publisher& derived : {publisher.turn(2), publisher.span(9), publisher.model("x"),
                                   publisher.run({.session_id = "s", .run_id = "r"})}) {
    events.clear();
    derived.publish(make_notice("a", key)).value();
    EXPECT_EQ(events.at(0).message(), marker);
  }
}

TEST_F(RedactedPublisher, RedactsEventsThatWereMadeElsewhere) {
  publisher.publish(StreamEvent(make_notice("a", key))).value();
  publisher.publish(StreamEvent(make_token(key + " ", "m"))).value();
  EXPECT_THAT(seen, ElementsAre("system_notice " + marker, "token_delta " + marker + " "));
}

TEST_F(RedactedPublisher, RedactsWhatAnEventCarriesFromTheWire) {
  const auto event = from_json(
      R"({"schema":1,"seq":1,"id":"0192f0c1-2345-7abc-8def-0123456789ab","ts":"2026-11-20T15:04:05.123456789Z",)"
      R"("type":"from_the_future","session_id":"s","run_id":"r","extra":")" +
      key + R"(","data":{"what":")" + key + R"("}})");
  ASSERT_TRUE(event) << event.error().message;
  publisher.publish(*event).value();
  EXPECT_FALSE(strandbus::testing::leaks(to_json(events.at(0)), key));
  EXPECT_TRUE(strandbus::testing::leaks(to_json(*event), key));
}

TEST_F(RedactedPublisher, RedactsTheAttributesOfARun) {
  const Publisher other =
      publisher.run({.session_id = "s",
                     .run_id = "r",
                     .attributes = json::object{{"who", "Bearer 0123456789abcdef0"}}});
  EXPECT_EQ(other.context().attributes.at("who"), "Bearer [redacted-authorization]");
}

TEST_F(RedactedPublisher, FindsASecretThatIsSplitOverDeltas) {
  for (const char c : "the key is " + key + ", keep it") say(std::string(1, c));
  EXPECT_EQ(text_of_all<TokenDelta>(), "the key is " + marker + ", keep it");
}

TEST_F(RedactedPublisher, PublishesNothingForAPieceThatIsHeldBack) {
  EXPECT_EQ(publisher.publish(make_token("sk-", "m")).value(), 0U);
  EXPECT_THAT(seen, IsEmpty());
  EXPECT_NE(publisher.publish(make_token("no", "m")).value() +
                publisher.publish(make_token(" one", "m")).value(),
            0U);
  EXPECT_EQ(text_of_all<TokenDelta>(), "sk-no one");
}

TEST_F(RedactedPublisher, ShowsWhatItHoldsBackBeforeTheRequestEnds) {
  say("use sk-ab");
  publisher.publish(ModelCompleted{.content = "use sk-ab"}).value();
  EXPECT_THAT(seen,
              ElementsAre("token_delta use ", "token_delta sk-ab", "model_completed use sk-ab"));
  EXPECT_EQ(events.at(1).span_id(), 5U);
  EXPECT_EQ(events.at(1).run_id(), "r");
}

TEST_F(RedactedPublisher, ShowsWhatItHoldsBackBeforeAMessageIsDiscarded) {
  say("sk-ab");
  publisher.publish(MessageDiscarded{.message_id = "other"}).value();
  EXPECT_EQ(events.size(), 1U);
  publisher.publish(MessageDiscarded{.message_id = "m"}).value();
  EXPECT_EQ(events.at(1).message(), "sk-ab");
  EXPECT_TRUE(events.at(2).is<MessageDiscarded>());
}

TEST_F(RedactedPublisher, ShowsWhatItHoldsBackBeforeACallIsReady) {
  publisher.publish(ToolCallDelta{"c", "{\"a\":\"sk-ab"}).value();
  publisher.publish(ToolCallDelta{"d", "sk-cd"}).value();
  publisher.publish(ToolCallReady{.call_id = "c"}).value();
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events.at(1).get_if<ToolCallDelta>()->delta, "sk-ab");
  EXPECT_EQ(events.at(1).get_if<ToolCallDelta>()->call_id, "c");
  EXPECT_TRUE(events.at(2).is<ToolCallReady>());
}

TEST_F(RedactedPublisher, ShowsWhatItHoldsBackBeforeACallBeginsOrAnAnswer) {
  publisher.publish(make_reasoning("think of sk-r", "m")).value();
  say("say s");
  publisher.publish(ToolCallBegin{.call_id = "c", .tool_name = "bash"}).value();
  EXPECT_EQ(text_of_all<ReasoningDelta>(), "think of sk-r");
  EXPECT_EQ(text_of_all<TokenDelta>(), "say s");
  EXPECT_TRUE(events.at(1).is<ReasoningDelta>());
  EXPECT_TRUE(events.back().is<ToolCallBegin>());
}

TEST_F(RedactedPublisher, KeepsTheOutputsOfToolsApart) {
  output(OutputStream::stdout_, "a sk-Abcdefghij");
  output(OutputStream::stderr_, "b ");
  output(OutputStream::stdout_, "other ", "d");
  output(OutputStream::stdout_, "klmnopqrstuvwx.");
  publisher.publish(ToolCallCompleted{.tool_name = "bash", .call_id = "c", .success = true})
      .value();
  EXPECT_EQ(text_of_all<ToolOutput>(), "a b other " + marker + ".");
}

TEST_F(RedactedPublisher, ShowsWhatItHoldsBackBeforeACallEnds) {
  output(OutputStream::stdout_, "sk-ab");
  output(OutputStream::stdout_, "sk-cd", "d");
  publisher.publish(ToolCallCancelled{.tool_name = "bash", .call_id = "c", .reason = "x"}).value();
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events.at(0).get_if<ToolOutput>()->text, "sk-ab");
  EXPECT_EQ(events.at(0).get_if<ToolOutput>()->tool_name, "bash");
  publisher.publish(RunCancelled{.reason = "x"}).value();
  ASSERT_EQ(events.size(), 4U);
  EXPECT_EQ(events.at(2).get_if<ToolOutput>()->text, "sk-cd");
}

TEST_F(RedactedPublisher, TakesEachProgressTextByItself) {
  output(OutputStream::progress, "phase a");
  output(OutputStream::progress, key);
  output(OutputStream::progress, "s");
  EXPECT_THAT(seen, ElementsAre("tool_output phase a", "tool_output " + marker, "tool_output s"));
}

TEST_F(RedactedPublisher, ShowsTheNumbersOfAPieceWhoseTextIsHeldBack) {
  ToolOutput piece;
  piece.call_id = "c";
  piece.text = "sk-ab";
  piece.data = json::object{{"line", 1}};
  publisher.publish(std::move(piece)).value();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events.at(0).get_if<ToolOutput>()->text, "");
}

TEST_F(RedactedPublisher, EndsEveryTextOfARunBeforeTheRunEnds) {
  const Publisher other = publisher.run({.session_id = "s", .run_id = "other"});
  other.publish(RunStarted{}).value();
  other.publish(make_token("sk-other", "m")).value();
  say("sk-ab");
  publisher.publish(RunFailed{.error = "x"}).value();
  EXPECT_EQ(events.at(1).message(), "sk-ab");
  EXPECT_TRUE(events.back().is<RunFailed>());
  other.publish(RunFailed{.error = "x"}).value();
  EXPECT_EQ(events.at(events.size() - 2).message(), "sk-other");
}

TEST_F(RedactedPublisher, HoldsABoundedNumberOfTexts) {
  for (int i = 0; i < 1025; ++i) say("sk-", std::to_string(i));
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events.at(0).get_if<TokenDelta>()->message_id, "0");
}

TEST_F(RedactedPublisher, MayBeUsedInsideItsOwnCallback) {
  int left = 3;
  Publisher again;
  const Publisher nested = Publisher({}, [&](const StreamEvent&) {
                             if (left-- > 0) again.publish(make_token("word s", "n")).value();
                           }).redacted(Redactor());
  again = nested;
  nested.publish(make_token("word s", "m")).value();
  EXPECT_EQ(left, -1);
}

}  // namespace
}  // namespace strandbus
