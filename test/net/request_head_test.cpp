#include "net/request_head.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strandbus {
namespace {

using detail::HttpError;
using detail::HttpFailure;
using detail::HttpRequest;
using detail::parse_url;
using detail::request_head;
using testing::HasSubstr;
using testing::Not;

HttpRequest request(const std::string& method, const std::string& url, std::string body = {}) {
  HttpRequest made;
  made.method = method;
  made.url = *parse_url(url);
  made.body = std::move(body);
  return made;
}

std::string refusal(const HttpRequest& bad) {
  try {
    return "accepted: " + request_head(bad, "agent");
  } catch (const HttpError& error) {
    EXPECT_EQ(error.failure(), HttpFailure::refused);
    return error.what();
  }
}

TEST(RequestHead, IsWrittenAsHttpWantsIt) {
  HttpRequest post = request("POST", "https://example.com/a?b", "12345");
  post.headers = {{"X-A", "1"}, {"X-B", ""}};
  EXPECT_EQ(request_head(post, "agent/1"),
            "POST /a?b HTTP/1.1\r\nHost: example.com\r\nUser-Agent: agent/1\r\n"
            "Accept-Encoding: identity\r\nX-A: 1\r\nX-B: \r\nContent-Length: 5\r\n\r\n");
}

TEST(RequestHead, TellsALengthWhereABodyIsExpected) {
  EXPECT_THAT(request_head(request("GET", "https://h"), "a"), Not(HasSubstr("Content-Length")));
  EXPECT_THAT(request_head(request("POST", "https://h"), "a"), HasSubstr("Content-Length: 0\r\n"));
  EXPECT_THAT(request_head(request("DELETE", "https://h", "x"), "a"),
              HasSubstr("Content-Length: 1\r\n"));
}

TEST(RequestHead, NamesTheHostAsTheUrlDoes) {
  EXPECT_THAT(request_head(request("GET", "https://h:8443"), "a"), HasSubstr("Host: h:8443\r\n"));
  EXPECT_THAT(request_head(request("GET", "http://[::1]:80"), "a"), HasSubstr("Host: [::1]\r\n"));
}

TEST(RequestHead, TheCallerMayNameItsOwnAgentAndEncoding) {
  HttpRequest get = request("GET", "https://h");
  get.headers = {{"user-agent", "mine"}, {"ACCEPT-ENCODING", "gzip"}};
  EXPECT_EQ(request_head(get, "agent"),
            "GET / HTTP/1.1\r\nHost: h\r\nuser-agent: mine\r\nACCEPT-ENCODING: gzip\r\n\r\n");
}

TEST(RequestHead, AHeaderCannotBreakOutOfItsLine) {
  for (const std::string value : {"a\r\nX: y", "a\n", "a\rb", "a\x01", "a\x7F"}) {
    HttpRequest bad = request("GET", "https://h:1");
    bad.headers = {{"Authorization", "Bearer hunter2" + value}};
    const std::string message = refusal(bad);
    EXPECT_THAT(message, HasSubstr("the header Authorization of a request to h:1 has a control"));
    EXPECT_THAT(message, Not(HasSubstr("hunter2")));
  }
  HttpRequest nul = request("GET", "https://h");
  nul.headers = {{"X", std::string("a\0b", 3)}};
  EXPECT_THAT(refusal(nul), HasSubstr("control character"));
  HttpRequest fine = request("GET", "https://h");
  fine.headers = {{"X", "tab\tand \xC3\xA9"}};
  EXPECT_THAT(request_head(fine, "a"), HasSubstr("X: tab\tand \xC3\xA9\r\n"));
}

TEST(RequestHead, ANameOfAHeaderIsAToken) {
  for (const char* name : {"", "X Y", "X:", "X\r\nY", "X\xC3\xA9", "(X)"}) {
    HttpRequest bad = request("GET", "https://h");
    bad.headers = {{name, "v"}};
    EXPECT_THAT(refusal(bad), HasSubstr("whose name is none")) << name;
  }
}

TEST(RequestHead, WhatBelongsToTheConnectionIsNotForTheCaller) {
  for (const char* name : {"Host", "content-length", "Transfer-Encoding", "Connection", "Upgrade",
                           "Expect", "TE", "Trailer", "Keep-Alive", "Proxy-Authorization"}) {
    HttpRequest bad = request("GET", "https://h");
    bad.headers = {{name, "v"}};
    EXPECT_THAT(refusal(bad), HasSubstr("written by the client itself")) << name;
  }
}

TEST(RequestHead, MethodAndTargetCannotBreakTheFirstLine) {
  HttpRequest bad = request("GET", "https://h");
  bad.method = "GET /";
  EXPECT_THAT(refusal(bad), HasSubstr("no valid method"));
  for (const char* target : {"", "a", "/a b", "/a\r\nX: y", "/\xC3\xA9"}) {
    bad = request("GET", "https://h");
    bad.url.target = target;
    EXPECT_THAT(refusal(bad), HasSubstr("parse_url")) << target;
  }
  for (const char* host : {"", "h\r\nX: y", "h h"}) {
    bad = request("GET", "https://h");
    bad.url.host = host;
    EXPECT_THAT(refusal(bad), HasSubstr("parse_url")) << host;
  }
}

TEST(RequestHead, AsksAProxyForATunnel) {
  const auto target = *parse_url("https://example.com/x");
  EXPECT_EQ(detail::connect_head(target, *parse_url("http://proxy"), "agent"),
            "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\nUser-Agent: "
            "agent\r\n\r\n");
  EXPECT_THAT(detail::connect_head(target, *parse_url("http://a:b@proxy"), "agent"),
              HasSubstr("\r\nProxy-Authorization: Basic YTpi\r\n\r\n"));
}

}  // namespace
}  // namespace strandbus
