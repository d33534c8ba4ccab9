// A follower and the server of this project: what one says, the other understands.

#include "net/http_client.hpp"
#include "server/event_follower.hpp"
#include "server/follow_world.hpp"
#include "server/hub_fixture.hpp"
#include "strandbus/server/http_server.hpp"

#include <gmock/gmock.h>

namespace strandbus::test {
namespace {

using detail::EventFollower;
using detail::FollowResult;
using ::testing::HasSubstr;

class FollowedServer : public HubTest {
 protected:
  FollowedServer() { start_server(); }
  ~FollowedServer() override {
    server_.reset();
    shared_.reset();
  }

  /// On the port that it had before, if it had one.
  void start_server() {
    HttpServerOptions options;
    options.port = server_ ? server_->port() : std::uint16_t{0};
    options.token = "token-0123456789";
    // The port is free once it is closed, which takes the server's own strand.
    if (server_) wait(server_->drain(std::chrono::steady_clock::now()));
    server_.reset();
    server_ = std::make_unique<HttpServer>(io_.get_executor(), shared_, std::move(options));
    server_->start();
  }

  StoreResult<StartedRun> ask(const std::string& id, const std::string& text) {
    return wait(shared_->start_run(id, text));
  }

  std::string new_session() {
    return wait(shared_->create({})).value().summary.metadata.session_id;
  }

  FollowResult follow(const std::string& id, detail::FollowSink& sink,
                      const std::string& token = "token-0123456789") {
    detail::HttpClientOptions client_options;
    client_options.idle_per_origin = 0;
    detail::HttpClient client(client_options);
    std::vector<std::chrono::milliseconds> waits;
    detail::FollowerOptions options =
        options_for(server_->url() + "/v1/sessions/" + id + "/events", waits);
    options.token = token;
    EventFollower follower(client, sink, std::move(options));
    ClientHarness harness;
    return harness.run(follower.async_run());
  }

  std::shared_ptr<SessionHub> shared_ = std::move(hub_);
  std::unique_ptr<HttpServer> server_;
};

/// Does something when a run has ended.
class AtEndOfRun final : public detail::FollowSink {
 public:
  /// It says whether to go on.
  explicit AtEndOfRun(std::function<bool()> act) : act_(std::move(act)) {}

  std::vector<std::string> events{};
  int lost = 0;
  int found = 0;

  bool on_event(const StreamEvent& event, std::string_view json) override {
    events.emplace_back(json);
    return !event.is_terminal() || act_();
  }
  void on_gap(std::uint64_t, std::string_view) override { ADD_FAILURE() << "a gap"; }
  void on_reset(std::string_view) override { ADD_FAILURE() << "a reset"; }
  void on_fault(std::string_view why) override { ADD_FAILURE() << why; }
  void on_pause() override {}
  void on_lost(std::string_view) override { ++lost; }
  void on_found() override { ++found; }

 private:
  std::function<bool()> act_;
};

TEST_F(FollowedServer, IsFollowedThroughItsRestarts) {
  const std::string id = new_session();
  ASSERT_TRUE(ask(id, "30"));
  int runs = 0;
  AtEndOfRun sink([&] {
    if (++runs == 4) return false;
    start_server();
    EXPECT_TRUE(ask(id, std::to_string(runs * 10)));
    return true;
  });
  EXPECT_EQ(follow(id, sink).end, FollowResult::End::enough);
  std::vector<std::string> kept;
  for (const StoredEvent& event : store_->events(id)) kept.push_back(*event.json);
  EXPECT_EQ(sink.events, kept);
  EXPECT_EQ(sink.lost, 3);
  EXPECT_EQ(sink.found, 3);
}

TEST_F(FollowedServer, SaysThatASessionIsGone) {
  const std::string id = new_session();
  ASSERT_TRUE(ask(id, "3"));
  AtEndOfRun sink([&] {
    EXPECT_TRUE(wait(shared_->remove(id)));
    return true;
  });
  EXPECT_EQ(follow(id, sink).end, FollowResult::End::session_gone);
}

TEST_F(FollowedServer, RefusesWhatItDoesNotKnow) {
  Heard heard;
  const FollowResult stranger = follow(new_session(), heard, "another-0123456789");
  EXPECT_EQ(stranger.end, FollowResult::End::refused);
  EXPECT_THAT(stranger.why, HasSubstr("401"));
  const FollowResult lost = follow("session_none", heard);
  EXPECT_EQ(lost.end, FollowResult::End::refused);
  EXPECT_THAT(lost.why, HasSubstr("no such session"));
}

}  // namespace
}  // namespace strandbus::test
