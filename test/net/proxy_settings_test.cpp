#include "net/proxy_settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strandbus {
namespace {

using detail::parse_url;
using detail::proxy_authorization;
using detail::proxy_for;
using detail::Url;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// "host:port" of the proxy for a URL, "direct" if there is none.
std::string chosen(const std::string& url, const std::string& no_proxy,
                   const std::string& https_proxy = "http://proxy:3128") {
  const auto proxy = proxy_for({https_proxy, no_proxy}, *parse_url(url));
  if (!proxy) return "error: " + proxy.error().message;
  return *proxy ? (*proxy)->peer() : "direct";
}

bool direct(const std::string& url, const std::string& no_proxy) {
  return chosen(url, no_proxy) == "direct";
}

TEST(ProxySettings, WithoutAProxyAllIsDirect) {
  EXPECT_EQ(chosen("https://example.com", "", ""), "direct");
}

TEST(ProxySettings, AProxyServesEveryHostThatIsNotListed) {
  EXPECT_EQ(chosen("https://example.com", ""), "proxy:3128");
  EXPECT_EQ(chosen("https://10.1.2.3", "example.com"), "proxy:3128");
}

TEST(ProxySettings, TheSchemeOfAProxyMayBeLeftOut) {
  EXPECT_EQ(chosen("https://example.com", "", "proxy.corp:8080"), "proxy.corp:8080");
  EXPECT_EQ(chosen("https://example.com", "", "me:pw@proxy"), "proxy:80");
  EXPECT_EQ(chosen("https://example.com", "", "[fd00::1]:8080"), "[fd00::1]:8080");
}

TEST(ProxySettings, ThisMachineIsNeverProxied) {
  for (const char* url : {"http://localhost:1", "https://localhost", "http://127.0.0.1",
                          "https://127.9.9.9", "http://[::1]:80"}) {
    EXPECT_TRUE(direct(url, "")) << url;
  }
}

TEST(ProxySettings, ADomainStandsForItsSubdomains) {
  for (const char* list : {"example.com", ".example.com", "*.example.com", "EXAMPLE.com"}) {
    EXPECT_TRUE(direct("https://example.com", list)) << list;
    EXPECT_TRUE(direct("https://api.example.com", list)) << list;
    EXPECT_FALSE(direct("https://badexample.com", list)) << list;
    EXPECT_FALSE(direct("https://example.com.evil.org", list)) << list;
    EXPECT_FALSE(direct("https://com", list)) << list;
  }
}

TEST(ProxySettings, EntriesStandBetweenCommasOrSpaces) {
  for (const char* list : {"a,example.com,b", "a example.com b", " a , example.com ,",
                           "example.com,", "\texample.com"}) {
    EXPECT_TRUE(direct("https://example.com", list)) << list;
  }
  for (const char* list : {",", " , ", ".", "*.", ",,"}) {
    EXPECT_FALSE(direct("https://example.com", list)) << list;
  }
}

TEST(ProxySettings, AStarStandsForAll) {
  EXPECT_TRUE(direct("https://example.com", "*"));
  EXPECT_TRUE(direct("https://10.0.0.1", "a, *"));
}

TEST(ProxySettings, AnEntryWithAPortMeansThisPortOnly) {
  EXPECT_TRUE(direct("https://example.com:8443", "example.com:8443"));
  EXPECT_TRUE(direct("https://example.com", "example.com:443"));
  EXPECT_FALSE(direct("https://example.com", "example.com:8443"));
  EXPECT_TRUE(direct("https://[fd00::1]:99", "[fd00::1]:99"));
  EXPECT_FALSE(direct("https://[fd00::1]:99", "[fd00::1]:98"));
  EXPECT_TRUE(direct("https://10.0.0.1:99", "10.0.0.1:99"));
}

TEST(ProxySettings, AddressesAreComparedAsAddresses) {
  EXPECT_TRUE(direct("https://10.0.0.1", "10.0.0.1"));
  EXPECT_FALSE(direct("https://10.0.0.1", "0.0.1"));
  EXPECT_FALSE(direct("https://110.0.0.1", "10.0.0.1"));
  EXPECT_TRUE(direct("https://[fd00::1]", "fd00:0:0::1"));
  EXPECT_TRUE(direct("https://[FD00::1]", "[fd00::1]"));
}

TEST(ProxySettings, NetworksHoldTheirAddresses) {
  EXPECT_TRUE(direct("https://10.200.0.1", "10.0.0.0/8"));
  EXPECT_FALSE(direct("https://11.0.0.1", "10.0.0.0/8"));
  EXPECT_TRUE(direct("https://192.168.1.130", "192.168.1.128/25"));
  EXPECT_FALSE(direct("https://192.168.1.100", "192.168.1.128/25"));
  EXPECT_TRUE(direct("https://[fd00:1::5]", "fd00::/8"));
  EXPECT_FALSE(direct("https://[fe00::5]", "fd00::/8"));
  EXPECT_FALSE(direct("https://10.0.0.1", "fd00::/8, 10.0.0.0/99, 10.0.0.0/x"));
  EXPECT_TRUE(direct("https://1.2.3.4", "0.0.0.0/0"));
}

TEST(ProxySettings, AnUnusableProxyIsSaidWithoutItsPassword) {
  for (const char* proxy : {"socks5://me:hunter2@proxy", "https://me:hunter2@proxy", "http://",
                            "http://me:hunter2@proxy:port", "me:hunter2@", "http://pro xy"}) {
    EXPECT_THAT(chosen("https://example.com", "", proxy),
                AllOf(HasSubstr("error: the proxy setting is unusable"), Not(HasSubstr("hunter2"))))
        << proxy;
  }
}

TEST(ProxySettings, TheUserBecomesBasicCredentials) {
  const auto user = [](const char* url) { return proxy_authorization(*parse_url(url)); };
  EXPECT_EQ(user("http://proxy"), "");
  EXPECT_EQ(user("http://a:b@proxy"), "Basic YTpi");
  EXPECT_EQ(user("http://a@proxy"), "Basic YTo=");
  EXPECT_EQ(user("http://a:@proxy"), "Basic YTo=");
  EXPECT_EQ(user("http://t%C3%A9st:123%C2%A3@proxy"), "Basic dMOpc3Q6MTIzwqM=");
}

}  // namespace
}  // namespace strandbus
