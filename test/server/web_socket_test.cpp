// Sessions over WebSocket: the same events as everywhere, and commands in band.
#include "server/http_fixture.hpp"
#include "server/obedient_model.hpp"
#include "server/web_socket_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace strandbus {
namespace {

using test::Handshake;
using test::HttpAnswer;
using test::WebSocketClient;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr const char* run_end = "\"type\":\"run_completed\"";

class WebSocketTest : public test::HttpTest {
 protected:
  static WebSocketClient::Headers with_token() {
    return {{"Authorization", "Bearer " + std::string(token)}};
  }

  static std::string path(const std::string& id) { return "/v1/sessions/" + id + "/ws"; }

  /// Opens it and reads the hello.
  std::string open(WebSocketClient& client, const std::string& id, const std::string& query = {}) {
    EXPECT_EQ(client.open(path(id) + query, with_token()).status, 101);
    return client.read().value_or("");
  }

  Handshake refused(const std::string& target, const WebSocketClient::Headers& headers) const {
    WebSocketClient client(server_->port());
    return client.open(target, headers);
  }

  std::vector<std::string> stored(const std::string& id) {
    std::vector<std::string> texts;
    for (const StoredEvent& event : store_->events(id)) texts.push_back(*event.json);
    return texts;
  }

  void wait_until_nobody_is_connected() const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (server_->stats().connections > 0 && std::chrono::steady_clock::now() < deadline)
      std::this_thread::yield();
    EXPECT_EQ(server_->stats().connections, 0U);
  }

  /// The one line of the log that tells of a WebSocket that has ended.
  void wait_until_logged(const std::string& what) const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (std::chrono::steady_clock::now() < deadline) {
      for (const std::string& line : log()) {
        if (line.find(what) != std::string::npos) return;
      }
      std::this_thread::yield();
    }
    FAIL() << what << " was not logged";
  }
};

TEST_F(WebSocketTest, SaysHelloAndSendsEveryEventInTheBytesThatWereStored) {
  start_server();
  const std::string id = make_session_by_http();
  WebSocketClient client(server_->port());
  const std::string hello = open(client, id);
  EXPECT_THAT(hello, AllOf(StartsWith(R"({"_type":"hello","session":{"id":")" + id),
                           HasSubstr(R"("last_seq":)")));
  run(id, "5");
  const auto seen = client.read_until(run_end);
  EXPECT_EQ(seen, stored(id));
}

TEST_F(WebSocketTest, GoesOnBehindASeq) {
  start_server();
  const std::string id = make_session_by_http();
  run(id, "5");
  WebSocketClient first(server_->port());
  open(first, id);
  const auto all = first.read_until(run_end);
  for (std::size_t got = 0; got < all.size(); ++got) {
    WebSocketClient client(server_->port());
    open(client, id, "?after=" + std::to_string(got));
    const std::vector<std::string> rest(all.begin() + static_cast<std::ptrdiff_t>(got), all.end());
    ASSERT_EQ(client.read_until(run_end), rest);
  }
}

TEST_F(WebSocketTest, TakesTheFiltersAndDialectsOfEventStreams) {
  start_server();
  const std::string id = make_session_by_http();
  run(id, "5");
  WebSocketClient filtered(server_->port());
  open(filtered, id, "?type=run_started,run_completed");
  EXPECT_THAT(filtered.read_until(run_end), SizeIs(2));
  WebSocketClient translated(server_->port());
  open(translated, id, "?dialect=rollouts&type=run_started,token_delta,run_completed");
  const auto first = translated.read();
  ASSERT_TRUE(first);
  EXPECT_THAT(*first, AllOf(StartsWith("{\"kind\":"), Not(HasSubstr("\"seq\""))));
  EXPECT_EQ(refused(path(id) + "?dialect=latin", with_token()).status, 400);
  EXPECT_EQ(refused(path(id) + "?named=1", with_token()).status, 400);
}

TEST_F(WebSocketTest, CarriesOutWhatItIsTold) {
  start_server();
  const std::string id = make_session_by_http();
  WebSocketClient client(server_->port());
  open(client, id);
  client.send(R"({"type":"run","message":"3 hang","id":"r1"})");
  const auto begun = client.read_until("\"_type\":\"reply\"");
  EXPECT_THAT(begun.back(), AllOf(HasSubstr(R"("id":"r1","status":202,"body":{"session":")" + id),
                                  HasSubstr(R"("queued":false)")));
  client.send(R"({"type":"run","message":"1","id":"r2"})");
  EXPECT_THAT(client.read_until("\"_type\":\"reply\"").back(),
              HasSubstr(R"("id":"r2","status":409,"body":{"error":{"code":"busy")"));
  client.send(R"({"type":"cancel","reason":"enough","id":"c1"})");
  client.send(R"({"type":"cancel","reason":"enough","id":"c1"})");
  std::vector<std::string> replies;
  bool cancelled = false;
  while (replies.size() < 2 || !cancelled) {
    const auto text = client.read();
    ASSERT_TRUE(text);
    if (text->find("\"_type\":\"reply\"") != std::string::npos) replies.push_back(*text);
    cancelled = cancelled || text->find("run_cancelled") != std::string::npos;
  }
  EXPECT_EQ(replies[0],
            R"({"_type":"reply","id":"c1","status":202,"body":{"outcome":"accepted"}})");
  EXPECT_EQ(replies[1],
            R"({"_type":"reply","id":"c1","status":202,"body":{"outcome":"repeated"}})");
}

TEST_F(WebSocketTest, LetsEachRunGoOnWithTheTraceThatItsMessageNames) {
  factory_ = test::obedient_agents();
  start_server();
  const std::string id = make_session_by_http();
  WebSocketClient client(server_->port());
  open(client, id, "?type=run_started");
  const std::string parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const auto trace_of_run = [&](const std::string& more) -> std::string {
    while (wait(shared_hub_->find(id)).value().running) std::this_thread::yield();
    client.send(R"({"type":"run","message":"hello")" + more + '}');
    const std::string begun = client.read_until("\"type\":\"run_started\"").back();
    const StreamEvent event = from_json(begun).value();
    const auto* const value = event.context().attributes.if_contains("traceparent");
    return value ? std::string(value->as_string()) : "none";
  };
  EXPECT_EQ(trace_of_run(R"(,"traceparent":")" + parent + '"'), parent);
  EXPECT_EQ(trace_of_run(""), "none");
  EXPECT_EQ(trace_of_run(R"(,"traceparent":")" + parent + R"(\r\nX-Evil: 1")"), "none");
  EXPECT_EQ(trace_of_run(R"(,"traceparent":"00-0-0-0")"), "none");
  while (wait(shared_hub_->find(id)).value().running) std::this_thread::yield();
  client.send(R"({"type":"run","id":"bad","message":"hello","traceparent":7})");
  EXPECT_THAT(client.read_until("\"id\":\"bad\"").back(), HasSubstr("\"status\":400"));
}

TEST_F(WebSocketTest, SaysWhatIsWrongWithAMessageAndGoesOn) {
  start_server();
  const std::string id = make_session_by_http();
  WebSocketClient client(server_->port());
  open(client, id, "?type=run_failed");
  for (const std::string& text :
       {std::string("no json"), std::string("[]"), std::string("{}"),
        std::string(R"({"type":"dance"})"), std::string(R"({"type":"run"})"),
        std::string(R"({"type":"run","message":7})"), std::string(R"({"type":"cancel","more":1})"),
        std::string(20000, '[')}) {
    client.send(text);
    EXPECT_THAT(client.read().value_or("gone"), HasSubstr(R"("status":400,"body":{"error":{)"))
        << text.substr(0, 40);
  }
  client.send(R"({"type":"run","message":"1"})");
  EXPECT_THAT(client.read_until("\"_type\":\"reply\"").back(), HasSubstr("\"status\":202"));
}

TEST_F(WebSocketTest, IsRefusedToWhoMayNotUseTheServer) {
  start_server();
  const std::string id = make_session_by_http();
  EXPECT_EQ(refused(path(id), {}).status, 401);
  EXPECT_EQ(refused(path(id), {{"Authorization", "Bearer wrong-wrong-wrong"}}).status, 401);
  auto from_elsewhere = with_token();
  from_elsewhere.emplace_back("Origin", "https://evil.example");
  EXPECT_EQ(refused(path(id), from_elsewhere).status, 403);
  const Handshake unknown = refused(path("nobody"), with_token());
  EXPECT_EQ(unknown.status, 404);
  EXPECT_THAT(ask(head("GET", path(id))).head,
              AllOf(StartsWith("HTTP/1.1 426 "), HasSubstr("\r\nUpgrade: websocket\r\n")));
  EXPECT_EQ(ask(head("HEAD", path(id))).status, 426);
}

TEST_F(WebSocketTest, TakesALoginOnlyFromAPageOfTheServer) {
  start_server();
  const std::string id = make_session_by_http();
  const std::string host = "Host: 127.0.0.1:" + std::to_string(server_->port()) + "\r\n";
  const HttpAnswer login = ask("GET " + server_->one_time_link() + " HTTP/1.1\r\n" + host + "\r\n");
  const std::string cookie = login.header("Set-Cookie");
  WebSocketClient::Headers headers{{"Cookie", cookie.substr(0, cookie.find(';'))}};
  EXPECT_EQ(refused(path(id), headers).status, 403);  // whoever it was, it was no page of ours
  headers.emplace_back("Origin", "http://127.0.0.1:" + std::to_string(server_->port()));
  EXPECT_EQ(refused(path(id), headers).status, 101);
}

TEST_F(WebSocketTest, EndsWithWhoSendsWhatIsNoText) {
  HttpLimits limits;
  limits.max_body = 1000;
  start_server(limits);
  const std::string id = make_session_by_http();
  WebSocketClient binary(server_->port());
  open(binary, id, "?type=run_failed");
  binary.send_binary("\x01\x02");
  EXPECT_FALSE(binary.read());
  WebSocketClient large(server_->port());
  open(large, id, "?type=run_failed");
  large.send(std::string(1001, 'x'));
  EXPECT_FALSE(large.read());
  EXPECT_EQ(large.close_code(), 1009);
}

TEST_F(WebSocketTest, SaysThatItsSessionHasBeenClosed) {
  start_server();
  const std::string id = make_session_by_http();
  WebSocketClient client(server_->port());
  open(client, id);
  EXPECT_EQ(ask(head("DELETE", "/v1/sessions/" + id)).status, 204);
  while (client.read()) {
  }
  EXPECT_EQ(client.close_code(), 1001);
}

TEST_F(WebSocketTest, CutsOffWhoTakesNothing) {
  HttpLimits limits;
  limits.write_timeout = std::chrono::seconds(2);
  start_server(limits);
  const std::string id = make_session_by_http();
  WebSocketClient stuck(server_->port());
  EXPECT_EQ(stuck.open(path(id), with_token()).status, 101);
  WebSocketClient reader(server_->port());
  open(reader, id);
  run(id, "400 big");  // 13 MB: more than the buffers of the system take
  const auto seen = reader.read_until(run_end);
  EXPECT_TRUE(seen == stored(id));
  wait_until_logged("the reader takes nothing");
}

TEST_F(WebSocketTest, LeavesNothingBehind) {
  start_server();
  const std::string id = make_session_by_http();
  run(id, "5");
  wait_until_nobody_is_connected();
  const std::size_t before = test::open_descriptors();
  for (int i = 0; i < 50; ++i) {
    WebSocketClient client(server_->port());
    open(client, id);
    client.read_until(run_end);
    if (i % 2 == 0) client.close();  // the others just go
  }
  wait_until_nobody_is_connected();
  EXPECT_EQ(test::open_descriptors(), before);
}

TEST_F(WebSocketTest, RefusesWhatComesBeforeTheHandshakeIsAnswered) {
  start_server();
  const std::string id = make_session_by_http();
  const std::string handshake =
      head("GET", path(id),
           "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
  EXPECT_EQ(ask(handshake + "too early").status, 400);
  EXPECT_THAT(ask(handshake).head, HasSubstr("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
  EXPECT_EQ(ask(head("GET", path(id), "Connection: Upgrade\r\nUpgrade: websocket\r\n")).status,
            400);
}

}  // namespace
}  // namespace strandbus
