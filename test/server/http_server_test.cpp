#include "server/http_fixture.hpp"
#include "server/obedient_model.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace strandbus {
namespace {

using test::HttpAnswer;
using test::RawClient;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;

class HttpServerTest : public test::HttpTest {};

TEST_F(HttpServerTest, MakesShowsListsAndRemovesSessions) {
  start_server();
  const HttpAnswer made = ask(post("/v1/sessions", R"({"title":"Tea"})"));
  EXPECT_EQ(made.status, 201);
  EXPECT_THAT(made.body, HasSubstr(R"("title":"Tea")"));
  const std::string path = made.header("Location");
  ASSERT_THAT(path, ::testing::StartsWith("/v1/sessions/"));

  const HttpAnswer found = ask(head("GET", path));
  EXPECT_EQ(found.status, 200);
  EXPECT_THAT(found.body, AllOf(HasSubstr(path.substr(13)), HasSubstr(R"("running":false)")));
  EXPECT_THAT(ask(head("GET", "/v1/sessions?limit=1")).body,
              AllOf(HasSubstr(R"({"sessions":[{)"), HasSubstr(path.substr(13))));

  EXPECT_EQ(ask(head("DELETE", path)).status, 204);
  const HttpAnswer gone = ask(head("GET", path));
  EXPECT_EQ(gone.status, 404);
  EXPECT_THAT(gone.body, HasSubstr(R"({"error":{"code":"session_unknown","message":")"));
}

TEST_F(HttpServerTest, ASessionWithoutATitleIsNamedAfterItsMessageWithoutItsSecrets) {
  start_server();
  const std::string secret = "sk-proj-Abc1defGhijklMnop2qrstUvwxyz3456789ABCDEFGHIJKLMNOPqrstuvw";
  const HttpAnswer made =
      ask(post("/v1/sessions", R"({"message":"\n1 use )" + secret + R"(\nand more"})"));
  EXPECT_EQ(made.status, 201);
  EXPECT_THAT(made.body, HasSubstr(R"("title":"1 use [redacted-openai-key]")"));
  const std::string path = made.header("Location");
  EXPECT_THAT(ask(head("GET", path)).body, Not(HasSubstr(secret)));
}

TEST_F(HttpServerTest, RefusesASecondRunUnlessItMayWait) {
  start_server();
  const std::string id = make_session_by_http();
  EXPECT_EQ(run(id, "1 hang").status, 202);
  const HttpAnswer busy = run(id, "2");
  EXPECT_EQ(busy.status, 409);
  EXPECT_THAT(busy.body, HasSubstr("\"busy\""));
  const HttpAnswer queued =
      ask(post("/v1/sessions/" + id + "/runs", R"({"message":"2","queue":true})"));
  EXPECT_EQ(queued.status, 202);
  EXPECT_THAT(queued.body, HasSubstr(R"("queued":true)"));
}

TEST_F(HttpServerTest, LetsARunGoOnWithTheTraceOfWhoeverAsked) {
  factory_ = test::obedient_agents();
  start_server();
  const std::string id = make_session_by_http();
  const auto trace_of_next_run = [&](const std::string& headers) -> std::string {
    const std::string body = R"({"message":"hello"})";
    const HttpAnswer asked = ask(head("POST", "/v1/sessions/" + id + "/runs",
                                      "Content-Type: application/json\r\nContent-Length: " +
                                          std::to_string(body.size()) + "\r\n" + headers) +
                                 body);
    EXPECT_EQ(asked.status, 202) << asked.body;
    const std::size_t at = asked.body.find(R"("after":)");
    const auto after = std::strtoull(asked.body.c_str() + at + 8, nullptr, 10);
    std::string trace = "no run";
    for (const auto& item : wait(read_until(*shared_hub_, id, behind(after), at_end_of_run))) {
      if (item.type != "run_started") continue;
      const StreamEvent event = from_json(*item.json).value();
      const auto* const value = event.context().attributes.if_contains("traceparent");
      trace = value ? std::string(value->as_string()) : "none";
    }
    while (wait(shared_hub_->find(id)).value().running) std::this_thread::yield();
    return trace;
  };
  const std::string parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  EXPECT_EQ(trace_of_next_run("traceparent: " + parent + "\r\n"), parent);
  EXPECT_EQ(trace_of_next_run(""), "none");
  EXPECT_EQ(trace_of_next_run("Traceparent: " + parent + "\r\nTraceparent: " + parent + "\r\n"),
            "none");
  EXPECT_EQ(trace_of_next_run("traceparent: 00-0-0-0\r\n"), "none");
}

TEST_F(HttpServerTest, ForksASession) {
  start_server();
  const std::string id = make_session_by_http();
  run(id, "2");
  const HttpAnswer forked = ask(post("/v1/sessions/" + id + "/fork", R"({"at":2})"));
  EXPECT_EQ(forked.status, 201);
  EXPECT_THAT(forked.header("Location"), HasSubstr("/v1/sessions/session_"));
  EXPECT_THAT(forked.body, HasSubstr(R"("forked_from":")" + id + R"(","forked_at":2)"));
  const HttpAnswer beyond = ask(post("/v1/sessions/" + id + "/fork", R"({"at":1000})"));
  EXPECT_EQ(beyond.status, 400);
  EXPECT_THAT(beyond.body, HasSubstr("\"seq_unknown\""));
}

TEST_F(HttpServerTest, GivesCommandsOnce) {
  start_server();
  const std::string id = make_session_by_http();
  run(id, "1 hang");
  const std::string cancel =
      post("/v1/sessions/" + id + "/commands", R"({"type":"cancel","id":"c","reason":"enough"})");
  const HttpAnswer first = ask(cancel);
  EXPECT_EQ(first.status, 202);
  EXPECT_THAT(first.body, HasSubstr(R"({"outcome":"accepted"})"));
  EXPECT_THAT(ask(cancel).body, HasSubstr(R"({"outcome":"repeated"})"));
}

TEST_F(HttpServerTest, AsksForTheTokenAndForItsOwnHost) {
  start_server();
  const std::string port = std::to_string(server_->port());
  const auto get = [&](const std::string& path, const std::string& headers) {
    return ask("GET " + path + " HTTP/1.1\r\n" + headers + "\r\n");
  };
  const HttpAnswer anonymous = get("/v1/sessions", "Host: localhost:" + port + "\r\n");
  EXPECT_EQ(anonymous.status, 401);
  EXPECT_THAT(anonymous.header("WWW-Authenticate"), HasSubstr("Bearer"));
  EXPECT_EQ(get("/v1/sessions", "Host: evil.example:" + port + "\r\n").status, 403);
  EXPECT_EQ(get("/healthz", "Host: evil.example:" + port + "\r\n").status, 403);
  EXPECT_EQ(get("/nowhere", "Host: localhost:" + port + "\r\n").status, 401);
  EXPECT_EQ(get("/healthz", "Host: localhost:" + port + "\r\n").status, 200);
  EXPECT_EQ(get("/readyz", "Host: localhost:" + port + "\r\n").status, 200);
  EXPECT_EQ(get("/metrics", "Host: localhost:" + port + "\r\n").status, 401);
  EXPECT_EQ(server_->stats().refused, 5U);
}

TEST_F(HttpServerTest, LetsABrowserInByALinkThatWorksOnce) {
  start_server();
  const std::string host = "Host: 127.0.0.1:" + std::to_string(server_->port()) + "\r\n";
  const std::string open = "GET " + server_->one_time_link() + " HTTP/1.1\r\n" + host + "\r\n";
  const HttpAnswer opened = ask(open);
  EXPECT_EQ(opened.status, 303);
  EXPECT_EQ(opened.header("Location"), "/");
  const std::string cookie = opened.header("Set-Cookie");
  EXPECT_THAT(cookie, AllOf(HasSubstr("; HttpOnly; SameSite=Strict; Path=/"),
                            Not(HasSubstr(std::string(token)))));
  const std::string with_cookie =
      "GET / HTTP/1.1\r\n" + host + "Cookie: " + cookie.substr(0, cookie.find(';')) + "\r\n\r\n";
  EXPECT_EQ(ask(with_cookie).status, 200);
  EXPECT_EQ(ask(open).status, 403);
}

TEST_F(HttpServerTest, TellsPagesNothingThatTheyDoNotNeed) {
  start_server();
  const HttpAnswer answer = ask(head("GET", "/v1/sessions"));
  EXPECT_EQ(answer.header("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(answer.header("Cache-Control"), "no-store");
  EXPECT_EQ(answer.header("Referrer-Policy"), "no-referrer");
  EXPECT_THAT(answer.header("Content-Security-Policy"), HasSubstr("default-src 'none'"));
  EXPECT_EQ(answer.header("Access-Control-Allow-Origin"), "");
  EXPECT_THAT(answer.header("Date"), ::testing::EndsWith(" GMT"));
}

TEST_F(HttpServerTest, LetsPagesOfAListedOriginRead) {
  start_server_with(
      [](HttpServerOptions& options) { options.allowed_origins = {"https://app.example"}; });
  const HttpAnswer read = ask(head("GET", "/v1/sessions", "Origin: https://app.example\r\n"));
  EXPECT_EQ(read.status, 200);
  EXPECT_EQ(read.header("Access-Control-Allow-Origin"), "https://app.example");
  const HttpAnswer preflight =
      ask("OPTIONS /v1/sessions HTTP/1.1\r\nHost: localhost:" + std::to_string(server_->port()) +
          "\r\nOrigin: https://app.example\r\nAccess-Control-Request-Method: POST\r\n\r\n");
  EXPECT_EQ(preflight.status, 204);
  EXPECT_THAT(preflight.header("Access-Control-Allow-Headers"),
              AllOf(HasSubstr("Authorization"), HasSubstr("traceparent")));
  EXPECT_EQ(ask(head("GET", "/v1/sessions", "Origin: https://evil.example\r\n")).status, 403);
}

TEST_F(HttpServerTest, AnswersHeadWithTheLengthAndOptionsWithTheMethods) {
  start_server();
  RawClient client(server_->port());
  client.send(head("HEAD", "/v1/sessions") + head("OPTIONS", "/v1/sessions") +
              head("GET", "/v1/sessions"));
  const HttpAnswer to_head = client.read_answer(true);
  EXPECT_EQ(to_head.status, 200);
  const HttpAnswer to_options = client.read_answer();
  EXPECT_EQ(to_options.status, 204);
  EXPECT_EQ(to_options.header("Allow"), "POST, GET, HEAD, OPTIONS");
  const HttpAnswer to_get = client.read_answer();
  EXPECT_EQ(to_head.header("Content-Length"), std::to_string(to_get.body.size()));
}

TEST_F(HttpServerTest, ShowsItsCounts) {
  start_server();
  run(make_session_by_http(), "1");
  while (server_->stats().connections > 0) std::this_thread::yield();
  const std::string page = ask(head("GET", "/metrics")).body;
  EXPECT_THAT(page, AllOf(HasSubstr("\nstrandbus_server_runs_total 1\n"),
                          HasSubstr("strandbus_server_http_requests_total 3\n"),
                          HasSubstr("strandbus_server_http_connections 1\n")));
}

TEST_F(HttpServerTest, WritesALineForEachRequestWithoutAnySecret) {
  start_server();
  const std::string link = server_->one_time_link();
  ask(head("GET", link));
  ask(head("GET", "/v1/sessions?limit=7", "Cookie: strandbus_1=secret-cookie\r\n"));
  // A line comes after its answer; a server that has ended has written all of them.
  wait(server_->drain(std::chrono::steady_clock::now() + std::chrono::seconds(30)));
  EXPECT_THAT(log(), Contains(HasSubstr("http: GET /v1/sessions 200 ")));
  EXPECT_THAT(log(), Contains(HasSubstr("http: GET /login 303 ")));
  for (const std::string& secret : {std::string(token), link.substr(link.find('=') + 1),
                                    std::string("secret-cookie"), std::string("limit=7")}) {
    EXPECT_THAT(log(), Each(Not(HasSubstr(secret))));
  }
}

TEST_F(HttpServerTest, RefusesOptionsByName) {
  const auto message = [&](auto change) -> std::string {
    try {
      start_server_with(change);
      return "";
    } catch (const std::exception& refused) {
      return refused.what();
    }
  };
  EXPECT_THAT(message([](HttpServerOptions& options) { options.token = ""; }),
              HasSubstr("HttpServerOptions::token"));
  EXPECT_THAT(message([](HttpServerOptions& options) { options.address = "localhost"; }),
              HasSubstr("HttpServerOptions::address: \"localhost\""));
  EXPECT_THAT(message([](HttpServerOptions& options) { options.limits.max_header = 1; }),
              HasSubstr("HttpLimits::max_header: is 1; from 256 to 1048576"));
  EXPECT_THAT(message([](HttpServerOptions& options) {
                options.limits.keep_alive = std::chrono::milliseconds(0);
              }),
              HasSubstr("HttpLimits::keep_alive"));
  start_server();
  const std::uint16_t taken = server_->port();
  EXPECT_THROW(
      HttpServer(io_.get_executor(), shared_hub_, {.port = taken, .token = std::string(token)}),
      system_error);
}

}  // namespace
}  // namespace strandbus
