#include "net/url.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strandbus {
namespace {

using detail::parse_url;
using detail::Url;
using testing::HasSubstr;
using testing::Not;

Url parsed(std::string_view text) {
  const auto url = parse_url(text);
  EXPECT_TRUE(url.has_value()) << text << ": " << (url ? "" : url.error().message);
  return url ? *url : Url{};
}

std::string refusal(std::string_view text) {
  const auto url = parse_url(text);
  EXPECT_FALSE(url.has_value()) << text;
  return url ? "" : url.error().message;
}

TEST(Url, IsTakenApart) {
  const Url url = parsed("https://api.example.com:8443/v1/chat?a=b&c=%20");
  EXPECT_EQ(url.scheme, "https");
  EXPECT_EQ(url.host, "api.example.com");
  EXPECT_EQ(url.port, 8443);
  EXPECT_EQ(url.target, "/v1/chat?a=b&c=%20");
  EXPECT_EQ(url.userinfo, "");
  EXPECT_EQ(url.authority(), "api.example.com:8443");
  EXPECT_TRUE(url.secure());
}

TEST(Url, HasTheDefaultPortOfItsScheme) {
  EXPECT_EQ(parsed("https://h").port, 443);
  EXPECT_EQ(parsed("http://h").port, 80);
  EXPECT_EQ(parsed("https://h:443").authority(), "h");
  EXPECT_EQ(parsed("http://h:80").authority(), "h");
  EXPECT_EQ(parsed("http://h:443").authority(), "h:443");
}

TEST(Url, HasATargetAlways) {
  EXPECT_EQ(parsed("https://h").target, "/");
  EXPECT_EQ(parsed("https://h/").target, "/");
  EXPECT_EQ(parsed("https://h?q").target, "/?q");
  EXPECT_EQ(parsed("https://h/a//b").target, "/a//b");
}

TEST(Url, SchemeAndHostAreWrittenSmall) {
  const Url url = parsed("HTTPS://API.Example.COM/Path");
  EXPECT_EQ(url.scheme, "https");
  EXPECT_EQ(url.host, "api.example.com");
  EXPECT_EQ(url.target, "/Path");
}

TEST(Url, AnIpv6AddressStandsInBrackets) {
  const Url url = parsed("http://[::1]:8080/x");
  EXPECT_EQ(url.host, "::1");
  EXPECT_EQ(url.port, 8080);
  EXPECT_EQ(url.authority(), "[::1]:8080");
  EXPECT_EQ(parsed("https://[2001:DB8::1]").authority(), "[2001:db8::1]");
}

TEST(Url, TheUserIsDecoded) {
  const Url url = parsed("http://me:p%40ss%3A@proxy:3128");
  EXPECT_EQ(url.userinfo, "me:p@ss:");
  EXPECT_EQ(url.host, "proxy");
  EXPECT_EQ(url.authority(), "proxy:3128");
}

TEST(Url, WhatIsWrongIsSaidWithWhatToDo) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases{
      {"", "empty"},
      {"api.example.com/v1", "begin it with https://"},
      {"ftp://h/", "neither https nor http"},
      {"://h/", "neither https nor http"},
      {"https://", "has no host"},
      {"https:///v1", "has no host"},
      {"https://:443/", "has no host"},
      {"https://?q", "has no host"},
      {"https://h:0/", "port is not a number from 1 to 65535"},
      {"https://h:65536/", "port is not a number"},
      {"https://h:/", "port is not a number"},
      {"https://h:+80/", "port is not a number"},
      {"https://h:8o/", "port is not a number"},
      {"https://h:99999999999999999999/", "port is not a number"},
      {"https://h/a b", "a space"},
      {"https://h/a\nb", "a control character"},
      {"https://h\x7F/", "a control character"},
      {"https://h/\xC3\xA9", "beyond ASCII"},
      {"https://m\xC3\xBCnchen/", "xn--"},
      {"https://h/#top", "a fragment"},
      {"https://h/a\\b", "'\\'"},
      {"https://h/<x>", "'<'"},
      {"https://h/%", "two hexadecimal digits"},
      {"https://h/%4", "two hexadecimal digits"},
      {"https://h/%zz", "two hexadecimal digits"},
      {"https://h/a[0]", "'['"},
      {"https://a..b/", "an empty part"},
      {"https://.a/", "an empty part"},
      {"https://a./", "an empty part"},
      {"https://a%2eb/", "letters, digits"},
      {"https://a,b/", "letters, digits"},
      {"https://[::1/", "closing"},
      {"https://[::g]/", "not an IPv6 address"},
      {"https://[fe80::1%25eth0]/", "not an IPv6 address"},
      {"https://[127.0.0.1]/", "not an IPv6 address"},
      {"https://[::1]8080/", "only a port may follow"},
      {"https://a@b@c/", "%40"},
      {"https://a%0d@c/", "control character"},
      {"https://a%0@c/", "two hexadecimal digits"},
  };
  for (const auto& [text, message] : cases) {
    EXPECT_THAT(refusal(text), HasSubstr(message)) << text;
  }
  using namespace std::string_view_literals;
  EXPECT_THAT(refusal("https://h/a\0b"sv), HasSubstr("a control character"));
}

TEST(Url, LongTextsAreRefused) {
  EXPECT_THAT(refusal("https://h/" + std::string(8000, 'a')), HasSubstr("longer than 8000 bytes"));
  EXPECT_THAT(refusal("https://" + std::string(254, 'a')), HasSubstr("253"));
  EXPECT_EQ(parsed("https://" + std::string(253, 'a')).host.size(), 253U);
}

TEST(Url, NoMessageShowsAPassword) {
  for (const std::string_view text :
       {"https://me:secret@", "https://me:secret", "https://me:secret/x@h", "me:secret@h",
        "https://me:sec ret@h", "https://me:secret@h:99999", "https://me:secret%@h",
        "https://me:a@secret@h", "secret://h", "https://[secret]/", "https://h/#secret"}) {
    EXPECT_THAT(refusal(text), Not(HasSubstr("sec"))) << text;
  }
}

bool loopback(const std::string& host) { return Url{.scheme = "http", .host = host}.is_loopback(); }

TEST(Url, ThisMachineIsLocalhostAndItsLoopbackAddresses) {
  for (const char* host : {"localhost", "127.0.0.1", "127.255.1.2", "::1", "0:0:0:0:0:0:0:1"}) {
    EXPECT_TRUE(loopback(host)) << host;
  }
  EXPECT_TRUE(parsed("http://LOCALHOST/").is_loopback());
}

TEST(Url, NoOtherHostPassesForThisMachine) {
  for (const char* host : {"127.1",
                           "0x7f.1",
                           "0x7f.0.0.1",
                           "0177.0.0.1",
                           "127.0.0.01",
                           "2130706433",
                           "127.0.0.1.",
                           "127.0.0.1.evil.com",
                           "localhost.evil.com",
                           "evil.localhost",
                           "localhost.",
                           "localhos",
                           "0.0.0.0",
                           "::",
                           "::ffff:127.0.0.1",
                           "::ffff:7f00:1",
                           "::127.0.0.1",
                           "128.0.0.1",
                           "126.255.255.255",
                           "fe80::1",
                           "example.com",
                           "",
                           " 127.0.0.1",
                           "127.0.0.1 "}) {
    EXPECT_FALSE(loopback(host)) << host;
  }
}

}  // namespace
}  // namespace strandbus
