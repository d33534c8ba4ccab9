#include "net/client_harness.hpp"
#include "net/http_client.hpp"
#include "support/temporary_directory.hpp"
#include "support/tls_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <cstdlib>
#include <memory>

// Who is believed to be the server, and what is said when it is not.

namespace strandbus {
namespace {

using namespace std::chrono_literals;
using detail::HttpClient;
using detail::HttpClientOptions;
using detail::HttpFailure;
using test::Authority;
using test::CertificateOrder;
using test::chunk;
using test::chunked_head;
using test::Failure;
using test::fetch;
using test::http_answer;
using test::Identity;
using test::ReceivedRequest;
using test::Reply;
using test::request_to;
using test::ScriptedServer;
using ::testing::AllOf;
using ::testing::HasSubstr;

struct HttpsTest : ::testing::Test, test::ClientHarness {
  HttpsTest() : ca_file(directory.write("ca.pem", authority.certificate())) {}

  /// A client that trusts the authority.
  HttpClient trusting() const {
    HttpClientOptions options;
    options.ca_file = ca_file;
    return HttpClient(options);
  }
  static std::unique_ptr<ScriptedServer> serve(const Identity& identity,
                                               std::vector<Reply> replies = {}) {
    return std::make_unique<ScriptedServer>(std::move(replies), test::with_tls(identity));
  }
  static std::string url(const ScriptedServer& server, const std::string& host = "localhost") {
    return "https://" + host + ":" + std::to_string(server.port()) + "/";
  }
  /// How a request to a server of this identity fails.
  Failure failure_with(const Identity& identity) {
    const auto server = serve(identity);
    HttpClient client = trusting();
    peer = "localhost:" + std::to_string(server->port());
    return fail(fetch(client, request_to(url(*server))));
  }

  testing::TemporaryDirectory directory;
  Authority authority;
  std::string ca_file;
  const CertificateOrder for_localhost{.hosts = {"localhost"}, .addresses = {"127.0.0.1"}};
  std::string peer;
};

TEST_F(HttpsTest, AServerOfATrustedAuthorityIsServed) {
  const auto server = serve(authority.issue(for_localhost), {{{http_answer(200, "secret")}}});
  HttpClient client = trusting();
  EXPECT_EQ(run(fetch(client, request_to(url(*server), "POST", "question"))).body, "secret");
  EXPECT_EQ(server->requests().at(0).body, "question");
  EXPECT_EQ(server->requests().at(0).header("Host"), "localhost:" + std::to_string(server->port()));
}

TEST_F(HttpsTest, AnAddressOfTheCertificateIsAcceptedToo) {
  const auto server = serve(authority.issue(for_localhost), {{{http_answer(200, "x")}}});
  HttpClient client = trusting();
  EXPECT_EQ(run(fetch(client, request_to(url(*server, "127.0.0.1")))).body, "x");
}

TEST_F(HttpsTest, TheEnvironmentMayNameAPrivateAuthority) {
  ASSERT_EQ(::setenv("SSL_CERT_FILE", ca_file.c_str(), 1), 0);
  HttpClient client;
  ASSERT_EQ(::unsetenv("SSL_CERT_FILE"), 0);
  const auto server = serve(authority.issue(for_localhost), {{{http_answer(200, "x")}}});
  EXPECT_EQ(run(fetch(client, request_to(url(*server)))).body, "x");
}

TEST_F(HttpsTest, AnUnknownAuthorityIsRefused) {
  const auto server = serve(authority.issue(for_localhost));
  HttpClient client;
  const Failure failure = fail(fetch(client, request_to(url(*server))));
  EXPECT_EQ(failure.failure, HttpFailure::tls);
  EXPECT_EQ(failure.text, "the certificate of localhost:" + std::to_string(server->port()) +
                              " is not signed by an authority that this machine knows; set "
                              "SSL_CERT_FILE to a PEM file of authorities to trust a private one");
  EXPECT_TRUE(server->requests().empty());
}

TEST_F(HttpsTest, AnotherHostsCertificateIsRefused) {
  const Failure failure =
      failure_with(authority.issue({.hosts = {"example.com", "localhost.example.com"}}));
  EXPECT_EQ(failure.failure, HttpFailure::tls);
  EXPECT_EQ(failure.text,
            "the certificate of " + peer + " is for another host; check the host in the URL");
}

TEST_F(HttpsTest, ANameDoesNotStandForAnAddress) {
  const auto server = serve(authority.issue({.hosts = {"localhost", "127.0.0.1"}}));
  HttpClient client = trusting();
  const Failure failure = fail(fetch(client, request_to(url(*server, "127.0.0.1"))));
  EXPECT_EQ(failure.failure, HttpFailure::tls);
  EXPECT_THAT(failure.text, HasSubstr("is for another host"));
}

TEST_F(HttpsTest, ACommonNameAloneDoesNotCount) {
  const Failure failure = failure_with(authority.issue({}));
  EXPECT_THAT(failure.text, HasSubstr("is for another host"));
}

TEST_F(HttpsTest, AnExpiredCertificateIsRefused) {
  CertificateOrder order = for_localhost;
  order.valid_from_days = -10;
  order.valid_to_days = -1;
  const Failure failure = failure_with(authority.issue(order));
  EXPECT_EQ(failure.failure, HttpFailure::tls);
  EXPECT_THAT(failure.text, HasSubstr("the certificate of " + peer + " has expired"));
}

TEST_F(HttpsTest, ACertificateOfTheFutureIsRefused) {
  CertificateOrder order = for_localhost;
  order.valid_from_days = 2;
  order.valid_to_days = 10;
  const Failure failure = failure_with(authority.issue(order));
  EXPECT_EQ(failure.failure, HttpFailure::tls);
  EXPECT_THAT(failure.text, AllOf(HasSubstr("is not valid yet"), HasSubstr("clock")));
}

TEST_F(HttpsTest, ASelfSignedCertificateIsRefused) {
  const Failure failure = failure_with(test::self_signed(for_localhost));
  EXPECT_EQ(failure.failure, HttpFailure::tls);
  EXPECT_THAT(failure.text, AllOf(HasSubstr("is signed by itself"), HasSubstr("SSL_CERT_FILE")));
}

TEST_F(HttpsTest, ASelfSignedCertificateMayBeTrusted) {
  const Identity identity = test::self_signed(for_localhost);
  const auto server = serve(identity, {{{http_answer(200, "x")}}});
  HttpClientOptions options;
  options.ca_file = directory.write("self.pem", identity.certificate);
  HttpClient client(options);
  EXPECT_EQ(run(fetch(client, request_to(url(*server)))).body, "x");
}

TEST_F(HttpsTest, OldVersionsOfTlsAreRefused) {
  ScriptedServer server(std::vector<Reply>(),
                        test::with_tls(authority.issue(for_localhost), TLS1_1_VERSION));
  HttpClient client = trusting();
  const Failure failure = fail(fetch(client, request_to(url(server))));
  EXPECT_EQ(failure.failure, HttpFailure::tls);
  EXPECT_THAT(failure.text, HasSubstr("no TLS connection to localhost:"));
}

TEST_F(HttpsTest, Tls12IsSpoken) {
  ScriptedServer server(std::vector<Reply>{{{http_answer(200, "x")}}, {{http_answer(200, "y")}}},
                        test::with_tls(authority.issue(for_localhost), TLS1_2_VERSION));
  HttpClient client = trusting();
  EXPECT_EQ(run(fetch(client, request_to(url(server)))).body, "x");
  EXPECT_EQ(run(fetch(client, request_to(url(server)))).body, "y");
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(HttpsTest, AServerWithoutTlsIsNamed) {
  test::TcpServer server([](int socket, int) {
    test::PlainChannel channel(socket);
    channel.read_some();
    channel.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    channel.finish();
  });
  HttpClient client = trusting();
  const std::string there = "localhost:" + std::to_string(server.port());
  const Failure failure = fail(fetch(client, request_to("https://" + there + "/")));
  EXPECT_EQ(failure.failure, HttpFailure::tls);
  EXPECT_THAT(failure.text, AllOf(HasSubstr(there), HasSubstr("https server listens")));
}

TEST_F(HttpsTest, AServerThatHangsUpInTheHandshakeIsNoFraud) {
  for (const bool reset : {false, true}) {
    test::TcpServer server([reset](int socket, int) {
      test::PlainChannel channel(socket);
      channel.read_some();
      if (reset) test::close_by_reset(socket);
    });
    HttpClient client = trusting();
    const std::string there = "localhost:" + std::to_string(server.port());
    const Failure failure = fail(fetch(client, request_to("https://" + there + "/")));
    EXPECT_EQ(failure.failure, HttpFailure::closed) << failure.text;
  }
}

TEST_F(HttpsTest, AConnectionIsUsedAgain) {
  ScriptedServer server([](const ReceivedRequest&) { return Reply{{http_answer(200, "x")}}; },
                        test::with_tls(authority.issue(for_localhost)));
  HttpClient client = trusting();
  for (int i = 0; i < 4; ++i) run(fetch(client, request_to(url(server))));
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(HttpsTest, AnIdleConnectionThatWasEndedIsReplaced) {
  for (const Reply::Then then : {Reply::Then::close, Reply::Then::cut, Reply::Then::reset}) {
    const auto server = serve(authority.issue(for_localhost),
                              {{{http_answer(200, "a")}}, {{}, then}, {{http_answer(200, "b")}}});
    HttpClient client = trusting();
    EXPECT_EQ(run(fetch(client, request_to(url(*server)))).body, "a");
    EXPECT_EQ(run(fetch(client, request_to(url(*server)))).body, "b");
    EXPECT_EQ(server->connections(), 2);
  }
}

TEST_F(HttpsTest, ABodyUntilTheEndNeedsTheEndToBeSaid) {
  const std::string answer = "HTTP/1.1 200 OK\r\n\r\nall of it?";
  const auto server = serve(authority.issue(for_localhost),
                            {{{answer}, Reply::Then::close}, {{answer}, Reply::Then::cut}});
  HttpClient client = trusting();
  EXPECT_EQ(run(fetch(client, request_to(url(*server)))).body, "all of it?");
  const Failure failure = fail(fetch(client, request_to(url(*server))));
  EXPECT_EQ(failure.failure, HttpFailure::closed);
  EXPECT_THAT(failure.text, HasSubstr("before the answer was whole"));
}

TEST_F(HttpsTest, ABodyThatBreaksOffIsNoAnswer) {
  const std::string beginning = chunked_head(200) + chunk("data: a\n\n");
  for (const Reply::Then then : {Reply::Then::close, Reply::Then::cut, Reply::Then::reset}) {
    const auto server = serve(authority.issue(for_localhost), {{{beginning}, then}});
    HttpClient client = trusting();
    const Failure failure = fail(fetch(client, request_to(url(*server))));
    EXPECT_EQ(failure.failure, HttpFailure::closed);
  }
}

TEST_F(HttpsTest, LargeBodiesPassBothWays) {
  ScriptedServer server(
      [](const ReceivedRequest& request) { return Reply{{http_answer(200, request.body)}}; },
      test::with_tls(authority.issue(for_localhost)));
  HttpClient client = trusting();
  const std::string large(3'000'000, 'z');
  EXPECT_TRUE(run(fetch(client, request_to(url(server), "POST", large))).body == large);
}

}  // namespace
}  // namespace strandbus
