#include "net/client_harness.hpp"
#include "net/http_client.hpp"
#include "support/connect_proxy.hpp"
#include "support/full_port.hpp"
#include "support/scripted_server.hpp"
#include "support/temporary_directory.hpp"
#include "support/tls_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <memory>

// Cancellation at every place where an operation waits, and destruction meanwhile.

namespace strandbus {
namespace {

using detail::HttpClient;
using detail::HttpClientOptions;
using detail::HttpExchange;
using detail::HttpFailure;
using detail::HttpRequest;
using test::Answer;
using test::chunk;
using test::chunked_head;
using test::failure_of;
using test::fetch;
using test::http_answer;
using test::Pending;
using test::PlainChannel;
using test::request_to;
using test::TcpServer;

/// A server that does a part of what is expected, says so, and then waits for the client to go.
class StallingServer {
 public:
  /// `act` runs on the connection; once it has returned the client stands still.
  StallingServer(std::function<void(PlainChannel&)> act, std::function<void()> stalled)
      : server_([this, act = std::move(act), stalled = std::move(stalled)](int socket, int) {
          PlainChannel channel(socket);
          act(channel);
          stalled();
          while (!channel.read_some().empty()) {
          }
          gone_.set_value();
        }) {}

  std::uint16_t port() const { return server_.port(); }
  std::string peer() const { return "127.0.0.1:" + std::to_string(port()); }
  /// Waits until the client has closed the connection.
  void wait_until_gone() { gone_.get_future().wait(); }

 private:
  std::promise<void> gone_;
  TcpServer server_;
};

/// Each stage of an exchange, and a server that stops there.
struct Stage {
  const char* name;
  const char* scheme;
  std::function<void(PlainChannel&)> act;
  bool proxied = false;
};

void PrintTo(const Stage& stage, std::ostream* out) { *out << stage.name; }

const std::vector<Stage> stages{
    {"Handshake", "https", [](PlainChannel& channel) { channel.read_some(); }},
    {"ProxyAnswer", "https", [](PlainChannel& channel) { channel.read_some(); }, true},
    {"HandshakeBehindProxy", "https",
     [](PlainChannel& channel) {
       channel.read_some();
       channel.write("HTTP/1.1 200 OK\r\n\r\n");
       channel.read_some();
     },
     true},
    {"Head", "http", [](PlainChannel& channel) { channel.read_some(); }},
    {"WithinTheHead", "http",
     [](PlainChannel& channel) {
       channel.read_some();
       channel.write("HTTP/1.1 200 OK\r\nX: ");
     }},
    {"Body", "http",
     [](PlainChannel& channel) {
       channel.read_some();
       channel.write(chunked_head(200));
     }},
    {"WithinTheBody", "http",
     [](PlainChannel& channel) {
       channel.read_some();
       channel.write(chunked_head(200) + chunk("data: a\n\n") + "5\r\nab");
     }},
};

class HttpCancelTest : public ::testing::TestWithParam<Stage> {
 protected:
  /// The operation of this stage, on its way to a server that stalls.
  asio::awaitable<Answer> operation() {
    HttpClientOptions options;
    std::string host = server.peer();
    if (GetParam().proxied) {
      options.proxy.https_proxy = server.peer();
      host = "api.example.test";
    }
    client = std::make_unique<HttpClient>(options);
    return fetch(*client, request_to(std::string(GetParam().scheme) + "://" + host + "/"));
  }

  std::unique_ptr<test::ClientHarness> harness = std::make_unique<test::ClientHarness>();
  std::function<void()> on_stall;
  StallingServer server{GetParam().act, [this] { on_stall(); }};
  std::unique_ptr<HttpClient> client;
};

TEST_P(HttpCancelTest, EndsTheOperationAndTheConnection) {
  // Set before anything can stall: the first connection comes later.
  std::shared_ptr<Pending<Answer>> pending;
  on_stall = [&] { harness->cancel(pending); };
  pending = harness->start(operation());
  harness->finish(*pending);
  EXPECT_TRUE(failure_of(pending->exception).aborted);
  server.wait_until_gone();
  EXPECT_EQ(client->idle_connections(), 0U);
  harness->io.restart();
  harness->io.poll();
  EXPECT_TRUE(harness->io.stopped());  // nothing is left that could keep it running
}

TEST_P(HttpCancelTest, TheContextMayGoMeanwhile) {
  bool stalled = false;
  on_stall = [&] { asio::post(harness->io, [&] { stalled = true; }); };
  const auto pending = harness->start(operation());
  while (!stalled) harness->io.run_one();
  EXPECT_FALSE(pending->done);
  harness.reset();
  server.wait_until_gone();
}

TEST_P(HttpCancelTest, TheClientMayGoMeanwhile) {
  bool stalled = false;
  on_stall = [&] { asio::post(harness->io, [&] { stalled = true; }); };
  const auto pending = harness->start(operation());
  while (!stalled) harness->io.run_one();
  client.reset();
  harness->cancel(pending);
  harness->finish(*pending);
  EXPECT_TRUE(failure_of(pending->exception).aborted);
  server.wait_until_gone();
}

INSTANTIATE_TEST_SUITE_P(Stages, HttpCancelTest, ::testing::ValuesIn(stages),
                         [](const auto& stage) { return stage.param.name; });

struct HttpCancelEarlyTest : ::testing::Test, test::ClientHarness {
  /// Cancels an operation when it has begun to wait for the first time, but for nothing that could
  /// have come since.
  test::Failure cancel_at_once(const std::string& url) {
    const auto pending = start(fetch(client, request_to(url)));
    cancel(pending);  // queued behind the beginning of the operation
    finish(*pending);
    return failure_of(pending->exception);
  }

  HttpClient client;
};

TEST_F(HttpCancelEarlyTest, WhileTheAddressIsAskedFor) {
  // The resolver's answer could only be taken after the cancellation.
  EXPECT_TRUE(cancel_at_once("https://" + std::string(70, 'x') + "/").aborted);
}

TEST_F(HttpCancelEarlyTest, WhileTheConnectionIsMade) {
  const test::FullPort full;
  EXPECT_TRUE(cancel_at_once("http://127.0.0.1:" + std::to_string(full.port()) + "/").aborted);
}

asio::awaitable<Answer> cancelled_before(std::shared_ptr<Pending<Answer>> pending,
                                         HttpClient& client, HttpRequest request) {
  co_await asio::post(asio::use_awaitable);
  pending->cancel.emit(asio::cancellation_type::terminal);
  co_return co_await fetch(client, std::move(request));
}

TEST_F(HttpCancelEarlyTest, BeforeItBegins) {
  test::ScriptedServer server({{{http_answer(200, "x")}}});
  auto pending = std::make_shared<Pending<Answer>>();
  asio::co_spawn(
      io, cancelled_before(pending, client, request_to(server.url())),
      asio::bind_cancellation_slot(pending->cancel.slot(),
                                   [pending](const std::exception_ptr& exception, Answer) {
                                     pending->done = true;
                                     pending->exception = exception;
                                   }));
  finish(*pending);
  EXPECT_TRUE(failure_of(pending->exception).aborted);
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(HttpCancelEarlyTest, WhileALargeBodyIsWritten) {
  std::string large;
  large.resize(50'000'000);  // more than the system buffers
  std::promise<void> gone;
  std::shared_ptr<Pending<Answer>> pending;
  TcpServer server([&](int socket, int) {
    PlainChannel channel(socket);
    channel.read_some();  // and no more: the client cannot write all
    cancel(pending);
    gone.get_future().wait();
  });
  const std::string url = "http://127.0.0.1:" + std::to_string(server.port()) + "/";
  pending = start(fetch(client, request_to(url, "POST", large)));
  finish(*pending);
  gone.set_value();
  EXPECT_TRUE(failure_of(pending->exception).aborted);
}

TEST_F(HttpCancelEarlyTest, TheClientStaysUsable) {
  std::shared_ptr<Pending<Answer>> pending;
  test::ScriptedServer server([&](const test::ReceivedRequest& request) {
    if (request.line() == "GET /wait HTTP/1.1") {
      cancel(pending);
      return test::Reply{{}, test::Reply::Then::wait};
    }
    return test::Reply{{http_answer(200, "x")}};
  });
  for (int i = 0; i < 3; ++i) {
    pending = start(fetch(client, request_to(server.url("/wait"))));
    finish(*pending);
    EXPECT_TRUE(failure_of(pending->exception).aborted);
    EXPECT_EQ(run(fetch(client, request_to(server.url()))).body, "x");
  }
}

struct TlsCancelTest : ::testing::Test, test::ClientHarness {};

TEST_F(TlsCancelTest, ABodyThatIsEncryptedIsCancelledToo) {
  testing::TemporaryDirectory directory;
  const test::Authority authority;
  HttpClientOptions options;
  options.ca_file = directory.write("ca.pem", authority.certificate());
  HttpClient client(options);
  std::shared_ptr<Pending<Answer>> pending;
  test::ScriptedServer server(
      [&](const test::ReceivedRequest&) {
        cancel(pending);
        return test::Reply{{chunked_head(200), chunk("a")}, test::Reply::Then::wait};
      },
      test::with_tls(authority.issue({.hosts = {"localhost"}})));
  const std::string url = "https://localhost:" + std::to_string(server.port()) + "/";
  pending = start(fetch(client, request_to(url)));
  finish(*pending);
  EXPECT_TRUE(failure_of(pending->exception).aborted);
}

struct ExchangeTest : ::testing::Test, test::ClientHarness {
  ExchangeTest() {
    const std::string url = "http://127.0.0.1:" + std::to_string(server.port()) + "/";
    exchange = run(client.async_send(request_to(url)));
  }

  std::promise<void> gone;
  TcpServer server{[this](int socket, int) {
    PlainChannel channel(socket);
    channel.read_some();
    channel.write(chunked_head(200));
    while (!channel.read_some().empty()) {
    }
    gone.set_value();
  }};
  HttpClient client;
  std::unique_ptr<HttpExchange> exchange;
  std::vector<char> buffer = std::vector<char>(100);
};

TEST_F(ExchangeTest, MayBeDestroyedWhileItIsRead) {
  const auto pending = start(exchange->async_read_some(buffer));
  asio::post(io, [this] { exchange.reset(); });
  finish(*pending);
  EXPECT_EQ(failure_of(pending->exception).failure, HttpFailure::closed);
  gone.get_future().wait();
}

TEST_F(ExchangeTest, MayBeClosedWhileItIsRead) {
  const auto pending = start(exchange->async_read_some(buffer));
  asio::post(io, [this] { exchange->close(); });
  finish(*pending);
  EXPECT_EQ(failure_of(pending->exception).failure, HttpFailure::closed);
  gone.get_future().wait();
}

TEST_F(ExchangeTest, ACancelledReadClosesTheConnectionAtOnce) {
  const auto pending = start(exchange->async_read_some(buffer));
  cancel(pending);
  finish(*pending);
  EXPECT_TRUE(failure_of(pending->exception).aborted);
  gone.get_future().wait();  // though the exchange is still there
  EXPECT_EQ(exchange->status(), 200);
}

}  // namespace
}  // namespace strandbus
