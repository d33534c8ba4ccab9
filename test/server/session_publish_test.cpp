// Agents in other processes, which publish into sessions of ours.
#include "bus/trace_events.hpp"
#include "hub_fixture.hpp"

#include <gmock/gmock.h>

#include <set>

namespace strandbus::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view key = "sk-Abcdefghijklmnopqrstuvwx";

class PublishTest : public HubTest {
 protected:
  ~PublishTest() override {
    killed_.clear();
    store_->release();
  }

  StoreResult<Published> publish(const std::string& id, Trace events) {
    return wait(hub_->publish(id, std::move(events)));
  }
  std::future<Caught<StoreResult<Published>>> publish_meanwhile(const std::string& id,
                                                                Trace events) {
    return asio::co_spawn(asio::make_strand(io_), caught(hub_->publish(id, std::move(events))),
                          asio::use_future);
  }

  /// The process is killed and another one comes: what is in the store is all that is left.
  void restart_after_kill(const std::string& id) {
    SessionMetadata metadata;
    metadata.session_id = id;
    store_->put(metadata, store_->events(id));
    killed_.push_back(std::move(hub_));
    start_hub();
  }

  Trace kept(const std::string& id) const {
    Trace events;
    for (const StoredEvent& stored : store_->events(id))
      events.push_back(from_json(*stored.json).value());
    return events;
  }
  std::vector<std::string> types(const std::string& id) const {
    std::vector<std::string> types;
    for (const StreamEvent& event : kept(id)) types.emplace_back(event.wire_type());
    return types;
  }
  /// How often each id of a trace is in the store.
  void expect_once_each(const std::string& id, const Trace& sent) const {
    std::multiset<EventId> ids;
    for (const StreamEvent& event : kept(id)) ids.insert(event.id());
    for (const StreamEvent& event : sent) EXPECT_EQ(ids.count(event.id()), 1U);
  }

  static Trace part(const Trace& whole, std::size_t from, std::size_t to) {
    return {whole.begin() + static_cast<std::ptrdiff_t>(from),
            whole.begin() + static_cast<std::ptrdiff_t>(to)};
  }
  static Trace notices(std::size_t count, const std::string& text = "n") {
    Trace events;
    for (std::size_t i = 0; i < count; ++i)
      events.emplace_back(SystemNotice{.subsystem = "other", .message = text});
    return restamped(std::move(events));
  }
  /// Pieces of a text in a run that stays open.
  static Trace pieces(const std::vector<std::string>& texts) {
    RunContext context;
    context.run_id = "theirs";
    const auto shared = std::make_shared<const RunContext>(std::move(context));
    Trace events;
    events.emplace_back(RunStarted{.provider = "p", .model = "m"}, shared);
    for (const std::string& text : texts)
      events.emplace_back(TokenDelta{.text = text, .message_id = "m"}, shared);
    return restamped(std::move(events));
  }
  std::string text_of(const std::string& id) const {
    std::string text;
    for (const StreamEvent& event : kept(id)) {
      if (const auto* const delta = event.get_if<TokenDelta>()) text += delta->text;
    }
    return text;
  }

  std::vector<std::unique_ptr<SessionHub>> killed_;
};

Errc code_of(const StoreError& error) { return static_cast<Errc>(error.code.value()); }

TEST_F(PublishTest, GivesReadersTheEventsInOrderAndAsTheyAre) {
  const std::string id = make_session();
  const Trace sent = full_trace();
  auto reader =
      asio::co_spawn(asio::make_strand(io_),
                     read_until(*hub_, id, behind(1),
                                [&](const FeedItem& item) { return item.seq == sent.size() + 1; }),
                     asio::use_future);
  auto published = publish(id, sent);
  ASSERT_TRUE(published) << published.error().message;
  EXPECT_EQ(published->accepted, sent.size());
  EXPECT_EQ(published->repeated, 0U);
  EXPECT_EQ(published->after, 1U);
  EXPECT_FALSE(published->refused);
  const auto items = reader.get();
  EXPECT_EQ(seqs(items), from_to(2, sent.size() + 1));
  for (std::size_t i = 0; i < sent.size(); ++i) {
    const StreamEvent event = from_json(*items[i].json).value();
    EXPECT_EQ(event.id(), sent[i].id());
    EXPECT_EQ(event.run_id(), sent[i].run_id());
    EXPECT_EQ(event.agent(), sent[i].agent());
    EXPECT_EQ(event.turn(), sent[i].turn());
    EXPECT_EQ(event.span_id(), sent[i].span_id());
    EXPECT_EQ(event.session_id(), id);
    EXPECT_EQ(payload_to_json(event), payload_to_json(sent[i]));
  }
  expect_sound(id);
}

TEST_F(PublishTest, TakesAnEventOnceHoweverOftenItIsSent) {
  const std::string id = make_session();
  const Trace sent = full_trace();
  Trace twice = sent;
  twice.insert(twice.begin() + 3, sent[2]);
  twice.push_back(sent[0]);
  const Published first = publish(id, twice).value();
  EXPECT_EQ(first.accepted, sent.size());
  EXPECT_EQ(first.repeated, 2U);
  const Published second = publish(id, sent).value();
  EXPECT_EQ(second.accepted, 0U);
  EXPECT_EQ(second.repeated, sent.size());
  EXPECT_EQ(second.after, sent.size() + 1);
  start_hub();
  EXPECT_EQ(publish(id, sent).value().repeated, sent.size());
  restart_after_kill(id);
  EXPECT_EQ(publish(id, sent).value().repeated, sent.size());
  expect_once_each(id, sent);
}

TEST_F(PublishTest, RepeatsNothingOfWhatTheSessionItselfHasSaid) {
  const std::string id = make_session();
  ASSERT_TRUE(say(id, "3"));
  read(id, behind(0));
  const Trace own = part(kept(id), 1, 9);
  EXPECT_EQ(publish(id, own).value().repeated, 8U);
  EXPECT_EQ(store_->events(id).size(), 9U);
}

TEST_F(PublishTest, ARunGoesOnAfterTheServerWasKilledWhereverThatWas) {
  const Trace sent = full_trace();
  for (std::size_t cut = 1; cut < sent.size(); cut += 3) {
    const std::string id = make_session();
    ASSERT_TRUE(publish(id, part(sent, 0, cut)));
    restart_after_kill(id);
    const auto rest = publish(id, sent);
    ASSERT_TRUE(rest) << rest.error().message;
    ASSERT_FALSE(rest->refused) << cut << ": " << rest->refused->message;
    EXPECT_EQ(rest->repeated, cut);
    expect_once_each(id, sent);
    expect_sound(id);
    if (HasFailure()) FAIL() << "cut after " << cut;
  }
}

TEST_F(PublishTest, ARunGoesOnAfterItsSessionWasPutAway) {
  const std::string id = make_session();
  ASSERT_TRUE(publish(id, pieces({"use ", "sk-ab"})));
  start_hub();
  EXPECT_EQ(text_of(id), "use sk-ab");
  EXPECT_THAT(types(id), Not(::testing::Contains("session_closed")));
  Trace more = pieces({"use ", "sk-ab", " or not"});
  more.emplace_back(RunCompleted(), more.back().shared_context());
  more = restamped(std::move(more));
  const Published rest = publish(id, more).value();
  EXPECT_EQ(rest.repeated, 3U);
  EXPECT_EQ(rest.accepted, 2U);
  EXPECT_FALSE(rest.refused);
  start_hub();
  EXPECT_EQ(text_of(id), "use sk-ab or not");
  EXPECT_EQ(types(id).back(), "session_closed");
}

TEST_F(PublishTest, EndsOnlyOurRunsWhenTheServerWasKilled) {
  const std::string id = make_session();
  ASSERT_TRUE(say(id, "1 hang"));
  read(id, behind(0), [](const FeedItem& item) { return item.type == "token_delta"; });
  ASSERT_TRUE(publish(id, pieces({"one"})));
  restart_after_kill(id);
  const Trace more = pieces({"one", " two"});
  EXPECT_EQ(publish(id, more).value().accepted, 1U);
  std::vector<std::string> ended;
  for (const StreamEvent& event : kept(id)) {
    if (event.is_terminal()) ended.push_back(event.agent());
  }
  EXPECT_THAT(ended, ElementsAre("talker"));
  EXPECT_THAT(types(id), Not(::testing::Contains("session_restored")));
}

TEST_F(PublishTest, StopsAtTheFirstEventThatTheRunRuleRefuses) {
  const std::string id = make_session();
  Trace sent = full_trace();
  const std::size_t end = place_of<RunCompleted>(sent);
  sent.insert(sent.begin() + static_cast<std::ptrdiff_t>(end) + 1, sent[end - 1]);
  sent = restamped(std::move(sent));
  const Published published = publish(id, sent).value();
  EXPECT_EQ(published.accepted, end + 1);
  ASSERT_TRUE(published.refused);
  EXPECT_EQ(code_of(*published.refused), Errc::run_not_open);
  EXPECT_THAT(published.refused->message, HasSubstr("/run_id: the run"));
  EXPECT_EQ(store_->events(id).size(), end + 2);
  sent.erase(sent.begin() + static_cast<std::ptrdiff_t>(end) + 1);  // and the sender goes on
  const Published rest = publish(id, sent).value();
  EXPECT_EQ(rest.repeated, end + 1);
  EXPECT_FALSE(rest.refused);
  expect_sound(id);
}

TEST_F(PublishTest, RefusesToBeginARunAgain) {
  const std::string id = make_session();
  ASSERT_TRUE(publish(id, pieces({})));
  Trace again = pieces({"a"});
  again.erase(again.begin() + 1);
  again[0].set_stamp(1, EventId{7, 7}, Timestamp());
  EXPECT_EQ(code_of(*publish(id, again).value().refused), Errc::run_not_open);
  restart_after_kill(id);
  EXPECT_EQ(code_of(*publish(id, again).value().refused), Errc::run_not_open);
}

TEST_F(PublishTest, KeepsOutOfTheRunsOfOurAgents) {
  const std::string id = make_session();
  ASSERT_TRUE(say(id, "1 hang"));
  read(id, behind(0), [](const FeedItem& item) { return item.type == "token_delta"; });
  const StreamEvent own = kept(id).back();
  StreamEvent end(RunCompleted(), own.shared_context());
  end.set_stamp(1, EventId{7, 7}, Timestamp());
  EXPECT_EQ(code_of(*publish(id, {end}).value().refused), Errc::run_not_open);
  // A run of its own is welcome meanwhile.
  EXPECT_FALSE(publish(id, full_trace()).value().refused);
  SessionCommand cancel;
  cancel.what = CancelCommand{};
  ASSERT_TRUE(tell(id, cancel));
  read(id, behind(0), [](const FeedItem& item) { return item.type == "run_cancelled"; });
  expect_sound(id);
}

TEST_F(PublishTest, KeepsTheirMessagesOutOfTheConversationOfOurAgent) {
  const std::string id = make_session();
  ASSERT_TRUE(publish(id, full_trace()));
  for (const char* message : {"1", "2"}) {
    const std::uint64_t after = say(id, message).value().after;
    read(id, behind(after), [](const FeedItem& item) { return item.type == "run_completed"; });
    start_hub();
  }
  const std::uint64_t after = say(id, "3").value().after;
  read(id, behind(after), [](const FeedItem& item) { return item.type == "run_completed"; });
  const std::lock_guard lock(talker_->mutex);
  EXPECT_THAT(talker_->before, ElementsAre("1", "2"));
}

TEST_F(PublishTest, AnswersOnlyWhenTheEventsAreDurable) {
  const std::string id = make_session();
  ASSERT_TRUE(publish(id, notices(1)));
  store_->hold();
  Trace more = notices(3);
  more.erase(more.begin());
  auto first = publish_meanwhile(id, more);
  auto second = publish_meanwhile(id, more);  // what is repeated must be durable as well
  store_->fail();
  store_->release();
  for (auto* answer : {&first, &second}) {
    const auto published = answer->get().value.value();
    ASSERT_FALSE(published) << "acknowledged, and lost";
    EXPECT_EQ(code_of(published.error()), Errc::store_failed);
    EXPECT_THAT(published.error().message, HasSubstr("the disk is full"));
  }
  EXPECT_EQ(code_of(publish(id, more).error()), Errc::store_failed);
  EXPECT_EQ(store_->events(id).size(), 2U);
}

TEST_F(PublishTest, TakesMoreThanTheMemoryKeeps) {
  const std::string id = make_session();
  store_->hold();
  auto answer = publish_meanwhile(id, notices(6000));
  store_->release();
  EXPECT_EQ(answer.get().value.value().value().accepted, 6000U);
  EXPECT_EQ(store_->events(id).size(), 6001U);
  expect_sound(id);
}

TEST_F(PublishTest, KeepsEachSendersOrder) {
  const std::string id = make_session();
  std::vector<std::future<Caught<StoreResult<Published>>>> answers;
  for (std::uint64_t sender = 0; sender < 4; ++sender) {
    Trace events = notices(500, std::to_string(sender));
    for (StreamEvent& event : events)
      event.set_stamp(1, EventId{sender, event.id().low}, event.ts());
    answers.push_back(publish_meanwhile(id, std::move(events)));
  }
  for (auto& answer : answers) EXPECT_EQ(answer.get().value.value().value().accepted, 500U);
  std::map<std::uint64_t, std::uint64_t> newest;
  for (const StreamEvent& event : part(kept(id), 1, 2001)) {
    EXPECT_GT(event.id().low, newest[event.id().high]);
    newest[event.id().high] = event.id().low;
  }
}

TEST_F(PublishTest, LetsNoSecretThroughThatIsSplitOverRequests) {
  const std::string id = make_session();
  const Trace sent = pieces({"use " + std::string(key.substr(0, 9)), std::string(key.substr(9, 9)),
                             std::string(key.substr(18)) + " now"});
  for (const StreamEvent& event : sent) EXPECT_EQ(publish(id, {event}).value().accepted, 1U);
  EXPECT_EQ(text_of(id), "use [redacted-openai-key] now");
  expect_once_each(id, sent);
  ASSERT_TRUE(publish(id, notices(1, "it is " + std::string(key))));
  for (const StoredEvent& stored : store_->events(id))
    EXPECT_THAT(*stored.json, Not(HasSubstr("Abcdefgh")));
}

TEST_F(PublishTest, RefusesWhatOnlyTheSessionItselfSays) {
  const std::string id = make_session();
  Trace sent = notices(2);
  sent.insert(sent.begin() + 1, StreamEvent(SessionClosed()));
  const Published published = publish(id, restamped(sent)).value();
  EXPECT_EQ(published.accepted, 1U);
  EXPECT_EQ(code_of(*published.refused), Errc::invalid_event);
}

TEST_F(PublishTest, KnowsNoOtherSessionsAndTakesNothingAtTheEnd) {
  EXPECT_EQ(code_of(publish("none", notices(1)).error()), Errc::session_unknown);
  const std::string id = make_session();
  EXPECT_EQ(publish(id, {}).value().accepted, 0U);
  wait(hub_->drain(std::chrono::steady_clock::now()));
  EXPECT_EQ(code_of(publish(id, notices(1)).error()), Errc::closed);
}

TEST_F(PublishTest, SaysThatTheSessionWasRestoredWhereNoRunIsOpen) {
  const std::string id = make_session();
  ASSERT_TRUE(publish(id, notices(1)));
  start_hub();
  ASSERT_TRUE(publish(id, notices(1)));
  EXPECT_THAT(types(id), ElementsAre("session_created", "system_notice", "session_closed"));
  ASSERT_TRUE(publish(id, notices(2)));
  EXPECT_THAT(types(id), ElementsAre("session_created", "system_notice", "session_closed",
                                     "session_restored", "system_notice"));
}

}  // namespace
}  // namespace strandbus::test
