// The events of all sessions in one feed.
#include "hub_fixture.hpp"

#include <gmock/gmock.h>

namespace strandbus::test {
namespace {

using ::testing::IsEmpty;

class SessionsFeedTest : public HubTest {
 protected:
  using Seqs = std::map<std::string, std::vector<std::uint64_t>>;
  using StopAll = std::function<bool(const SessionsItem&)>;

  /// Stops at the nth end of a run.
  static StopAll after_runs(int count) {
    return [left = count](const SessionsItem& item) mutable {
      return at_end_of_run(item.item) && --left == 0;
    };
  }

  SessionsFeed open(SessionCursors after = {}) {
    SessionsFeedOptions options;
    options.after = std::move(after);
    strand_ = asio::make_strand(io_);
    return asio::co_spawn(strand_, opened(*hub_, std::move(options)), asio::use_future).get();
  }

  static asio::awaitable<SessionsFeed> opened(SessionHub& hub, SessionsFeedOptions options) {
    auto feed = co_await hub.feed_all(std::move(options));
    co_return std::move(feed).value();
  }

  /// What comes up to an item, by session; fails the test if that does not come.
  Seqs read_all(SessionsFeed& feed, StopAll stop) {
    return asio::co_spawn(strand_, read_from(feed, std::move(stop)), asio::use_future).get();
  }

  static asio::awaitable<Seqs> read_from(SessionsFeed& feed, StopAll stop) {
    Seqs seqs;
    for (;;) {
      const auto items = co_await feed.next(std::chrono::seconds(30));
      if (items.empty()) {
        ADD_FAILURE() << "nothing came for half a minute";
        co_return seqs;
      }
      bool last = false;
      for (const SessionsItem& item : items) {
        seqs[item.session_id].push_back(item.item.seq.value_or(0));
        last = stop(item) || last;
      }
      if (last) co_return seqs;
    }
  }

  std::uint64_t last_seq(const std::string& id) { return store_->events(id).back().seq; }

  asio::strand<asio::io_context::executor_type> strand_ = asio::make_strand(io_);
};

TEST_F(SessionsFeedTest, HasNewSessionsFromTheirFirstEvent) {
  SessionsFeed feed = open();
  const std::string one = make_session();
  const std::string two = make_session();
  ASSERT_TRUE(say(one, "3"));
  ASSERT_TRUE(say(two, "5"));
  const Seqs seen = read_all(feed, after_runs(2));
  EXPECT_EQ(seen.at(one), from_to(1, last_seq(one)));
  EXPECT_EQ(seen.at(two), from_to(1, last_seq(two)));
}

TEST_F(SessionsFeedTest, BeginsWithTheNextEventOfSessionsThatAreNotNamed) {
  const std::string id = make_session();
  ASSERT_TRUE(say(id, "3"));
  read(id, behind(0));
  const std::uint64_t before = last_seq(id);
  SessionsFeed feed = open();
  ASSERT_TRUE(say(id, "2"));
  const Seqs seen = read_all(feed, after_runs(1));
  EXPECT_EQ(seen.at(id), from_to(before + 1, last_seq(id)));
}

TEST_F(SessionsFeedTest, GoesOnBehindAPlaceInEverySession) {
  std::vector<std::string> ids;
  for (int i = 0; i < 4; ++i) {
    ids.push_back(make_session());
    ASSERT_TRUE(say(ids.back(), std::to_string(3 + i)));
    read(ids.back(), behind(0));
  }
  for (std::uint64_t got = 0; got < 8; ++got) {
    SessionCursors after;
    for (const std::string& id : ids) after[id] = got;
    SessionsFeed feed = open(after);
    const Seqs seen = read_all(feed, after_runs(4));
    for (const std::string& id : ids) EXPECT_EQ(seen.at(id), from_to(got + 1, last_seq(id)));
  }
}

TEST_F(SessionsFeedTest, GoesOnWithSessionsThatLeaveTheMemoryAndComeBack) {
  SessionHubOptions options;
  options.max_loaded = 1;
  start_hub(options);
  const std::string one = make_session();
  read(one, behind(0), [](const FeedItem&) { return true; });
  SessionsFeed feed = open();
  ASSERT_TRUE(say(one, "3"));
  Seqs seen = read_all(feed, after_runs(1));
  const std::string two = make_session();  // the first one has to go
  ASSERT_TRUE(say(two, "3"));
  const auto add = [&](const Seqs& more) {
    for (const auto& [id, seqs] : more) {
      for (const std::uint64_t seq : seqs) seen[id].push_back(seq);
    }
  };
  add(read_all(feed, after_runs(1)));
  ASSERT_TRUE(say(one, "4"));  // and comes back
  add(read_all(feed, after_runs(1)));
  EXPECT_EQ(seen.at(two), from_to(1, seen.at(two).size()));
  EXPECT_EQ(seen.at(one), from_to(2, last_seq(one)));
}

TEST_F(SessionsFeedTest, LeavesOutSessionsThatDoNotExistAnyMore) {
  const std::string id = make_session();
  SessionsFeed feed = open({{"gone", 7}, {id, 0}});
  ASSERT_TRUE(say(id, "1"));
  const Seqs seen = read_all(feed, after_runs(1));
  EXPECT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen.at(id), from_to(1, last_seq(id)));
}

TEST_F(SessionsFeedTest, EndsWithTheHub) {
  const std::string id = make_session();
  SessionsFeed feed = open({{id, 0}});
  wait(hub_->drain(std::chrono::steady_clock::now()));
  const auto ended = [](SessionsFeed& all) -> asio::awaitable<error_code> {
    for (;;) {
      try {
        co_await all.next(std::chrono::seconds(30));
      } catch (const system_error& error) {
        co_return error.code();
      }
    }
  };
  EXPECT_EQ(asio::co_spawn(strand_, ended(feed), asio::use_future).get(), Errc::closed);
}

TEST_F(SessionsFeedTest, CanBeLetGoWhileSessionsRun) {
  const std::string id = make_session();
  ASSERT_TRUE(say(id, "300"));
  for (int i = 0; i < 50; ++i) {
    SessionsFeed feed = open({{id, 0}});
    read_all(feed, [](const SessionsItem&) { return true; });
  }
  read(id, behind(0));
  EXPECT_EQ(hub_->stats().readers, 0U);
}

}  // namespace
}  // namespace strandbus::test
