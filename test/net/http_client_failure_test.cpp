#include "net/client_harness.hpp"
#include "net/http_client.hpp"
#include "support/scripted_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

// Whatever goes wrong ends in one HttpError that names host and port and shows no secret.

namespace strandbus {
namespace {

using namespace std::chrono_literals;
using detail::HttpClient;
using detail::HttpClientOptions;
using detail::HttpExchange;
using detail::HttpFailure;
using detail::HttpRequest;
using test::chunk;
using test::chunked_head;
using test::Failure;
using test::fetch;
using test::http_answer;
using test::read_all;
using test::ReceivedRequest;
using test::Reply;
using test::request_to;
using test::ScriptedServer;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct HttpFailureTest : testing::Test, test::ClientHarness {
  Failure get_failure(const ScriptedServer& server) {
    return fail(fetch(client, request_to(server.url())));
  }

  HttpClient client;
};

TEST_F(HttpFailureTest, PlainHttpLeavesThisMachineNever) {
  for (const char* url : {"http://example.com/", "http://10.0.0.1:11434/", "http://127.1/",
                          "http://localhost.evil.com/", "http://[::ffff:127.0.0.1]/"}) {
    const Failure failure = fail(fetch(client, request_to(url)));
    EXPECT_EQ(failure.failure, HttpFailure::refused) << url;
    EXPECT_THAT(failure.text, AllOf(StartsWith("plain http to "), HasSubstr("use https")));
  }
}

TEST_F(HttpFailureTest, AUserInAUrlIsRefused) {
  const Failure failure = fail(fetch(client, request_to("https://me:hunter2@localhost:1/")));
  EXPECT_EQ(failure.failure, HttpFailure::refused);
  EXPECT_THAT(failure.text, AllOf(HasSubstr("localhost:1"), Not(HasSubstr("hunter2"))));
}

TEST_F(HttpFailureTest, ABadHeaderIsRefusedBeforeAnythingIsSent) {
  ScriptedServer server(std::vector<Reply>{});
  HttpRequest request = request_to(server.url());
  request.headers = {{"Authorization", "Bearer hunter2\r\n"}};
  const Failure failure = fail(fetch(client, std::move(request)));
  EXPECT_EQ(failure.failure, HttpFailure::refused);
  EXPECT_EQ(server.connections(), 0);
}

TEST_F(HttpFailureTest, AHostWithoutAddressIsNamed) {
  // No resolver asks the network for a label of more than 63 characters.
  const std::string host(70, 'x');
  const Failure failure = fail(fetch(client, request_to("https://" + host + "/")));
  EXPECT_EQ(failure.failure, HttpFailure::resolve);
  EXPECT_THAT(failure.text, HasSubstr(host));
}

TEST_F(HttpFailureTest, AClosedPortIsNamed) {
  std::optional<ScriptedServer> server(std::in_place, std::vector<Reply>{});
  const std::string url = server->url();
  const std::string peer = "127.0.0.1:" + std::to_string(server->port());
  server.reset();
  const Failure failure = fail(fetch(client, request_to(url)));
  EXPECT_EQ(failure.failure, HttpFailure::connect);
  EXPECT_EQ(failure.text, "no connection to " + peer +
                              " (Connection refused); check that it is up and reachable from here");
}

TEST_F(HttpFailureTest, AnAnswerThatDoesNotComeIsWaitedForAsLongAsAllowed) {
  ScriptedServer server({{{"HTTP/1.1 200 OK\r\nX: "}, Reply::Then::wait}});
  HttpClient impatient({.head_timeout = 50ms});
  const Failure failure = fail(fetch(impatient, request_to(server.url())));
  EXPECT_EQ(failure.failure, HttpFailure::timeout);
  EXPECT_THAT(failure.text, HasSubstr("127.0.0.1:" + std::to_string(server.port())));
}

TEST_F(HttpFailureTest, AReusedConnectionHasTheSameLimitAndIsNotTriedTwice) {
  ScriptedServer server({{{http_answer(200, "x")}}, {{}, Reply::Then::wait}});
  HttpClient impatient({.head_timeout = 500ms});
  EXPECT_EQ(run(fetch(impatient, request_to(server.url()))).body, "x");
  EXPECT_EQ(fail(fetch(impatient, request_to(server.url()))).failure, HttpFailure::timeout);
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(HttpFailureTest, TheLimitOfTheHeadDoesNotEndTheBody) {
  test::TcpServer server([](int socket, int) {
    test::PlainChannel channel(socket);
    channel.read_some();
    channel.write(chunked_head(200) + chunk("a"));
    // The client sends nothing: this read lasts until the limit of the head is over.
    timeval later{0, 350'000};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &later, sizeof(later));
    channel.read_some();
    channel.write(chunk("b") + chunk(""));
  });
  HttpClient impatient({.head_timeout = 300ms});
  const std::string url = "http://127.0.0.1:" + std::to_string(server.port()) + "/";
  EXPECT_EQ(run(fetch(impatient, request_to(url))).body, "ab");
}

TEST_F(HttpFailureTest, AHandshakeHasTheLimitOfTheConnection) {
  // It reads the client's greeting and says nothing.
  ScriptedServer server(std::vector<Reply>{});
  HttpClient impatient({.connect_timeout = 50ms});
  const std::string peer = "localhost:" + std::to_string(server.port());
  const Failure failure = fail(fetch(impatient, request_to("https://" + peer + "/")));
  EXPECT_EQ(failure.failure, HttpFailure::timeout);
  EXPECT_EQ(failure.text, "the TLS handshake with " + peer + " did not end in time");
}

TEST_F(HttpFailureTest, AProxyHasTheLimitOfTheConnection) {
  ScriptedServer silent({{{}, Reply::Then::wait}});
  HttpClientOptions options;
  options.connect_timeout = 50ms;
  options.proxy.https_proxy = "me:hunter2@127.0.0.1:" + std::to_string(silent.port());
  HttpClient impatient(options);
  const Failure failure = fail(fetch(impatient, request_to("https://api.example.test/")));
  EXPECT_EQ(failure.failure, HttpFailure::timeout);
  EXPECT_THAT(failure.text, AllOf(HasSubstr("the proxy 127.0.0.1:"), Not(HasSubstr("hunter2"))));
}

TEST_F(HttpFailureTest, CutAtAnyByteAnAnswerIsNotWhole) {
  const std::string answer =
      chunked_head(200, {"X: y"}) + chunk("data: a\n\n") + chunk("data: [DONE]\n\n") + chunk("");
  std::vector<Reply> replies;
  for (std::size_t size = 0; size < answer.size(); ++size) {
    replies.push_back({{answer.substr(0, size)}, Reply::Then::close});
  }
  ScriptedServer server(replies);
  for (std::size_t size = 0; size < answer.size(); ++size) {
    const Failure failure = get_failure(server);
    ASSERT_EQ(failure.failure, HttpFailure::closed) << size;
    ASSERT_THAT(failure.text, HasSubstr("127.0.0.1:" + std::to_string(server.port())));
  }
  EXPECT_EQ(server.requests().size(), answer.size());
}

TEST_F(HttpFailureTest, ABodyThatIsShorterThanSaidIsNotWhole) {
  ScriptedServer server(
      {{{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", "12345"}, Reply::Then::close},
       {{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", "12345"}, Reply::Then::reset},
       {{"HTTP/1.1 200 OK\r\n\r\n", "12345"}, Reply::Then::reset}});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(get_failure(server).failure, HttpFailure::closed) << i;
}

TEST_F(HttpFailureTest, WhatIsNoHttpIsSaid) {
  ScriptedServer server({{{"SSH-2.0-OpenSSH_9.2\r\n"}, Reply::Then::wait},
                         {{chunked_head(200), "zzz\r\n"}, Reply::Then::wait}});
  for (int i = 0; i < 2; ++i) {
    const Failure failure = get_failure(server);
    EXPECT_EQ(failure.failure, HttpFailure::protocol);
    EXPECT_THAT(failure.text, HasSubstr("127.0.0.1:" + std::to_string(server.port())));
  }
}

TEST_F(HttpFailureTest, HeadAndBodyHaveLimits) {
  HttpClientOptions options;
  options.max_head_bytes = 1000;
  options.max_body_bytes = 1000;
  HttpClient modest(options);
  ScriptedServer server([](const ReceivedRequest& request) {
    if (request.line() == "GET /head HTTP/1.1") {
      return Reply{{http_answer(200, "", {"X: " + std::string(1000, 'x')})}, Reply::Then::wait};
    }
    return Reply{{chunked_head(200) + chunk(std::string(1001, 'x'))}, Reply::Then::wait};
  });
  EXPECT_EQ(fail(fetch(modest, request_to(server.url("/head")))).failure, HttpFailure::limit);
  EXPECT_EQ(fail(fetch(modest, request_to(server.url("/body")))).failure, HttpFailure::limit);
}

asio::awaitable<std::string> read_twice(HttpClient& client, HttpRequest request) {
  const auto exchange = co_await client.async_send(std::move(request));
  std::string texts;
  for (int i = 0; i < 2; ++i) {
    try {
      texts += co_await read_all(*exchange);
    } catch (const detail::HttpError& error) {
      texts += error.failure() == HttpFailure::closed ? "closed " : "other ";
    }
  }
  co_return texts;
}

TEST_F(HttpFailureTest, ABrokenBodyStaysBroken) {
  ScriptedServer server({{{chunked_head(200), chunk("a")}, Reply::Then::close}});
  EXPECT_EQ(run(read_twice(client, request_to(server.url()))), "closed closed ");
}

asio::awaitable<std::string> close_and_read(HttpClient& client, HttpRequest request) {
  const auto exchange = co_await client.async_send(std::move(request));
  exchange->close();
  co_return co_await read_all(*exchange);
}

TEST_F(HttpFailureTest, AClosedExchangeGivesNothingMore) {
  ScriptedServer server({{{chunked_head(200), chunk("a")}, Reply::Then::wait}});
  const Failure failure = fail(close_and_read(client, request_to(server.url())));
  EXPECT_EQ(failure.failure, HttpFailure::closed);
  EXPECT_THAT(failure.text, HasSubstr("was closed here"));
}

}  // namespace
}  // namespace strandbus
