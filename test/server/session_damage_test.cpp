// Sessions whose store has lost events: what is readable goes on, what is not is a gap.
#include "hub_fixture.hpp"
#include "strandbus/store/sqlite_store.hpp"
#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <sqlite3.h>

namespace strandbus::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SessionDamage : public HubTest {
 protected:
  /// A session with one run, of the events 1 to 7 and a session_closed, which nobody has loaded.
  std::string make_past() {
    const std::string id = make_session();
    EXPECT_TRUE(say(id, "1"));
    read(id, behind(0));
    start_again();
    EXPECT_EQ(store_->events(id).size(), 8U);
    return id;
  }

  /// A hub that writes down what it warns of.
  void start_again() {
    SessionHubOptions options;
    options.logger = Logger(LogLevel::warning, [log = log_](LogLevel, std::string_view line) {
      const std::lock_guard lock(log->mutex);
      log->lines.emplace_back(line);
    });
    start_hub(std::move(options));
  }
  std::vector<std::string> warnings() const {
    const std::lock_guard lock(log_->mutex);
    return log_->lines;
  }

  /// Seqs of events, and what else a reader was told in between.
  static std::vector<std::string> shown(const std::vector<FeedItem>& items) {
    std::vector<std::string> all;
    for (const FeedItem& item : items)
      all.push_back(item.seq ? std::to_string(*item.seq) : *item.json);
    return all;
  }
  static std::string gap(std::uint64_t after) {
    return R"({"_type":"gap","after":)" + std::to_string(after) + R"(,"missed":1})";
  }
  std::vector<std::string> messages_before() const {
    const std::lock_guard lock(talker_->mutex);
    return talker_->before;
  }

  /// The same from a finite reader, to its end.
  std::vector<std::string> shown_now(const std::string& id) {
    FeedOptions options = behind(0);
    options.finite = true;
    SessionFeed feed = wait(hub_->feed(id, options)).value();
    return shown(wait(feed.next(std::chrono::seconds(30))));
  }

 private:
  struct Log {
    std::mutex mutex;
    std::vector<std::string> lines;
  };
  const std::shared_ptr<Log> log_ = std::make_shared<Log>();
};

TEST_F(SessionDamage, LeavesAGapAndNothingElse) {
  const std::string id = make_past();
  store_->damage(id, 4);
  store_->damage(id, 5);
  EXPECT_THAT(shown_now(id), ElementsAre("1", "2", "3", gap(3), gap(4), "6", "7", "8"));
  ASSERT_TRUE(say(id, "0"));
  EXPECT_EQ(seqs(read(id, behind(8))), from_to(9, 14));
  EXPECT_THAT(messages_before(), ElementsAre("1"));
  EXPECT_THAT(warnings(), ElementsAre("session " + id +
                                      ": events 4 to 5 cannot be read; the "
                                      "session goes on without what was lost"));
}

TEST_F(SessionDamage, NeverGivesTheSeqOfADamagedEventAgain) {
  const std::string id = make_past();
  for (const std::uint64_t seq : {7U, 8U}) store_->damage(id, seq);
  ASSERT_TRUE(say(id, "0"));
  const auto items = read(id, behind(6), [](const FeedItem& item) { return item.seq == 15U; });
  // The end of the run is lost, so it gets another one: every run has one that can be read.
  EXPECT_THAT(shown(items), ElementsAre(gap(6), gap(7), "9", "10", "11", "12", "13", "14", "15"));
  EXPECT_EQ(items[2].type, "run_failed");
  EXPECT_THAT(warnings(), ElementsAre(HasSubstr("events 7 to 8 cannot be read")));
}

TEST_F(SessionDamage, ShowsWhichEventIsMissingWhicheverItIs) {
  const std::string id = make_past();
  const auto events = store_->events(id);
  for (std::uint64_t seq = 1; seq <= events.size(); ++seq) {
    const std::string copy = "damaged" + std::to_string(seq);
    SessionMetadata metadata;
    metadata.session_id = copy;
    store_->put(metadata, events);
    store_->damage(copy, seq);
    ASSERT_TRUE(say(copy, "0")) << seq;
    const auto items = read(copy, behind(0), [&](const FeedItem& item) {
      return item.seq > events.size() && item.type == "run_completed";
    });
    std::uint64_t expected = 0;
    for (const FeedItem& item : items) {
      ++expected;
      if (expected == seq) {
        EXPECT_EQ(*item.json, gap(seq - 1));
      } else {
        EXPECT_EQ(item.seq, expected);
      }
    }
    EXPECT_GT(expected, events.size());
    EXPECT_THAT(wait(hub_->snapshot(copy)).value(), HasSubstr("\"last_seq\":"));
  }
}

TEST_F(SessionDamage, GoesOnWhenNothingCanBeRead) {
  const std::string id = make_past();
  for (std::uint64_t seq = 1; seq <= 8; ++seq) store_->damage(id, seq);
  ASSERT_TRUE(say(id, "0"));
  EXPECT_EQ(seqs(read(id, behind(8))), from_to(9, 14));
  EXPECT_THAT(messages_before(), IsEmpty());
}

TEST_F(SessionDamage, ComesBackAsOftenAsItIsAsked) {
  const std::string id = make_past();
  store_->damage(id, 8);
  ASSERT_TRUE(say(id, "0"));
  read(id, behind(8));
  start_again();
  ASSERT_TRUE(say(id, "0"));
  const auto items = read(id, behind(14));
  EXPECT_EQ(items.front().seq, 15U);
  EXPECT_EQ(seqs(items), from_to(15, 14 + items.size()));
}

TEST_F(SessionDamage, LeavesOutTheResultOfACallThatIsLost) {
  const std::string id = make_session();
  RunContext context;
  context.session_id = id;
  context.run_id = "run_1";
  Message call;
  call.role = Role::assistant;
  call.tool_calls.emplace_back().call_id = "c1";
  Message result;
  result.role = Role::tool;
  result.content = "the nail is in";
  result.tool_call_id = "c1";
  Message answer;
  answer.role = Role::assistant;
  answer.content = "done";
  for (const bool damaged : {false, true}) {
    std::vector<StoredEvent> events;
    for (const Message& message : {call, result, answer}) {
      StreamEvent event(MessageCommitted{.message = message});
      event.set_context(std::make_shared<const RunContext>(context));
      event.set_stamp(events.size() + 1, EventIdGenerator().next(Timestamp()), Timestamp());
      events.push_back({event.seq(), std::make_shared<const std::string>(to_json(event))});
    }
    SessionMetadata metadata;
    metadata.session_id = damaged ? "damaged" : "whole";
    store_->put(metadata, std::move(events));
    if (damaged) store_->damage(metadata.session_id, 1);
    ASSERT_TRUE(say(metadata.session_id, "0"));
    read(metadata.session_id, behind(3));
    if (damaged) {
      EXPECT_THAT(messages_before(), ElementsAre("done"));
    } else {
      EXPECT_THAT(messages_before(), ElementsAre("", "the nail is in", "done"));
    }
  }
}

// The same with a file.

/// Changes one bit of an event behind the store's back.
void flip_a_bit(const std::string& path, const std::string& id, std::uint64_t seq) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  const std::string key =
      "(SELECT row FROM sessions WHERE id='" + id + "')<<40|" + std::to_string(seq);
  // 'u' is 't' with another bit, and every event says its type.
  const std::string sql =
      "UPDATE events SET json=CAST(replace(CAST(json AS TEXT),'\"type\"',"
      "'\"uype\"') AS BLOB) WHERE key=" +
      key;
  EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_EQ(sqlite3_changes(database), 1);
  sqlite3_close(database);
}

TEST_F(SessionDamage, OfADatabaseIsAGapToo) {
  const testing::TemporaryDirectory directory;
  const std::string path = directory.path("s.db");
  const auto store = SqliteStore::open(path, {}).value();
  const auto make_hub = [&] {
    hub_ = std::make_unique<SessionHub>(
        io_.get_executor(), store,
        [state = talker_](SessionSetup setup) -> std::unique_ptr<SessionAgent> {
          return std::make_unique<Talker>(std::move(setup), state);
        });
  };
  make_hub();
  const std::string id = make_session();
  ASSERT_TRUE(say(id, "1"));
  read(id, behind(0));
  wait(hub_->drain(std::chrono::steady_clock::now()));
  for (const std::uint64_t seq : {5U, 8U}) flip_a_bit(path, id, seq);
  make_hub();
  ASSERT_TRUE(say(id, "0"));
  const auto items = read(id, behind(0), [](const FeedItem& item) { return item.seq == 14U; });
  EXPECT_THAT(shown(items), ElementsAre("1", "2", "3", "4", gap(4), "6", "7", gap(7), "9", "10",
                                        "11", "12", "13", "14"));
  EXPECT_THAT(messages_before(), ElementsAre("1"));
  wait(hub_->drain(std::chrono::steady_clock::now()));
  EXPECT_EQ(store->find(id).value().last_seq, 15U);
}

}  // namespace
}  // namespace strandbus::test
