#include "net/client_harness.hpp"
#include "net/http_client.hpp"
#include "support/connect_proxy.hpp"
#include "support/temporary_directory.hpp"
#include "support/tls_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

// The way through a proxy.

namespace strandbus {
namespace {

using detail::HttpClient;
using detail::HttpClientOptions;
using detail::HttpFailure;
using test::Authority;
using test::ConnectProxy;
using test::Failure;
using test::fetch;
using test::http_answer;
using test::ReceivedRequest;
using test::Reply;
using test::request_to;
using test::ScriptedServer;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

struct ProxyTest : ::testing::Test, test::ClientHarness {
  ProxyTest() : ca_file(directory.write("ca.pem", authority.certificate())) {}

  HttpClientOptions through(const ConnectProxy& proxy, const std::string& user = "") const {
    HttpClientOptions options;
    options.ca_file = ca_file;
    options.proxy.https_proxy = "http://" + user + "127.0.0.1:" + std::to_string(proxy.port());
    return options;
  }
  /// How a request through a proxy with this answer to CONNECT fails.
  Failure failure_with(const std::string& answer, const std::string& user = "") {
    const ConnectProxy proxy(server.port(), {.answer = answer, .connects = false});
    HttpClient client(through(proxy, user));
    proxy_name = "the proxy 127.0.0.1:" + std::to_string(proxy.port());
    return fail(fetch(client, request_to(target)));
  }

  testing::TemporaryDirectory directory;
  Authority authority;
  std::string ca_file;
  // No such host exists: only the proxy can get there.
  const std::string target = "https://api.example.test/v1";
  ScriptedServer server{[](const ReceivedRequest&) { return Reply{{http_answer(200, "through")}}; },
                        test::with_tls(authority.issue({.hosts = {"api.example.test"}}))};
  std::string proxy_name;
};

TEST_F(ProxyTest, BringsARequestToAHostThatOnlyItCanReach) {
  const ConnectProxy proxy(server.port(), {});
  HttpClient client(through(proxy));
  EXPECT_EQ(run(fetch(client, request_to(target, "POST", "body"))).body, "through");

  const std::string head = proxy.heads().at(0);
  EXPECT_THAT(head, HasSubstr("CONNECT api.example.test:443 HTTP/1.1\r\n"));
  EXPECT_THAT(head, HasSubstr("Host: api.example.test:443\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("Proxy-Authorization")));
  EXPECT_EQ(server.requests().at(0).header("Host"), "api.example.test");
  EXPECT_EQ(server.requests().at(0).body, "body");
}

TEST_F(ProxyTest, GetsTheUserOfItsUrlAndTheServerDoesNot) {
  const ConnectProxy proxy(server.port(), {});
  HttpClient client(through(proxy, "Aladdin:open%20sesame@"));
  EXPECT_EQ(run(fetch(client, request_to(target))).body, "through");
  // The example of RFC 7617.
  EXPECT_THAT(proxy.heads().at(0),
              HasSubstr("\r\nProxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"));
  EXPECT_EQ(server.requests().at(0).header("Proxy-Authorization"), "");
}

TEST_F(ProxyTest, TheWayThroughIsUsedAgain) {
  const ConnectProxy proxy(server.port(), {});
  HttpClient client(through(proxy));
  for (int i = 0; i < 3; ++i) run(fetch(client, request_to(target)));
  EXPECT_EQ(proxy.connections(), 1);
  EXPECT_EQ(server.requests().size(), 3U);
}

TEST_F(ProxyTest, TheServerBehindItIsVerified) {
  const ConnectProxy proxy(server.port(), {});
  HttpClient client(through(proxy));
  const Failure failure = fail(fetch(client, request_to("https://other.example.test/")));
  EXPECT_EQ(failure.failure, HttpFailure::tls);
  EXPECT_EQ(failure.text,
            "the certificate of other.example.test:443 is for another host; check the host in the "
            "URL");
}

TEST_F(ProxyTest, AWildcardStandsForOneLabel) {
  ScriptedServer wild([](const ReceivedRequest&) { return Reply{{http_answer(200, "x")}}; },
                      test::with_tls(authority.issue({.hosts = {"*.example.test"}})));
  const ConnectProxy proxy(wild.port(), {});
  HttpClient client(through(proxy));
  EXPECT_EQ(run(fetch(client, request_to("https://api.example.test/"))).body, "x");
  for (const char* url : {"https://a.b.example.test/", "https://example.test/"}) {
    EXPECT_EQ(fail(fetch(client, request_to(url))).failure, HttpFailure::tls) << url;
  }
}

TEST_F(ProxyTest, ThisMachineIsReachedDirectly) {
  const ConnectProxy proxy(server.port(), {});
  ScriptedServer plain({{{http_answer(200, "direct")}}});
  HttpClient client(through(proxy));
  EXPECT_EQ(run(fetch(client, request_to(plain.url()))).body, "direct");
  EXPECT_EQ(proxy.connections(), 0);
}

TEST_F(ProxyTest, MayAnswerWithMoreThanNeeded) {
  const ConnectProxy proxy(
      server.port(),
      {.answer =
           "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 Fine\r\nContent-Length: 7\r\nX: y\r\n\r\n"});
  HttpClient client(through(proxy));
  EXPECT_EQ(run(fetch(client, request_to(target))).body, "through");
}

TEST_F(ProxyTest, ThatWantsAUserSaysSo) {
  const std::string answer =
      "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n";
  const Failure none = failure_with(answer);
  EXPECT_EQ(none.failure, HttpFailure::proxy);
  EXPECT_EQ(none.text,
            proxy_name + " asks for a user and a password (status 407); write them in its URL");
  const Failure wrong = failure_with(answer, "me:hunter2@");
  EXPECT_EQ(wrong.failure, HttpFailure::proxy);
  EXPECT_EQ(wrong.text,
            proxy_name + " does not accept the user and password of its URL (status 407)");
}

TEST_F(ProxyTest, ThatRefusesIsQuotedByItsStatusOnly) {
  const Failure failure =
      failure_with("HTTP/1.1 403 hunter2\r\nContent-Length: 5\r\n\r\nno no", "me:hunter2@");
  EXPECT_EQ(failure.failure, HttpFailure::proxy);
  EXPECT_THAT(failure.text, AllOf(HasSubstr(proxy_name), HasSubstr("api.example.test:443"),
                                  HasSubstr("status 403"), Not(HasSubstr("hunter2"))));
}

TEST_F(ProxyTest, ThatHangsUpOrTalksNonsenseIsNamed) {
  EXPECT_EQ(failure_with("").failure, HttpFailure::proxy);
  EXPECT_EQ(failure_with("HTTP/1.1 200").failure, HttpFailure::proxy);
  const Failure nonsense = failure_with("SSH-2.0-OpenSSH_9.2\r\n");
  EXPECT_EQ(nonsense.failure, HttpFailure::protocol);
  EXPECT_THAT(nonsense.text, HasSubstr(proxy_name));
  EXPECT_EQ(failure_with("HTTP/1.1 200 OK\r\n\r\nbytes before TLS").failure, HttpFailure::proxy);
  EXPECT_EQ(failure_with("HTTP/1.1 200 OK\r\n" + std::string(100'000, 'x')).failure,
            HttpFailure::limit);
}

TEST_F(ProxyTest, ThatIsNotThereIsNamed) {
  std::optional<ConnectProxy> proxy(std::in_place, server.port(), ConnectProxy::Script{});
  HttpClient client(through(*proxy, "me:hunter2@"));
  const std::string there = "the proxy 127.0.0.1:" + std::to_string(proxy->port());
  proxy.reset();
  const Failure failure = fail(fetch(client, request_to(target)));
  EXPECT_EQ(failure.failure, HttpFailure::connect);
  EXPECT_THAT(failure.text, AllOf(HasSubstr(there), Not(HasSubstr("hunter2"))));
}

TEST_F(ProxyTest, ASettingThatIsNoProxyIsRefusedWithoutShowingIt) {
  for (const char* setting : {"socks5://me:hunter2@proxy", "https://me:hunter2@proxy",
                              "http://me:hunter2@", "http://me:hunter2@proxy:0"}) {
    HttpClientOptions options;
    options.proxy.https_proxy = setting;
    HttpClient client(options);
    const Failure failure = fail(fetch(client, request_to(target)));
    EXPECT_EQ(failure.failure, HttpFailure::refused) << setting;
    EXPECT_THAT(failure.text, AllOf(HasSubstr("proxy setting"), Not(HasSubstr("hunter2"))));
  }
}

}  // namespace
}  // namespace strandbus
