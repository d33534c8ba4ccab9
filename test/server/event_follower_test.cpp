#include "server/event_follower.hpp"

#include "server/follow_world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace strandbus::test {
namespace {

using namespace std::chrono_literals;
using detail::EventFollower;
using detail::FollowResult;
using detail::HttpFailure;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class EventFollowerTest : public ::testing::Test {
 protected:
  /// Follows a server that gives these answers in their order.
  FollowResult follow(std::vector<FakeAnswer> answers, std::optional<std::uint64_t> after = {}) {
    server_.answers = std::move(answers);
    FakeTransport transport(server_);
    detail::FollowerOptions options = options_for("http://server.test/events", waits_);
    options.after = after;
    EventFollower follower(transport, heard_, std::move(options));
    return harness_.run(follower.async_run());
  }

  std::string event(std::size_t number) const {
    return sse(to_json(events_.at(number - 1)), number);
  }

  static std::string sse(std::string_view data, std::optional<std::uint64_t> seq = {}) {
    std::string text;
    append_sse(text, data, seq);
    return text;
  }

  std::string position_in(std::size_t request) const {
    return header_of(server_.requests.at(request), "Last-Event-ID");
  }

  const std::vector<StreamEvent> events_ = testing::golden_run().events();
  ClientHarness harness_;
  FakeServer server_;
  Heard heard_;
  std::vector<std::chrono::milliseconds> waits_;
};

TEST_F(EventFollowerTest, AsksForTheEventsWithItsToken) {
  const FollowResult result = follow({event_stream({event(1)}), status_only(404)});
  EXPECT_EQ(result.end, FollowResult::End::session_gone);
  ASSERT_EQ(server_.requests.size(), 2U);
  const detail::HttpRequest& request = server_.requests.front();
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.url.target, "/events");
  EXPECT_EQ(header_of(request, "Authorization"), "Bearer token-0123456789");
  EXPECT_EQ(header_of(request, "Accept"), "text/event-stream");
  EXPECT_EQ(position_in(0), "");
  EXPECT_EQ(position_in(1), "1");
}

TEST_F(EventFollowerTest, BeginsWhereItIsTold) {
  follow({event_stream({event(2), event(3)}), status_only(404)}, 2);
  EXPECT_EQ(position_in(0), "2");
  EXPECT_THAT(heard_.all, ElementsAre("event 3", "lost"));
}

TEST_F(EventFollowerTest, GoesOnWhereTheConnectionBroke) {
  const std::string second = event(2);
  follow({event_stream({event(1), second.substr(0, 20)}, FakeAnswer::End::broken),
          event_stream({event(2), event(3)}), status_only(404)});
  EXPECT_THAT(heard_.all, ElementsAre("event 1", "lost", "found", "event 2", "event 3", "lost"));
  EXPECT_EQ(position_in(1), "1");
  EXPECT_EQ(position_in(2), "3");
  EXPECT_THAT(heard_.events,
              ElementsAre(to_json(events_[0]), to_json(events_[1]), to_json(events_[2])));
}

TEST_F(EventFollowerTest, ComesBackAfterFiveHundred) {
  FakeAnswer nobody;
  nobody.failure = HttpFailure::connect;
  follow({status_only(500), nobody, status_only(503), event_stream({event(1)}), status_only(404)});
  EXPECT_THAT(heard_.all, ElementsAre("lost", "found", "event 1", "lost"));
  EXPECT_THAT(waits_, ElementsAre(100ms, 500ms, 1000ms, 100ms));
}

TEST_F(EventFollowerTest, WaitsAsLongAsTheServerAsksFor) {
  follow({event_stream({"retry: 3000\n\n"}), status_only(500), event_stream({"retry: 5\n\n"}),
          status_only(404)});
  EXPECT_THAT(waits_, ElementsAre(3s, 3s, 1s));
}

TEST_F(EventFollowerTest, ATokenThatIsNotTakenIsFinal) {
  for (const int status : {401, 403}) {
    server_.requests.clear();
    const FollowResult result = follow({status_only(status), event_stream({event(1)})});
    EXPECT_EQ(result.end, FollowResult::End::refused);
    EXPECT_THAT(result.why, HasSubstr(std::to_string(status)));
    EXPECT_EQ(server_.requests.size(), 1U);
  }
  EXPECT_THAT(heard_.all, IsEmpty());
  EXPECT_THAT(waits_, IsEmpty());
}

TEST_F(EventFollowerTest, ASessionThatNeverWasIsRefused) {
  const FollowResult result = follow({status_only(404)});
  EXPECT_EQ(result.end, FollowResult::End::refused);
  EXPECT_THAT(result.why, HasSubstr("no such session"));
}

TEST_F(EventFollowerTest, APageIsNoEventStream) {
  FakeAnswer page = event_stream({event(1)});
  for (const char* type : {"text/html", "text/event-streams", "application/json"}) {
    page.headers.front().second = type;
    EXPECT_EQ(follow({page}).end, FollowResult::End::refused) << type;
    server_.requests.clear();
  }
  EXPECT_THAT(heard_.all, IsEmpty());
}

TEST_F(EventFollowerTest, TellsOfGapsAndResets) {
  follow({event_stream({event(1), sse(R"({"_type":"gap","after":1,"missed":2})"), event(4),
                        sse(R"({"_type":"reset","last_seq":2})"), event(1), event(2)}),
          event_stream({event(2), event(3)}), status_only(404)});
  EXPECT_THAT(heard_.all, ElementsAre("event 1", "gap 2", "event 4", "reset", "event 1", "event 2",
                                      "lost", "found", "event 3", "lost"));
  EXPECT_EQ(position_in(1), "2");
}

TEST_F(EventFollowerTest, AResetBeforeABreakGoesOnFromTheBeginning) {
  follow({event_stream({sse(R"({"_type":"reset","last_seq":2})")}), event_stream({event(1)}),
          status_only(404)},
         40);
  EXPECT_EQ(position_in(0), "40");
  EXPECT_EQ(position_in(1), "0");
  EXPECT_THAT(heard_.all, ElementsAre("reset", "lost", "found", "event 1", "lost"));
}

TEST_F(EventFollowerTest, ShowsNothingTwice) {
  follow({event_stream({event(1), event(1), event(2), event(1)}),
          event_stream({event(1), event(2), event(3)}), status_only(404)});
  EXPECT_THAT(heard_.all, ElementsAre("event 1", "event 2", "lost", "found", "event 3", "lost"));
}

TEST_F(EventFollowerTest, LeavesOutWhatItCannotRead) {
  follow({event_stream({sse("no JSON", 1), event(2)}), status_only(404)});
  EXPECT_THAT(heard_.all, ElementsAre("fault", "event 2", "lost"));
}

TEST_F(EventFollowerTest, EndsWhenTheSinkHasEnough) {
  heard_.enough = 2;
  const FollowResult result = follow({event_stream({event(1) + event(2) + event(3)})});
  EXPECT_EQ(result.end, FollowResult::End::enough);
  EXPECT_THAT(heard_.all, ElementsAre("event 1", "event 2"));
  EXPECT_EQ(server_.open, 0);
}

TEST_F(EventFollowerTest, AConnectionThatSaysNothingIsGivenUp) {
  server_.answers = {event_stream({event(1)}, FakeAnswer::End::hangs), status_only(404)};
  FakeTransport transport(server_);
  detail::FollowerOptions options = options_for("http://server.test/events", waits_);
  options.patience = 1ms;
  EventFollower follower(transport, heard_, std::move(options));
  harness_.run(follower.async_run());
  EXPECT_THAT(heard_.all, ElementsAre("event 1", "lost"));
  EXPECT_THAT(heard_.lost_text, HasSubstr("nothing has come"));
}

TEST_F(EventFollowerTest, EndsAtOnceWhenItIsCancelled) {
  server_.answers = {event_stream({event(1)}, FakeAnswer::End::hangs)};
  FakeTransport transport(server_);
  EventFollower follower(transport, heard_, options_for("http://server.test/events", waits_));
  const auto pending = harness_.start(follower.async_run());
  while (heard_.all.empty()) harness_.io.run_one();
  harness_.cancel(pending);
  harness_.finish(*pending);
  EXPECT_TRUE(failure_of(pending->exception).aborted);
  EXPECT_EQ(server_.open, 0);
}

TEST_F(EventFollowerTest, EndsAtOnceWhenItIsCancelledWhileItWaits) {
  server_.answers = {status_only(503)};
  FakeTransport transport(server_);
  detail::FollowerOptions options = options_for("http://server.test/events", waits_);
  options.wait = nullptr;
  options.random = nullptr;
  EventFollower follower(transport, heard_, std::move(options));
  const auto pending = harness_.start(follower.async_run());
  while (heard_.all.empty()) harness_.io.run_one();
  harness_.cancel(pending);
  harness_.finish(*pending);
  EXPECT_TRUE(failure_of(pending->exception).aborted);
}

/// A sink whose terminal is gone.
class Broken final : public detail::FollowSink {
 public:
  bool on_event(const StreamEvent&, std::string_view) override {
    throw system_error(make_error_code(boost::system::errc::broken_pipe));
  }
  void on_gap(std::uint64_t, std::string_view) override {}
  void on_reset(std::string_view) override {}
  void on_fault(std::string_view) override {}
  void on_pause() override {}
  void on_lost(std::string_view) override {}
  void on_found() override {}
};

TEST_F(EventFollowerTest, EndsWithWhatTheSinkThrows) {
  server_.answers = {event_stream({event(1)})};
  FakeTransport transport(server_);
  Broken broken;
  EventFollower follower(transport, broken, options_for("http://server.test/events", waits_));
  EXPECT_THAT(harness_.fail(follower.async_run()).text, HasSubstr("pipe"));
  EXPECT_EQ(server_.requests.size(), 1U);
}

}  // namespace
}  // namespace strandbus::test
