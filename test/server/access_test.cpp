#include "server/access.hpp"

#include "server/requests.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace strandbus {
namespace {

using detail::Access;
using detail::AccessOptions;
using detail::AccessPolicy;
using detail::LoginSeal;
using detail::ServerRequest;
using ::testing::HasSubstr;

const std::string token = "0123456789abcdef";
const LoginSeal::Clock::time_point noon{std::chrono::hours(12)};

AccessOptions options() {
  AccessOptions options;
  options.address = asio::ip::make_address("127.0.0.1");
  options.port = 8080;
  options.token = token;
  options.allowed_hosts = {"agents.example", "proxied.example:443"};
  options.allowed_origins = {"https://app.example"};
  return options;
}

/// One value of one dimension, and whether a request with it may be let in.
struct Value {
  std::optional<std::string> text;
  bool good = false;
};

class AccessTable : public ::testing::Test {
 protected:
  int status(const ServerRequest& request) const {
    const Access access = policy_.decide(request, noon);
    return access.refusal ? access.refusal->status : 200;
  }

  int status(const std::string& method, const std::string& path,
             const std::vector<std::pair<std::string, std::string>>& headers) const {
    return status(test::make_request(method, path, headers));
  }

  AccessPolicy policy_{options()};
  const std::string cookie_ = policy_.new_cookie(noon);
};

const std::vector<Value> hosts{{"127.0.0.1:8080", true},
                               {"localhost:8080", true},
                               {"LOCALHOST:8080", true},
                               {"[::1]:8080", true},
                               {"agents.example:8080", true},
                               {"agents.example", true},
                               {"proxied.example:443", true},
                               {"127.0.0.1", false},
                               {"127.0.0.1:8081", false},
                               {"localhost", false},
                               {"evil.example:8080", false},
                               {"evil.example", false},
                               {"127.0.0.1.evil.example:8080", false},
                               {"localhost.evil.example:8080", false},
                               {"proxied.example", false},
                               {"proxied.example:8080", false},
                               {"127.0.0.1:8080:8080", false},
                               {"127.0.0.1:8080@evil.example", false},
                               {"evil.example@127.0.0.1:8080", false},
                               {"10.0.0.1:8080", false},
                               {"0.0.0.0:8080", false},
                               {"2130706433:8080", false},
                               {"0x7f.0.0.1:8080", false},
                               {"localhost.:8080", false},
                               {"[::2]:8080", false},
                               {"[::1:8080", false},
                               {"127.0.0.1:08080", true},
                               {"127.0.0.1:+8080", false},
                               {"127.0.0.1:", false},
                               {"", false},
                               {std::nullopt, false}};

/// What comes with the token, or with the cookie, decides; the rest is how it is written.
struct Proof {
  std::vector<std::pair<std::string, std::string>> headers;
  bool good = false;
};

std::vector<Proof> proofs(const std::string& cookie) {
  return {
      {{{"Authorization", "Bearer " + token}}, true},
      {{{"Authorization", "bearer " + token}}, true},
      {{{"authorization", "Bearer " + token}, {"Cookie", "strandbus_8080=wrong"}}, true},
      {{{"Cookie", cookie}, {"Sec-Fetch-Site", "same-origin"}}, true},
      {{{"Cookie", "a=b; " + cookie + "; c=d"}, {"Sec-Fetch-Site", "same-origin"}}, true},
      {{}, false},
      {{{"Authorization", token}}, false},
      {{{"Authorization", "Bearer"}}, false},
      {{{"Authorization", "Bearer "}}, false},
      {{{"Authorization", "Bearer  " + token}}, false},
      {{{"Authorization", "Bearer " + token + " "}}, false},
      {{{"Authorization", "Bearer 0123456789abcdee"}}, false},
      {{{"Authorization", "Bearer 0123456789ABCDEF"}}, false},
      {{{"Authorization", "Bearer 0123456789abcde"}}, false},
      {{{"Authorization", "Basic " + token}}, false},
      {{{"Authorization", "Bearer wrong"}, {"Cookie", cookie}}, false},
      {{{"X-Authorization", "Bearer " + token}}, false},
      {{{"Cookie", "strandbus_8080=" + token}}, false},
      {{{"Cookie", "strandbus_8080="}}, false},
      {{{"Cookie", "strandbus_9090=" + cookie.substr(15)}}, false},
      {{{"Cookie", "x" + cookie}}, false},
      {{{"Cookie", cookie + "0"}}, false},
      {{{"Cookie", cookie}, {"Sec-Fetch-Site", "cross-site"}}, false},
      {{{"Cookie", cookie}, {"Sec-Fetch-Site", "same-site"}}, false},
  };
}

TEST_F(AccessTable, LetsInTheGoodRequestsAndNoForgedOneOfAllCombinations) {
  const std::vector<std::string> methods{"GET", "POST", "OPTIONS"};
  const std::vector<std::string> paths{"/v1/sessions", "/metrics", "//healthz"};
  // Foreign ones are refused whatever else there is; an own one depends on the host.
  const std::vector<Value> origins{{std::nullopt, true},
                                   {"https://app.example", true},
                                   {"https://APP.example", true},
                                   {"http://app.example", false},
                                   {"https://app.example:8443", false},
                                   {"https://app.example.evil.example", false},
                                   {"https://evil.example", false},
                                   {"http://localhost:3000", false},
                                   {"null", false},
                                   {"", false}};
  int accepted = 0;
  int refused = 0;
  for (const std::string& method : methods) {
    for (const std::string& path : paths) {
      for (const Value& host : hosts) {
        for (const Value& origin : origins) {
          for (const Proof& proof : proofs(cookie_)) {
            auto headers = proof.headers;
            if (host.text) headers.emplace_back("Host", *host.text);
            if (origin.text) headers.emplace_back("Origin", *origin.text);
            const bool site_excused =
                origin.text && proof.headers.size() == 2 && proof.headers[0].second == cookie_;
            const bool good = host.good && origin.good && (proof.good || site_excused);
            const int got = status(method, path, headers);
            ASSERT_EQ(got == 200, good)
                << method << ' ' << path << " Host " << host.text.value_or("-") << " Origin "
                << origin.text.value_or("-") << " proof "
                << (proof.headers.empty() ? "-" : proof.headers[0].second);
            if (!host.good || !origin.good) {
              ASSERT_EQ(got, 403);
            }
            ++(good ? accepted : refused);
          }
        }
      }
    }
  }
  EXPECT_GT(accepted, 1000);
  EXPECT_GT(refused, 50000);
}

TEST_F(AccessTable, TakesACookieForAChangeOnlyFromAPageOfTheServer) {
  const auto with = [&](std::vector<std::pair<std::string, std::string>> more) {
    more.emplace_back("Host", "127.0.0.1:8080");
    more.emplace_back("Cookie", cookie_);
    return status("POST", "/v1/sessions", more);
  };
  EXPECT_EQ(with({{"Sec-Fetch-Site", "same-origin"}}), 200);
  EXPECT_EQ(with({{"Origin", "http://127.0.0.1:8080"}}), 200);
  EXPECT_EQ(with({}), 403);
  EXPECT_EQ(with({{"Sec-Fetch-Site", "none"}}), 403);
  EXPECT_EQ(with({{"Sec-Fetch-Site", "same-site"}}), 403);
  EXPECT_EQ(with({{"Origin", "http://localhost:8080"}}), 403);
}

TEST_F(AccessTable, LetsAPersonOpenAPageWithTheCookie) {
  EXPECT_EQ(status("GET", "/v1/sessions", {{"Host", "127.0.0.1:8080"}, {"Cookie", cookie_}}), 200);
  EXPECT_EQ(status("GET", "/v1/sessions",
                   {{"Host", "127.0.0.1:8080"}, {"Cookie", cookie_}, {"Sec-Fetch-Site", "none"}}),
            200);
}

TEST_F(AccessTable, TakesAnOriginThatIsTheHostOfTheRequest) {
  const auto with = [&](const std::string& host, const std::string& origin) {
    return status("GET", "/metrics",
                  {{"Host", host}, {"Origin", origin}, {"Authorization", "Bearer " + token}});
  };
  EXPECT_EQ(with("127.0.0.1:8080", "http://127.0.0.1:8080"), 200);
  EXPECT_EQ(with("127.0.0.1:8080", "https://127.0.0.1:8080"), 403);
  EXPECT_EQ(with("agents.example", "https://agents.example"), 200);  // a proxy speaks TLS
  EXPECT_EQ(with("agents.example", "http://agents.example:8080"), 403);
  EXPECT_EQ(with("evil.example:8080", "http://evil.example:8080"), 403);
}

TEST_F(AccessTable, AsksForNoTokenButForTheHostAtTheProbes) {
  for (const std::string path : {"/healthz", "/readyz", "/login?code=x"}) {
    EXPECT_EQ(status("GET", path, {{"Host", "127.0.0.1:8080"}}), 200) << path;
    EXPECT_EQ(status("GET", path, {{"Host", "evil.example:8080"}}), 403) << path;
    EXPECT_EQ(status("GET", path, {{"Host", "127.0.0.1:8080"}, {"Origin", "https://evil.example"}}),
              403)
        << path;
  }
  EXPECT_EQ(status("POST", "/login?code=x", {{"Host", "127.0.0.1:8080"}}), 401);
}

TEST_F(AccessTable, EndsALoginAfterThirtyDaysOrWithAnotherToken) {
  const auto request =
      test::make_request("GET", "/", {{"Host", "localhost:8080"}, {"Cookie", cookie_}});
  const auto last = noon + LoginSeal::lifetime - std::chrono::seconds(1);
  EXPECT_FALSE(policy_.decide(request, last).refusal);
  EXPECT_EQ(policy_.decide(request, noon + LoginSeal::lifetime).refusal->status, 401);
  EXPECT_FALSE(AccessPolicy(options()).decide(request, noon).refusal);  // the next process
  AccessOptions changed = options();
  changed.token = "0123456789abcdeg";
  EXPECT_EQ(AccessPolicy(changed).decide(request, noon).refusal->status, 401);
}

TEST_F(AccessTable, TellsWhoHasComeByACookie) {
  const auto by = [&](const std::string& name, const std::string& value) {
    return policy_.decide(
        test::make_request("GET", "/", {{"Host", "localhost:8080"}, {name, value}}), noon);
  };
  EXPECT_TRUE(by("Cookie", cookie_).by_cookie);
  EXPECT_FALSE(by("Authorization", "Bearer " + token).by_cookie);
}

TEST_F(AccessTable, SaysHowToAuthenticate) {
  const Access access =
      policy_.decide(test::make_request("GET", "/", {{"Host", "localhost:8080"}}), noon);
  ASSERT_TRUE(access.refusal);
  EXPECT_EQ(access.refusal->status, 401);
  ASSERT_EQ(access.refusal->headers.size(), 1U);
  EXPECT_EQ(access.refusal->headers[0].name, "WWW-Authenticate");
}

TEST_F(AccessTable, ShowsTheTokenInNoRefusal) {
  for (const Proof& proof : proofs(cookie_)) {
    auto headers = proof.headers;
    headers.emplace_back("Host", "localhost:8080");
    const Access access = policy_.decide(test::make_request("GET", "/", headers), noon);
    if (access.refusal) {
      EXPECT_THAT(access.refusal->message, Not(HasSubstr(token)));
    }
  }
}

TEST_F(AccessTable, AnswersAPreflightOfAnAllowedOriginWithoutToken) {
  const auto preflight = [&](const std::string& method, const std::string& origin) {
    return policy_.decide(test::make_request(method, "/v1/sessions",
                                             {{"Host", "localhost:8080"},
                                              {"Origin", origin},
                                              {"Access-Control-Request-Method", "POST"}}),
                          noon);
  };
  const Access good = preflight("OPTIONS", "https://app.example");
  EXPECT_FALSE(good.refusal);
  EXPECT_TRUE(good.preflight);
  EXPECT_EQ(good.cors_origin, "https://app.example");
  EXPECT_TRUE(preflight("OPTIONS", "https://evil.example").refusal);
  EXPECT_TRUE(preflight("GET", "https://app.example").refusal);
}

TEST_F(AccessTable, GivesCorsHeadersToNoOriginThatIsNotListed) {
  EXPECT_EQ(policy_
                .decide(test::make_request(
                            "GET", "/",
                            {{"Host", "localhost:8080"}, {"Origin", "http://localhost:8080"}}),
                        noon)
                .cors_origin,
            "");
}

TEST(AccessPolicy, TakesEveryAddressAsItsOwnWhenItListensAtAll) {
  AccessOptions all = options();
  all.address = asio::ip::make_address("0.0.0.0");
  const AccessPolicy policy(all);
  const auto refused = [&](const std::string& host) {
    return policy.decide(test::make_request("GET", "/healthz", {{"Host", host}}), noon)
        .refusal.has_value();
  };
  EXPECT_FALSE(refused("192.168.1.7:8080"));
  EXPECT_FALSE(refused("[fe80::1]:8080"));
  EXPECT_TRUE(refused("192.168.1.7:8081"));
  EXPECT_TRUE(refused("evil.example:8080"));  // a name may have been made to point here
}

TEST(AccessPolicy, LetsThePortOutOnlyWhenItIsThatOfHttp) {
  AccessOptions web = options();
  web.port = 80;
  const AccessPolicy policy(web);
  EXPECT_FALSE(
      policy.decide(test::make_request("GET", "/healthz", {{"Host", "127.0.0.1"}}), noon).refusal);
}

TEST(AccessOptions, AreRefusedByName) {
  const auto message = [](const std::string& given, const std::vector<std::string>& given_hosts,
                          const std::vector<std::string>& origins) -> std::string {
    try {
      detail::check_access_options(given, given_hosts, origins);
      return "";
    } catch (const std::invalid_argument& refused) {
      return refused.what();
    }
  };
  EXPECT_EQ(message(token, {"a.example", "b:1", "[::1]:80"}, {"https://a", "http://b:3000"}), "");
  EXPECT_THAT(message("", {}, {}), HasSubstr("HttpServerOptions::token: has 0 bytes"));
  EXPECT_THAT(message("short-secret", {}, {}), Not(HasSubstr("short-secret")));
  EXPECT_THAT(message("has a space in it, long", {}, {}), HasSubstr("visible"));
  EXPECT_THAT(message(token, {""}, {}), HasSubstr("allowed_hosts"));
  EXPECT_THAT(message(token, {"a:0"}, {}), HasSubstr("allowed_hosts"));
  EXPECT_THAT(message(token, {}, {"app.example"}), HasSubstr("allowed_origins"));
  EXPECT_THAT(message(token, {}, {"https://app.example/"}), HasSubstr("allowed_origins"));
  EXPECT_THAT(message(token, {}, {"*"}), HasSubstr("allowed_origins"));
}

}  // namespace
}  // namespace strandbus
