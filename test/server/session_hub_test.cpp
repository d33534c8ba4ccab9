// Sessions that are kept in a store: runs, commands, readers, and what happens when something ends.
#include "bus/trace_events.hpp"
#include "hub_fixture.hpp"

#include <gmock/gmock.h>

namespace strandbus::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// The events of a trace as a store has them, in a session of this id.
std::vector<StoredEvent> stored(const Trace& trace, const std::string& session_id) {
  std::vector<StoredEvent> events;
  for (StreamEvent event : trace) {
    RunContext context = event.context();
    context.session_id = session_id;
    event.set_context(std::make_shared<const RunContext>(std::move(context)));
    StoredEvent text;
    text.seq = event.seq();
    text.json = std::make_shared<const std::string>(to_json(event));
    events.push_back(std::move(text));
  }
  return events;
}

SessionMetadata named(const std::string& id) {
  SessionMetadata metadata;
  metadata.session_id = id;
  return metadata;
}

Errc code_of(const StoreError& error) { return static_cast<Errc>(error.code.value()); }

// Runs.

TEST_F(HubTest, GivesAReaderTheVeryTextsThatTheStoreHas) {
  const std::string id = make_session();
  ASSERT_TRUE(say(id, "12"));
  const auto items = read(id, behind(0));
  const auto kept = store_->events(id);
  ASSERT_EQ(items.size(), kept.size());
  EXPECT_EQ(seqs(items), from_to(1, 18));
  EXPECT_EQ(items.front().type, "session_created");
  for (std::size_t i = 0; i < items.size(); ++i) EXPECT_EQ(*items[i].json, *kept[i].json);
  expect_sound(id);
}

TEST_F(HubTest, RefusesAMessageWhileARunIsUnderWayOrQueuesIt) {
  const std::string id = make_session();
  ASSERT_TRUE(say(id, "1 hang"));
  const auto refused = say(id, "1");
  ASSERT_FALSE(refused);
  EXPECT_EQ(code_of(refused.error()), Errc::busy);
  const auto queued = say(id, "2", WhenBusy::queue);
  ASSERT_TRUE(queued);
  EXPECT_TRUE(queued->queued);
  EXPECT_EQ(wait(hub_->find(id)).value().queued, 1U);
  SessionCommand cancel;
  cancel.what = CancelCommand{.reason = "enough"};
  ASSERT_TRUE(tell(id, cancel));
  const auto items =
      read(id, behind(0), [](const FeedItem& item) { return item.type == "run_completed"; });
  EXPECT_EQ(seqs(items), from_to(1, items.size()));
  expect_sound(id);
}

TEST_F(HubTest, LimitsWhatRunsAndWhatWaits) {
  SessionHubOptions options;
  options.max_runs = 1;
  options.max_queued = 1;
  start_hub(std::move(options));
  const std::string first = make_session();
  const std::string second = make_session();
  ASSERT_TRUE(say(first, "1 hang"));
  const auto full = say(second, "1");
  ASSERT_FALSE(full);
  EXPECT_EQ(code_of(full.error()), Errc::limit_exceeded);
  ASSERT_TRUE(say(first, "1", WhenBusy::queue));
  const auto waiting = say(first, "1", WhenBusy::queue);
  ASSERT_FALSE(waiting);
  EXPECT_EQ(code_of(waiting.error()), Errc::limit_exceeded);
}

TEST_F(HubTest, SaysWhyAMessageGotNoRun) {
  const std::string id = make_session();
  ASSERT_TRUE(say(id, "throw"));
  const auto items = read(id, behind(0), [](const FeedItem& item) { return item.type == "error"; });
  EXPECT_THAT(*items.back().json, HasSubstr("this agent throws"));
  ASSERT_TRUE(say(id, "1"));  // and the session goes on
  read(id, behind(0));
}

TEST_F(HubTest, CarriesACommandOutOnce) {
  const std::string id = make_session();
  ASSERT_TRUE(say(id, "1 hang"));
  SessionCommand approve;
  approve.command_id = "c1";
  approve.what = ApproveCommand{.approval_id = "a1", .arguments = {}, .by = "Ann"};
  EXPECT_EQ(tell(id, approve).value(), CommandOutcome::accepted);
  EXPECT_EQ(tell(id, approve).value(), CommandOutcome::repeated);
  approve.command_id = "c2";
  approve.what = DenyCommand{.approval_id = "a2", .reason = "no", .by = "Ann"};
  EXPECT_EQ(tell(id, approve).value(), CommandOutcome::accepted);
  const std::lock_guard lock(talker_->mutex);
  EXPECT_THAT(talker_->commands, ElementsAre("approve a1 Ann", "deny a2 no"));
}

TEST_F(HubTest, KnowsNoOtherSessions) {
  EXPECT_EQ(code_of(say("none", "1").error()), Errc::session_unknown);
  EXPECT_EQ(code_of(tell("none", {}).error()), Errc::session_unknown);
  EXPECT_EQ(code_of(wait(hub_->feed("none", {})).error()), Errc::session_unknown);
  EXPECT_EQ(code_of(wait(hub_->snapshot("none")).error()), Errc::session_unknown);
  EXPECT_EQ(code_of(wait(hub_->remove("none")).error()), Errc::session_unknown);
  EXPECT_EQ(hub_->stats().loaded, 0U);
}

// Readers.

TEST_F(HubTest, ShowsNothingThatIsNotDurable) {
  const std::string id = make_session();
  read(id, behind(0), [](const FeedItem&) { return true; });
  store_->hold();
  ASSERT_TRUE(say(id, "3"));
  FeedOptions live = behind(0);
  live.finite = true;
  auto opened = wait(hub_->feed(id, live));
  SessionFeed feed = std::move(opened).value();
  EXPECT_EQ(wait(feed.next(std::chrono::seconds(30))).size(), 1U);
  EXPECT_THROW(wait(feed.next(std::chrono::seconds(30))), system_error);
  store_->release();
  EXPECT_EQ(read(id, behind(0)).size(), 9U);
}

TEST_F(HubTest, KnowsTheEndOfARunThatIsNotRunningAnyMore) {
  const std::string id = make_session();
  read(id, behind(0), [](const FeedItem&) { return true; });
  store_->hold();
  ASSERT_TRUE(say(id, "3"));
  while (wait(hub_->find(id))->running) std::this_thread::yield();
  auto state = asio::co_spawn(asio::make_strand(io_), hub_->state(id), asio::use_future);
  auto text = asio::co_spawn(asio::make_strand(io_), hub_->snapshot(id), asio::use_future);
  CancelCommand nothing;
  SessionCommand last;
  last.what = std::move(nothing);
  tell(id, std::move(last));  // by now both have been asked
  store_->release();
  const StoreResult<SessionState> present = state.get();
  EXPECT_TRUE(present->runs.empty());
  EXPECT_EQ(present->last_seq, 9U);
  const StoreResult<std::string> same = text.get();
  EXPECT_THAT(*same, ::testing::HasSubstr(R"("last_seq":9)"));
}

TEST_F(HubTest, AnswersForItsStateWhenTheStoreHasFailed) {
  const std::string id = make_session();
  read(id, behind(0), [](const FeedItem&) { return true; });
  store_->hold();
  ASSERT_TRUE(say(id, "3"));
  while (wait(hub_->find(id))->running) std::this_thread::yield();
  auto state = asio::co_spawn(asio::make_strand(io_), hub_->state(id), asio::use_future);
  store_->fail();
  store_->release();
  EXPECT_EQ(state.get()->last_seq, 1U);  // that which is durable
}

TEST_F(HubTest, ReadsFromTheStoreWhatTheMemoryDoesNotKeep) {
  SessionHubOptions options;
  options.history = 4;
  start_hub(std::move(options));
  const std::string id = make_session();
  ASSERT_TRUE(say(id, "2000"));
  for (const std::uint64_t after : {0U, 1U, 700U, 2000U}) {
    const auto items = read(id, behind(after));
    EXPECT_EQ(seqs(items), from_to(after + 1, 2006)) << after;
  }
}

TEST_F(HubTest, AsksTheStoreNothingThatTheMemoryHas) {
  const std::string id = make_session();
  ASSERT_TRUE(say(id, "12"));
  read(id, behind(0));
  for (std::uint64_t seq = 1; seq <= 18; ++seq) store_->damage(id, seq);
  for (std::uint64_t after = 0; after < 18; ++after)
    EXPECT_EQ(seqs(read(id, behind(after))), from_to(after + 1, 18));
}

TEST_F(HubTest, JoinsThePastToThePresentWithoutAHole) {
  SessionHubOptions options;
  options.history = 8;
  start_hub(std::move(options));
  const std::string id = make_session();
  std::vector<std::future<std::vector<FeedItem>>> readers;
  ASSERT_TRUE(say(id, "5000"));
  for (int i = 0; i < 8; ++i) {
    readers.push_back(asio::co_spawn(
        asio::make_strand(io_), read_until(*hub_, id, behind(0), at_end_of_run), asio::use_future));
  }
  for (auto& reader : readers) EXPECT_EQ(seqs(reader.get()), from_to(1, 5006));
}

TEST_F(HubTest, GivesAFilteredReaderWhatPassesWhereverItIs) {
  SessionHubOptions options;
  options.history = 4;
  start_hub(std::move(options));
  const std::string id = make_session();
  ASSERT_TRUE(say(id, "500"));
  read(id, behind(0));
  FeedOptions only = behind(0);
  only.filter.types(
      {EventType::session_created, EventType::model_started, EventType::run_completed});
  const auto items = read(id, only);
  EXPECT_EQ(seqs(items), (std::vector<std::uint64_t>{1, 4, 506}));
}

TEST_F(HubTest, GivesTheRunToAReaderThatComesBeforeItIsDurable) {
  store_->hold();
  const std::string id = make_session();
  const std::uint64_t after = say(id, "3").value().after;
  EXPECT_EQ(after, 1U);
  SessionFeed feed = wait(hub_->feed(id, behind(after))).value();
  store_->release();
  std::vector<FeedItem> items;
  while (items.empty() || !at_end_of_run(items.back())) {
    for (FeedItem& item : wait(feed.next(std::chrono::seconds(30)))) items.push_back(item);
  }
  EXPECT_EQ(seqs(items), from_to(2, 9));
}

TEST_F(HubTest, DoesNotResetAReaderThatAskedHowFarTheSessionIs) {
  store_->hold_answers();
  const std::string id = make_session();
  while (store_->events(id).empty()) std::this_thread::yield();
  const std::uint64_t after = wait(hub_->find(id)).value().summary.last_seq;
  EXPECT_EQ(after, 1U);
  SessionFeed feed = wait(hub_->feed(id, behind(after))).value();
  store_->release();
  ASSERT_TRUE(say(id, "1"));
  std::vector<FeedItem> items;
  while (items.empty() || !at_end_of_run(items.back())) {
    for (FeedItem& item : wait(feed.next(std::chrono::seconds(30)))) items.push_back(item);
  }
  EXPECT_EQ(seqs(items), from_to(2, 7));
}

TEST_F(HubTest, MergesDeltasForAReaderThatAsks) {
  const std::string id = make_session();
  read(id, behind(0), [](const FeedItem&) { return true; });
  FeedOptions merged = behind(1);
  merged.coalesce = std::chrono::milliseconds(50);
  auto reader = asio::co_spawn(asio::make_strand(io_), read_until(*hub_, id, merged, at_end_of_run),
                               asio::use_future);
  ASSERT_TRUE(say(id, "200"));
  std::string text;
  std::string wanted;
  for (int i = 0; i < 200; ++i) wanted += std::to_string(i) + ' ';
  for (const FeedItem& item : reader.get()) {
    const StreamEvent event = from_json(*item.json).value();
    if (const auto* delta = event.get_if<TokenDelta>()) text += delta->text;
    if (const auto* delta = event.get_if<AssistantDelta>()) text += delta->text;
  }
  EXPECT_EQ(text, wanted);
}

TEST_F(HubTest, ResetsAReaderFromAnotherHistory) {
  const std::string id = make_session();
  ASSERT_TRUE(say(id, "1"));
  read(id, behind(0));
  const auto items = read(id, behind(1000));
  EXPECT_EQ(items.front().type, "reset");
  EXPECT_EQ(*items.front().json, R"({"_type":"reset","last_seq":7})");
  EXPECT_EQ(seqs({items.begin() + 1, items.end()}), from_to(1, 7));
}

TEST_F(HubTest, SaysWhatIsDamagedAndGoesOnBehindIt) {
  SessionHubOptions options;
  options.history = 2;
  start_hub(std::move(options));
  const std::string id = make_session();
  ASSERT_TRUE(say(id, "10"));
  read(id, behind(0));
  store_->damage(id, 5);
  store_->damage(id, 6);
  std::vector<std::string> gaps;
  for (const FeedItem& item : read(id, behind(0))) {
    if (item.type == "gap") gaps.push_back(*item.json);
  }
  EXPECT_THAT(gaps, ElementsAre(R"({"_type":"gap","after":4,"missed":1})",
                                R"({"_type":"gap","after":5,"missed":1})"));
}

TEST_F(HubTest, EndsAFiniteReaderAtTheNewestEvent) {
  const std::string id = make_session();
  ASSERT_TRUE(say(id, "3"));
  read(id, behind(0));
  FeedOptions finite = behind(2);
  finite.finite = true;
  // A reader may have an event a moment before the log's head has moved to it.
  std::vector<std::uint64_t> seen;
  while (seen.size() < 7) {
    SessionFeed feed = wait(hub_->feed(id, finite)).value();
    seen = seqs(wait(feed.next(std::chrono::seconds(30))));
    ASSERT_EQ(seen, from_to(3, 2 + seen.size()));
    try {
      wait(feed.next(std::chrono::seconds(30)));
      ADD_FAILURE() << "it goes on";
    } catch (const system_error& error) {
      EXPECT_EQ(error.code(), Errc::closed);
    }
  }
  EXPECT_EQ(seen, from_to(3, 9));
}

TEST_F(HubTest, TellsAReaderThatThereIsNothingNew) {
  const std::string id = make_session();
  read(id, behind(0), [](const FeedItem&) { return true; });
  SessionFeed feed = wait(hub_->feed(id, {})).value();
  EXPECT_TRUE(wait(feed.next(std::chrono::milliseconds(1))).empty());
  EXPECT_EQ(wait(hub_->find(id)).value().readers, 1U);
}

TEST_F(HubTest, GivesAnImpatientReaderEverythingToo) {
  const std::string id = make_session();
  const auto reading = [](SessionFeed feed) -> asio::awaitable<std::vector<FeedItem>> {
    std::vector<FeedItem> items;
    while (items.empty() || !at_end_of_run(items.back())) {
      // The end of its patience and an event come at about the same time, again and again.
      for (FeedItem& item : co_await feed.next(std::chrono::milliseconds(0)))
        items.push_back(std::move(item));
    }
    co_return items;
  };
  std::uint64_t last = 0;
  for (int round = 0; round < 20; ++round) {
    SessionFeed feed = wait(hub_->feed(id, behind(last))).value();
    ASSERT_TRUE(say(id, "300", WhenBusy::queue));
    const std::vector<FeedItem> items = wait(reading(std::move(feed)));
    EXPECT_EQ(seqs(items), from_to(last + 1, last + items.size()));
    last += items.size();
  }
}

TEST_F(HubTest, GivesWhatTheMemoryDidNotKeepAlsoWhenTheSessionEnds) {
  SessionHubOptions options;
  options.history = 16;
  start_hub(std::move(options));
  const std::string id = make_session();
  FeedOptions starts = behind(0);
  starts.filter.types({EventType::run_started});
  SessionFeed feed = wait(hub_->feed(id, std::move(starts))).value();
  ASSERT_TRUE(say(id, "300"));
  read(id, behind(0));
  wait(hub_->drain(std::chrono::steady_clock::now()));
  const auto items = wait(feed.next(std::chrono::seconds(30)));
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(items[0].type, "run_started");
  EXPECT_THROW(wait(feed.next(std::chrono::seconds(30))), system_error);
}

TEST_F(HubTest, DrawsThePresent) {
  const std::string id = make_session();
  ASSERT_TRUE(say(id, "2 hang"));
  read(id, behind(0), [](const FeedItem& item) { return item.seq == 6; });
  EXPECT_THAT(wait(hub_->snapshot(id)).value(), HasSubstr(R"("last_seq":6)"));
}

// Ends.

TEST_F(HubTest, GoesOnWithTheNextSeqWhenASessionComesBack) {
  const std::string id = make_session();
  ASSERT_TRUE(say(id, "1"));
  read(id, behind(0));
  start_hub();
  EXPECT_EQ(hub_->stats().loaded, 0U);
  ASSERT_TRUE(say(id, "2"));
  const auto items = read(id, behind(7));
  EXPECT_EQ(items[0].type, "session_closed");
  EXPECT_EQ(items[1].type, "session_restored");
  EXPECT_EQ(seqs(items), from_to(8, 16));
  expect_sound(id);
  const std::lock_guard lock(talker_->mutex);
  EXPECT_THAT(talker_->before, ElementsAre("1"));
}

TEST_F(HubTest, LookingAtASessionAddsNothingToIt) {
  const std::string id = make_session();
  ASSERT_TRUE(say(id, "1"));
  read(id, behind(0));
  start_hub();
  EXPECT_EQ(read(id, behind(0)).size(), 7U);
  ASSERT_TRUE(wait(hub_->snapshot(id)));
  start_hub();
  EXPECT_EQ(store_->events(id).size(), 8U);  // with the session_closed of the first one
}

TEST_F(HubTest, PutsInOrderWhatAnotherProcessHasLeftOpenWhereverItWasKilled) {
  const Trace whole = full_trace();
  for (std::size_t kept = 1; kept < whole.size(); ++kept) {
    const std::string id = "cut" + std::to_string(kept);
    const Trace cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(kept));
    store_->put(named(id), stored(cut, id));
    ASSERT_TRUE(say(id, "1")) << kept;
    read(id, behind(kept));
    expect_sound(id);
    if (HasFailure()) FAIL() << "cut after " << kept;
  }
}

TEST_F(HubTest, TellsEverybodyWhenTheStoreFails) {
  const std::string id = make_session();
  ASSERT_TRUE(say(id, "1 hang"));
  read(id, behind(0), [](const FeedItem& item) { return item.seq == 5; });
  SessionFeed feed = wait(hub_->feed(id, {})).value();
  store_->fail();
  SessionCommand cancel;
  cancel.what = CancelCommand{};
  ASSERT_TRUE(tell(id, cancel));
  try {
    wait(feed.next(std::chrono::seconds(30)));
    ADD_FAILURE() << "the reader was told nothing";
  } catch (const system_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("the disk is full"));
  }
  EXPECT_EQ(code_of(say(id, "1").error()), Errc::store_failed);
}

TEST_F(HubTest, CancelsWhatRunsWhenItIsDrained) {
  const std::string id = make_session();
  ASSERT_TRUE(say(id, "12 hang"));
  auto reader = asio::co_spawn(asio::make_strand(io_),
                               read_until(*hub_, id, behind(0), at_end_of_run), asio::use_future);
  while (hub_->stats().readers == 0) std::this_thread::yield();
  wait(hub_->drain(std::chrono::steady_clock::now()));
  EXPECT_EQ(reader.get().back().type, "run_cancelled");
  expect_sound(id);
  EXPECT_EQ(code_of(say(id, "1").error()), Errc::closed);
  EXPECT_TRUE(store_->open(id)) << "the session was not let go";
}

TEST_F(HubTest, RemovesASessionThatRuns) {
  const std::string id = make_session();
  ASSERT_TRUE(say(id, "1 hang"));
  SessionFeed feed = wait(hub_->feed(id, {})).value();
  ASSERT_TRUE(wait(hub_->remove(id)));
  EXPECT_EQ(code_of(wait(hub_->find(id)).error()), Errc::session_unknown);
  try {
    for (;;) wait(feed.next(std::chrono::seconds(30)));
  } catch (const system_error& error) {
    EXPECT_EQ(error.code(), Errc::session_unknown);
  }
}

TEST_F(HubTest, LetsSessionsGoThatNobodyUsesToMakeRoom) {
  SessionHubOptions options;
  options.max_loaded = 2;
  start_hub(std::move(options));
  const std::string first = make_session();
  const std::string second = make_session();
  ASSERT_TRUE(say(second, "1 hang"));
  const std::string third = make_session();
  EXPECT_FALSE(wait(hub_->find(first)).value().loaded);
  EXPECT_TRUE(wait(hub_->find(second)).value().loaded);
  SessionFeed feed = wait(hub_->feed(third, {})).value();
  const auto full = say(first, "1");
  ASSERT_FALSE(full);
  EXPECT_EQ(code_of(full.error()), Errc::limit_exceeded);
}

TEST_F(HubTest, RefusesOptionsThatCannotBe) {
  SessionHubOptions options;
  options.history = 0;
  EXPECT_THROW(start_hub(options), std::invalid_argument);
}

// Forks.

SessionFork fork_at(std::uint64_t at) {
  SessionFork wanted;
  wanted.at = at;
  return wanted;
}

TEST_F(HubTest, ForksASessionWhoseRunGoesOn) {
  const std::string id = make_session();
  ASSERT_TRUE(say(id, "12 hang"));
  read(id, behind(0), [](const FeedItem& item) { return item.seq == 8; });
  const auto fork = wait(hub_->fork(id, fork_at(7))).value();
  const std::string other = fork.summary.metadata.session_id;
  EXPECT_EQ(fork.summary.metadata.forked_from, id);
  EXPECT_EQ(fork.summary.last_seq, 6U);
  EXPECT_FALSE(fork.running);

  // Its open run is ended, and it takes messages; those of its past are known to the agent.
  const auto ended = read(other, behind(0));
  EXPECT_EQ(ended.back().type, "run_failed");
  EXPECT_EQ(seqs(ended), from_to(1, ended.size()));
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(*ended[i].json, *store_->events(id)[i].json);
  ASSERT_TRUE(say(other, "2"));
  read(other, behind(*ended.back().seq));
  expect_sound(other);
  EXPECT_THAT(talker_->before, ::testing::Contains("12 hang"));
  EXPECT_THAT(wait(hub_->snapshot(other)).value(), HasSubstr("\"" + other + "\""));

  SessionCommand cancel;
  cancel.what = CancelCommand();
  EXPECT_TRUE(tell(id, cancel));
  read(id, behind(0));
  expect_sound(id);
}

TEST_F(HubTest, ForksAWholeSessionAndAForkOfIt) {
  const std::string id = make_session();
  ASSERT_TRUE(say(id, "2"));
  read(id, behind(0));
  SessionFork wanted;
  wanted.title = "another way";
  const auto fork = wait(hub_->fork(id, wanted)).value();
  EXPECT_EQ(fork.summary.metadata.title, "another way");
  EXPECT_EQ(fork.summary.last_seq, store_->find(id).value().last_seq);
  const std::string other = fork.summary.metadata.session_id;
  ASSERT_TRUE(say(other, "3"));
  const auto run = read(other, behind(fork.summary.last_seq));
  const auto again = wait(hub_->fork(other, fork_at(*run.back().seq))).value();
  const std::string third = again.summary.metadata.session_id;
  ASSERT_TRUE(say(third, "1"));
  read(third, behind(again.summary.last_seq),
       [](const FeedItem& item) { return item.type == "run_completed"; });
  expect_sound(other);
  expect_sound(third);
}

TEST_F(HubTest, RefusesAForkThatTheStoreRefuses) {
  const std::string id = make_session();
  ASSERT_TRUE(say(id, "2"));
  read(id, behind(0));
  EXPECT_EQ(code_of(wait(hub_->fork(id, fork_at(1000))).error()), Errc::seq_unknown);
  EXPECT_EQ(code_of(wait(hub_->fork("nobody", {})).error()), Errc::session_unknown);
  wait(hub_->drain(std::chrono::steady_clock::now()));
  EXPECT_EQ(code_of(wait(hub_->fork(id, {})).error()), Errc::closed);
}

}  // namespace
}  // namespace strandbus::test
