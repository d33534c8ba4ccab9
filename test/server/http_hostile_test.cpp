#include "server/http_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace strandbus {
namespace {

using test::HttpAnswer;
using test::RawClient;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class HttpHostileTest : public test::HttpTest {
 protected:
  /// What comes back to these bytes, up to the end of the connection.
  std::string all_that_comes_back(const std::string& bytes) const {
    RawClient client(server_->port());
    client.send(bytes);
    client.finish();
    return client.read_to_end();
  }

  void expect_alive() const { EXPECT_EQ(ask(head("GET", "/healthz")).status, 200); }

  void wait_until_nobody_is_connected() const {
    while (server_->stats().connections > 0) std::this_thread::yield();
  }
};

TEST_F(HttpHostileTest, AnswersOnceToWhatTwoServersCouldReadDifferently) {
  start_server();
  const std::string inner = head("GET", "/metrics");
  const std::string length = "Content-Length: " + std::to_string(inner.size()) + "\r\n";
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  const std::vector<std::string> pairs{
      length + chunked,         chunked + length,
      length + length,          "Content-Length: 0\r\n" + length,
      chunked + chunked,        "Transfer-Encoding: chunked, identity\r\n" + length,
      "Content-Length : 3\r\n", "X: y\r\n " + length,
      "X: y\n" + length};
  for (const std::string& headers : pairs) {
    const std::string answer = all_that_comes_back(head("POST", "/v1/sessions", headers) + inner);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 4")) << headers;
    EXPECT_EQ(answer.find("\nHTTP/1.1 "), std::string::npos) << headers;
    EXPECT_THAT(answer, HasSubstr("Connection: close")) << headers;
  }
  expect_alive();
}

TEST_F(HttpHostileTest, AnswersPipelinedRequestsInOrder) {
  start_server();
  std::string many;
  for (int i = 0; i < 100; ++i) many += head("GET", i % 2 == 0 ? "/healthz" : "/nowhere");
  RawClient client(server_->port());
  client.send(many);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(client.read_answer().status, i % 2 == 0 ? 200 : 404);
}

TEST_F(HttpHostileTest, RefusesGarbage) {
  start_server();
  const std::vector<std::string> garbage{
      std::string(64, '\0'),
      std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11),
      "hello\n\n",
      "GET / HTTP/1.1\nHost: x\n\n",
      std::string("GET /\0 HTTP/1.1\r\n\r\n", 19),
      "\xFF\xFE\xFD\r\n\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "GET / HTTP/1.1\r\n: x\r\n\r\n"};
  for (const std::string& bytes : garbage) {
    const std::string answer = all_that_comes_back(bytes);
    if (!answer.empty()) {
      EXPECT_THAT(answer, ::testing::AnyOf(StartsWith("HTTP/1.1 400"), StartsWith("HTTP/1.1 505")));
    }
  }
  expect_alive();
}

TEST_F(HttpHostileTest, RefusesWhatIsTooLarge) {
  HttpLimits limits;
  limits.max_header = 1024;
  limits.max_body = 1000;
  start_server(limits);
  EXPECT_EQ(ask("GET /" + std::string(5000, 'x')).status, 431);
  EXPECT_EQ(ask(head("GET", "/", "X: " + std::string(5000, 'x') + "\r\n")).status, 431);
  EXPECT_EQ(ask(head("POST", "/v1/sessions", "Content-Length: 1001\r\n")).status, 413);
  EXPECT_EQ(ask(head("POST", "/v1/sessions", "Content-Length: 9999999999999\r\n")).status, 413);
  EXPECT_EQ(ask(head("POST", "/v1/sessions", "Transfer-Encoding: chunked\r\n") + "3e9\r\n").status,
            413);
  EXPECT_EQ(ask(head("POST", "/v1/sessions", "Transfer-Encoding: chunked\r\n") + "zz\r\n").status,
            400);
  EXPECT_EQ(server_->stats().refused, 6U);
  expect_alive();
}

TEST_F(HttpHostileTest, ShowsWhyToWhoIsStillSending) {
  HttpLimits limits;
  limits.max_body = 1000;
  start_server(limits);
  RawClient client(server_->port());
  client.send(head("POST", "/v1/sessions", "Content-Length: 300000\r\n"));
  client.send(std::string(300000, 'x'));
  EXPECT_EQ(client.read_answer().status, 413);
}

TEST_F(HttpHostileTest, RefusesBeforeItReadsTheBody) {
  start_server();
  const std::string forged = "POST /v1/sessions HTTP/1.1\r\nHost: evil.example\r\n";
  EXPECT_EQ(ask(forged + "Content-Length: 1000\r\nExpect: 100-continue\r\n\r\n").status, 403);
  EXPECT_EQ(ask(forged + "Transfer-Encoding: chunked\r\n\r\n").status, 403);
}

TEST_F(HttpHostileTest, GivesLeaveToSendTheBody) {
  start_server();
  const std::string body = R"({"title":"T"})";
  RawClient client(server_->port());
  client.send(head("POST", "/v1/sessions",
                   "Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: " +
                       std::to_string(body.size()) + "\r\n"));
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send(body);
  EXPECT_EQ(client.read_answer().status, 201);
}

TEST_F(HttpHostileTest, EndsRequestsThatDoNotComeInTime) {
  HttpLimits limits;
  limits.read_timeout = std::chrono::milliseconds(50);
  start_server(limits);
  EXPECT_EQ(ask("GET / HTT").status, 408);
  EXPECT_EQ(ask(head("POST", "/v1/sessions", "Content-Length: 5\r\n") + "ab").status, 408);
  // A byte now and then does not move the deadline.
  RawClient slow(server_->port());
  while (slow.send("x")) {
    char byte = 0;
    if (::recv(slow.socket(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0) break;
  }
  EXPECT_THAT(slow.read_to_end(), HasSubstr("HTTP/1.1 4"));
  wait_until_nobody_is_connected();
}

TEST_F(HttpHostileTest, EndsConnectionsThatAskForNothing) {
  HttpLimits limits;
  limits.idle_timeout = std::chrono::milliseconds(20);
  start_server(limits);
  RawClient silent(server_->port());
  EXPECT_EQ(silent.read_to_end(), "");
  RawClient done(server_->port());
  done.send(head("GET", "/healthz"));
  EXPECT_EQ(done.read_answer().status, 200);
  EXPECT_EQ(done.read_to_end(), "");
}

TEST_F(HttpHostileTest, GivesBackAllDescriptorsOfWhoLeavesEarly) {
  start_server();
  const std::string id = make_session_by_http();
  run(id, "10");
  wait_until_nobody_is_connected();
  const std::size_t before = test::open_descriptors();
  const std::string whole = head("GET", "/v1/sessions/" + id + "/events");
  for (std::size_t cut = 0; cut <= whole.size(); cut += 7) {
    RawClient client(server_->port());
    client.send(whole.substr(0, cut));
    if (cut % 2 == 0) test::close_by_reset(client.socket());
  }
  expect_alive();  // it is accepted after all others
  wait_until_nobody_is_connected();
  EXPECT_EQ(test::open_descriptors(), before);
}

TEST_F(HttpHostileTest, TakesNoMoreConnectionsThanItMay) {
  HttpLimits limits;
  limits.max_connections = 2;
  start_server(limits);
  RawClient one(server_->port());
  RawClient two(server_->port());
  for (RawClient* client : {&one, &two}) {
    client->send(head("GET", "/healthz"));
    EXPECT_EQ(client->read_answer().status, 200);
  }
  RawClient third(server_->port());
  const HttpAnswer refused = third.read_answer();
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.header("Retry-After"), "1");
  one.send(head("GET", "/healthz"));
  EXPECT_EQ(one.read_answer().status, 200);
}

}  // namespace
}  // namespace strandbus
