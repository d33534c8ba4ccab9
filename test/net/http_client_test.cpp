#include "net/http_client.hpp"

#include "net/client_harness.hpp"
#include "support/scripted_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

// Exchanges with a server that does what it should, and the reuse of connections.

namespace strandbus {
namespace {

using namespace std::chrono_literals;
using detail::HttpClient;
using detail::HttpClientOptions;
using detail::HttpFailure;
using detail::HttpRequest;
using test::chunk;
using test::chunked_head;
using test::fetch;
using test::http_answer;
using test::read_all;
using test::ReceivedRequest;
using test::Reply;
using test::request_to;
using test::ScriptedServer;
using testing::ElementsAre;
using testing::HasSubstr;

struct HttpClientTest : testing::Test, test::ClientHarness {
  test::Answer get(const ScriptedServer& server, const std::string& target = "/") {
    return run(fetch(client, request_to(server.url(target))));
  }

  HttpClient client;
};

TEST_F(HttpClientTest, BringsARequestAndItsAnswer) {
  ScriptedServer server({{{http_answer(201, "{\"ok\":true}")}}});
  HttpRequest request = request_to(server.url("/v1/chat?x=1"), "POST", "{\"a\":1}");
  request.headers = {{"Authorization", "Bearer key"}, {"Content-Type", "application/json"}};

  const test::Answer answer = run(fetch(client, std::move(request)));
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.body, "{\"ok\":true}");

  const ReceivedRequest received = server.requests().at(0);
  EXPECT_EQ(received.line(), "POST /v1/chat?x=1 HTTP/1.1");
  EXPECT_EQ(received.header("Host"), "127.0.0.1:" + std::to_string(server.port()));
  EXPECT_EQ(received.header("Authorization"), "Bearer key");
  EXPECT_EQ(received.header("Content-Type"), "application/json");
  EXPECT_EQ(received.header("Accept-Encoding"), "identity");
  EXPECT_EQ(received.header("User-Agent"), "strandbus");
  EXPECT_EQ(received.body, "{\"a\":1}");
}

asio::awaitable<std::vector<std::string>> read_headers(HttpClient& client, HttpRequest request) {
  const auto exchange = co_await client.async_send(std::move(request));
  std::vector<std::string> values;
  for (const char* name : {"x-request-id", "RETRY-AFTER", "X-None"}) {
    const auto value = exchange->header(name);
    values.emplace_back(value.value_or("none"));
  }
  co_return values;
}

TEST_F(HttpClientTest, HeadersAreFoundWhateverTheirCase) {
  ScriptedServer server(
      {{{http_answer(429, "", {"X-Request-Id: r1", "Retry-After:  3 ", "retry-after: 9"})}}});
  EXPECT_THAT(run(read_headers(client, request_to(server.url()))), ElementsAre("r1", "3", "none"));
}

TEST_F(HttpClientTest, EveryStatusIsAnAnswer) {
  ScriptedServer server({{{http_answer(302, "elsewhere", {"Location: http://127.0.0.1:1/"})}},
                         {{http_answer(404, "no")}},
                         {{http_answer(503, "later")}}});
  EXPECT_EQ(get(server).status, 302);
  EXPECT_EQ(get(server).status, 404);
  EXPECT_EQ(get(server).body, "later");
  EXPECT_EQ(server.requests().size(), 3U);
}

TEST_F(HttpClientTest, ABodyInChunksIsReadAsOne) {
  ScriptedServer server(
      {{{chunked_head(200), chunk("data: a\n\n"), "5;name=value\r\nhello\r\n", chunk("")}}});
  EXPECT_EQ(get(server).body, "data: a\n\nhello");
}

TEST_F(HttpClientTest, TrailersAreReadOver) {
  ScriptedServer server(
      {{{chunked_head(200), chunk("a"), "0\r\nX-Sum: 1\r\n\r\n"}}, {{http_answer(200, "b")}}});
  EXPECT_EQ(get(server).body, "a");
  EXPECT_EQ(get(server).body, "b");
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(HttpClientTest, ABodyMayLastUntilTheConnectionEnds) {
  ScriptedServer server({{{"HTTP/1.1 200 OK\r\n\r\n", "all ", "of it"}, Reply::Then::close}});
  EXPECT_EQ(get(server).body, "all of it");
  EXPECT_EQ(client.idle_connections(), 0U);
}

TEST_F(HttpClientTest, AnswersWithoutABodyEndWithTheirHead) {
  ScriptedServer server({{{"HTTP/1.1 204 No Content\r\n\r\n"}},
                         {{"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n"}},
                         {{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}},
                         {{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"}}});
  EXPECT_EQ(get(server).status, 204);
  EXPECT_EQ(get(server).status, 304);
  EXPECT_EQ(get(server).body, "");
  EXPECT_EQ(run(fetch(client, request_to(server.url(), "HEAD"))).body, "");
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(HttpClientTest, InterimAnswersArePassedOver) {
  ScriptedServer server(
      {{{"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n",
         http_answer(200, "final")}}});
  const test::Answer answer = get(server);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "final");
}

TEST_F(HttpClientTest, LargeBodiesPassBothWays) {
  ScriptedServer server([](const ReceivedRequest& request) {
    return Reply{{http_answer(200, request.body + request.body)}};
  });
  std::string large(5'000'000, '\0');
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 7 / 5);
  const auto answer = run(fetch(client, request_to(server.url(), "POST", large)));
  EXPECT_TRUE(answer.body == large + large);
}

TEST_F(HttpClientTest, LocalhostIsThisMachineWithoutAskingAnybody) {
  ScriptedServer server({{{http_answer(200, "here")}}});
  const std::string url = "http://localhost:" + std::to_string(server.port()) + "/";
  EXPECT_EQ(run(fetch(client, request_to(url))).body, "here");
}

asio::awaitable<std::string> read_in_bytes(HttpClient& client, HttpRequest request) {
  const auto exchange = co_await client.async_send(std::move(request));
  std::string text;
  std::vector<char> byte(1);
  for (;;) {
    const std::size_t size = co_await exchange->async_read_some(byte);
    if (size == 0) break;
    text += byte[0];
  }
  // Whoever asks once more hears the same.
  EXPECT_EQ(co_await exchange->async_read_some(byte), 0U);
  co_return text;
}

TEST_F(HttpClientTest, ASmallBufferGetsTheBodyBitByBit) {
  ScriptedServer server({{{chunked_head(200) + chunk("hello") + chunk(" world") + chunk("")}}});
  EXPECT_EQ(run(read_in_bytes(client, request_to(server.url()))), "hello world");
}

TEST_F(HttpClientTest, AConnectionIsUsedAgain) {
  ScriptedServer server([](const ReceivedRequest&) { return Reply{{http_answer(200, "x")}}; });
  for (int i = 0; i < 5; ++i) get(server);
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(client.idle_connections(), 1U);
  client.close_idle();
  EXPECT_EQ(client.idle_connections(), 0U);
  get(server);
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(HttpClientTest, AnIdleConnectionDoesNotKeepTheContextRunning) {
  ScriptedServer server([](const ReceivedRequest&) { return Reply{{http_answer(200, "x")}}; });
  get(server);
  io.restart();
  EXPECT_EQ(io.poll(), 0U);
  EXPECT_TRUE(io.stopped());
}

TEST_F(HttpClientTest, NoneIsKeptWhereTheAnswerSaysSoOrWasNotReadOrHadMore) {
  ScriptedServer server({{{http_answer(200, "x", {"Connection: close"})}},
                         {{"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx"}},
                         {{http_answer(200, "x") + "more"}}});
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(get(server).body, "x");
    EXPECT_EQ(client.idle_connections(), 0U) << i;
  }
  EXPECT_EQ(server.connections(), 3);
}

asio::awaitable<int> look_at_the_head(HttpClient& client, HttpRequest request) {
  const auto exchange = co_await client.async_send(std::move(request));
  co_return exchange->status();
}

TEST_F(HttpClientTest, AnExchangeThatIsDestroyedBeforeItsEndClosesItsConnection) {
  std::promise<void> ended;
  test::TcpServer server([&](int socket, int) {
    test::PlainChannel channel(socket);
    channel.read_some();
    channel.write(chunked_head(200) + chunk("a"));
    channel.read_some();
    ended.set_value();
  });
  const std::string url = "http://127.0.0.1:" + std::to_string(server.port()) + "/";
  EXPECT_EQ(run(look_at_the_head(client, request_to(url))), 200);
  ended.get_future().wait();
  EXPECT_EQ(client.idle_connections(), 0U);
}

TEST_F(HttpClientTest, OneThatWasReadToItsEndLeavesItForTheNext) {
  ScriptedServer server({{{http_answer(204, "")}}, {{http_answer(200, "y")}}});
  run(look_at_the_head(client, request_to(server.url())));
  EXPECT_EQ(client.idle_connections(), 1U);
  EXPECT_EQ(get(server).body, "y");
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(HttpClientTest, NoneIsKeptWhereNoneIsWanted) {
  HttpClient thrifty({.idle_per_origin = 0});
  ScriptedServer server([](const ReceivedRequest&) { return Reply{{http_answer(200, "x")}}; });
  run(fetch(thrifty, request_to(server.url())));
  run(fetch(thrifty, request_to(server.url())));
  EXPECT_EQ(server.connections(), 2);
}

asio::awaitable<int> hold_three(HttpClient& client, std::string url) {
  std::vector<std::unique_ptr<detail::HttpExchange>> held;
  for (int i = 0; i < 3; ++i) {
    auto request = request_to(url);
    held.push_back(co_await client.async_send(std::move(request)));
  }
  for (const auto& exchange : held) co_await read_all(*exchange);
  co_return 0;
}

TEST_F(HttpClientTest, NoMoreAreKeptThanWanted) {
  HttpClient modest({.idle_per_origin = 2});
  ScriptedServer server([](const ReceivedRequest&) { return Reply{{http_answer(200, "x")}}; });
  run(hold_three(modest, server.url()));
  EXPECT_EQ(server.connections(), 3);
  EXPECT_EQ(modest.idle_connections(), 2U);
}

TEST_F(HttpClientTest, AnOldConnectionIsNotUsedAgain) {
  HttpClient impatient({.idle_timeout = 1ms});
  ScriptedServer server([](const ReceivedRequest&) { return Reply{{http_answer(200, "x")}}; });
  run(fetch(impatient, request_to(server.url())));
  const auto later = std::chrono::steady_clock::now() + 2ms;
  while (std::chrono::steady_clock::now() < later) {
  }
  run(fetch(impatient, request_to(server.url())));
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(HttpClientTest, AnotherOriginHasConnectionsOfItsOwn) {
  ScriptedServer one({{{http_answer(200, "1")}}});
  ScriptedServer two({{{http_answer(200, "2")}}});
  EXPECT_EQ(get(one).body, "1");
  EXPECT_EQ(get(two).body, "2");
  EXPECT_EQ(client.idle_connections(), 2U);
}

TEST_F(HttpClientTest, AnotherContextHasConnectionsOfItsOwn) {
  ScriptedServer server([](const ReceivedRequest&) { return Reply{{http_answer(200, "x")}}; });
  get(server);
  {
    test::ClientHarness other;
    other.run(fetch(client, request_to(server.url())));
    EXPECT_EQ(server.connections(), 2);
    client.close_idle();
  }
  get(server);
}

TEST_F(HttpClientTest, ARequestThatAnIdleConnectionDoesNotTakeAnyMoreIsSentAfresh) {
  // The server takes the second request, and ends the connection: as if both had crossed.
  ScriptedServer server(
      {{{http_answer(200, "first")}}, {{}, Reply::Then::close}, {{http_answer(200, "second")}}});
  EXPECT_EQ(get(server).body, "first");
  EXPECT_EQ(run(fetch(client, request_to(server.url(), "POST", "once"))).body, "second");
  EXPECT_EQ(server.connections(), 2);
  EXPECT_EQ(server.requests().at(2).body, "once");
}

TEST_F(HttpClientTest, SoItIsWhenTheConnectionIsReset) {
  ScriptedServer server(
      {{{http_answer(200, "first")}}, {{}, Reply::Then::reset}, {{http_answer(200, "second")}}});
  EXPECT_EQ(get(server).body, "first");
  EXPECT_EQ(get(server).body, "second");
}

TEST_F(HttpClientTest, OneByteOfAnAnswerForbidsToSendItAgain) {
  ScriptedServer server({{{http_answer(200, "first")}}, {{"H"}, Reply::Then::close}});
  EXPECT_EQ(get(server).body, "first");
  const test::Failure failure = fail(fetch(client, request_to(server.url())));
  EXPECT_EQ(failure.failure, HttpFailure::closed);
  EXPECT_EQ(server.requests().size(), 2U);
}

TEST_F(HttpClientTest, AFreshConnectionIsNotTriedTwice) {
  ScriptedServer server({{{}, Reply::Then::close}, {{http_answer(200, "not this")}}});
  const test::Failure failure = fail(fetch(client, request_to(server.url())));
  EXPECT_EQ(failure.failure, HttpFailure::closed);
  EXPECT_THAT(failure.text, HasSubstr("127.0.0.1:" + std::to_string(server.port())));
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(HttpClientTest, AServerThatAnswersBeforeItHasReadAllIsHeard) {
  // It reads the head and a part of the body, answers, and ends its side.
  std::string large;
  large.resize(20'000'000);  // more than the system buffers
  test::TcpServer server([](int socket, int) {
    test::PlainChannel channel(socket);
    channel.read_some();
    channel.write(http_answer(413, "too much"));
    channel.finish();
    while (!channel.read_some().empty()) {
    }
  });
  const std::string url = "http://127.0.0.1:" + std::to_string(server.port()) + "/";
  const auto answer = run(fetch(client, request_to(url, "POST", large)));
  EXPECT_EQ(answer.status, 413);
}

TEST(HttpClientOptionsTest, BadOnesAreNamed) {
  const auto refused = [](HttpClientOptions options, const char* name) {
    try {
      const HttpClient client(std::move(options));
      ADD_FAILURE() << name << " was accepted";
    } catch (const std::invalid_argument& error) {
      EXPECT_THAT(error.what(), HasSubstr(name));
    }
  };
  refused({.connect_timeout = 0ms}, "connect_timeout");
  refused({.connect_timeout = std::chrono::milliseconds::max()}, "connect_timeout");
  refused({.head_timeout = -1ms}, "head_timeout");
  refused({.idle_timeout = 0ms}, "idle_timeout");
  refused({.max_head_bytes = 10}, "max_head_bytes");
  refused({.ca_file = "/nowhere/ca.pem"}, "ca_file is /nowhere/ca.pem");
  refused({.user_agent = ""}, "user_agent");
}

}  // namespace
}  // namespace strandbus
