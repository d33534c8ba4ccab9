#include "server/request_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus {
namespace {

using detail::RequestReader;
using detail::ServerRequest;

constexpr std::size_t max_header = 1000;
constexpr std::size_t max_body = 100;

/// What was read of the bytes of a connection: "GET /x [body]", one for each request, then the
/// status with which it was refused.
std::vector<std::string> read_all(std::string_view bytes, std::size_t step) {
  RequestReader reader(max_header, max_body);
  std::vector<std::string> result;
  for (std::size_t at = 0; at <= bytes.size(); at += step) {
    reader.feed(bytes.substr(at, step));
    while (reader.read_head() && reader.read_body()) {
      const ServerRequest& request = reader.request();
      result.push_back(request.method + ' ' + request.target.path + " [" + request.body + ']');
      reader.next();
    }
    if (reader.refusal()) {
      result.push_back(std::to_string(reader.refusal()->status));
      return result;
    }
  }
  return result;
}

/// However the bytes are cut, the same must come out.
std::vector<std::string> read_all(std::string_view bytes) {
  const auto whole = read_all(bytes, std::max<std::size_t>(bytes.size(), 1));
  for (const std::size_t step : {1U, 2U, 3U, 7U, 50U})
    EXPECT_EQ(read_all(bytes, step), whole) << step;
  return whole;
}

using List = std::vector<std::string>;

TEST(RequestReader, ReadsOneRequestAfterTheOther) {
  EXPECT_EQ(read_all("GET /a HTTP/1.1\r\nHost: h\r\n\r\n"
                     "POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
                     "\r\nPOST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                     "2;x=y\r\nab\r\n1\r\nc\r\n0\r\nTrailer: t\r\n\r\n"
                     "HEAD /d HTTP/1.0\r\n\r\n"),
            (List{"GET /a []", "POST /b [abc]", "POST /c [abc]", "HEAD /d []"}));
}

TEST(RequestReader, KeepsTrailersOutOfTheHeaders) {
  RequestReader reader(max_header, max_body);
  reader.feed(
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "0\r\nAuthorization: Bearer x\r\n\r\n");
  ASSERT_TRUE(reader.read_head() && reader.read_body());
  EXPECT_FALSE(reader.request().header("Authorization"));
}

TEST(RequestReader, RefusesWhatAnotherServerCouldReadDifferently) {
  const auto post = [](const std::string& headers, const std::string& rest = "0\r\n\r\n") {
    return read_all("POST / HTTP/1.1\r\nHost: h\r\n" + headers + "\r\n" + rest);
  };
  const List bad{"400"};
  EXPECT_EQ(post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), bad);
  EXPECT_EQ(post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), bad);
  EXPECT_EQ(post("Content-Length: 5\r\nContent-Length: 5\r\n"), bad);
  EXPECT_EQ(post("Content-Length: 5\r\nContent-Length: 6\r\n"), bad);
  EXPECT_EQ(post("Content-Length: 5, 5\r\n"), bad);
  EXPECT_EQ(post("Content-Length: +5\r\n"), bad);
  EXPECT_EQ(post("Content-Length: -1\r\n"), bad);
  EXPECT_EQ(post("Content-Length: 0x5\r\n"), bad);
  EXPECT_EQ(post("Content-Length: 5 \t5\r\n"), bad);
  EXPECT_EQ(post("Content-Length:\r\n"), bad);
  EXPECT_EQ(post("Content-Length: 99999999999999999999\r\n"), bad);
  EXPECT_EQ(post("Content-Length : 5\r\n"), bad);
  EXPECT_EQ(post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), bad);
  EXPECT_EQ(post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"), bad);
  EXPECT_EQ(post("Transfer-Encoding: gzip, chunked\r\n"), List{"501"});
  EXPECT_EQ(post("Transfer-Encoding: chunked, identity\r\n"), List{"501"});
  EXPECT_EQ(post("Transfer-Encoding: xchunked\r\n"), List{"501"});
  EXPECT_EQ(post("Transfer-Encoding : chunked\r\n"), bad);
  EXPECT_EQ(post(" Transfer-Encoding: chunked\r\n"), bad);
  EXPECT_EQ(post("X: y\r\n Transfer-Encoding: chunked\r\n"), bad);
  EXPECT_EQ(post("X: y\r\n\tz\r\n"), bad);
  EXPECT_EQ(post("X: y\nContent-Length: 5\r\n"), bad);
  EXPECT_EQ(post("X: y\rContent-Length: 5\r\n"), bad);
  EXPECT_EQ(post(std::string("X: y\0z\r\n", 8)), bad);
  EXPECT_EQ(post("X y\r\n"), bad);
  EXPECT_EQ(post(": y\r\n"), bad);
  EXPECT_EQ(read_all("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), bad);
}

TEST(RequestReader, RefusesChunksThatAreNone) {
  const auto chunked = [](const std::string& body) {
    return read_all("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + body);
  };
  EXPECT_EQ(chunked("x\r\n"), List{"400"});
  EXPECT_EQ(chunked("-1\r\nab\r\n"), List{"400"});
  EXPECT_EQ(chunked("2\r\nabc\r\n0\r\n\r\n"), List{"400"});
  EXPECT_EQ(chunked("fffffffffffffffff\r\n"), List{"400"});
  EXPECT_EQ(chunked("65\r\n" + std::string(101, 'x') + "\r\n"), List{"413"});
  EXPECT_EQ(chunked("1;" + std::string(2 * max_header, 'x')), List{"431"});
  EXPECT_EQ(chunked("0\r\nX: " + std::string(2 * max_header, 'x')), List{"431"});
}

TEST(RequestReader, RefusesAHeadThatIsTooLarge) {
  const std::string begin = "GET / HTTP/1.1\r\nHost: h\r\nX: ";
  const std::size_t room = max_header - begin.size() - 4;
  EXPECT_EQ(read_all(begin + std::string(room, 'x') + "\r\n\r\n"), List{"GET / []"});
  EXPECT_EQ(read_all(begin + std::string(room + 1, 'x') + "\r\n\r\n"), List{"431"});
  EXPECT_EQ(read_all(std::string(max_header + 1, 'x')), List{"431"});
}

TEST(RequestReader, RefusesABodyThatIsTooLargeBeforeItComes) {
  EXPECT_EQ(read_all("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 101\r\n\r\n"), List{"413"});
  EXPECT_EQ(
      read_all("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n" + std::string(100, 'x')),
      List{"POST / [" + std::string(100, 'x') + "]"});
}

TEST(RequestReader, RefusesRequestLinesThatAreNone) {
  const auto line = [](const std::string& first) {
    return read_all(first + "\r\nHost: h\r\n\r\n");
  };
  for (const std::string bad :
       {"GET", "GET /", "GET / HTTP", " GET / HTTP/1.1", "GET  / HTTP/1.1", "GET /a b HTTP/1.1",
        "G@T / HTTP/1.1", "GET x HTTP/1.1", "GET /%zz HTTP/1.1", "GET /\xC3\xA4 HTTP/1.1",
        "GET * HTTP/1.1", "GET /%00 HTTP/1.1", "CONNECT h:1 HTTP/1.1"}) {
    const List got = line(bad);
    EXPECT_TRUE(got == List{"400"} || got == List{"505"}) << bad << ' ' << got.front();
  }
  EXPECT_EQ(line("GET / HTTP/2.0"), List{"505"});
  EXPECT_EQ(line("GET / HTTP/1.2"), List{"505"});
  EXPECT_EQ(line("GET / HTTP/0.9"), List{"505"});
  EXPECT_EQ(line("OPTIONS * HTTP/1.1"), List{"OPTIONS / []"});
}

TEST(RequestReader, WantsOneHost) {
  EXPECT_EQ(read_all("GET / HTTP/1.1\r\n\r\n"), List{"400"});
  EXPECT_EQ(read_all("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"), List{"400"});
  EXPECT_EQ(read_all("GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n"), List{"400"});
  EXPECT_EQ(read_all("GET http://a/x HTTP/1.1\r\nHost: a\r\n\r\n"), List{"GET /x []"});
  EXPECT_EQ(read_all("GET http://a HTTP/1.1\r\nHost: a\r\n\r\n"), List{"GET / []"});
  EXPECT_EQ(read_all("GET http://b/x HTTP/1.1\r\nHost: a\r\n\r\n"), List{"400"});
  EXPECT_EQ(read_all("GET http://a@b/x HTTP/1.1\r\nHost: b\r\n\r\n"), List{"400"});
}

TEST(RequestReader, WantsOneAnswerToWhoAsks) {
  for (const std::string name : {"Authorization", "Origin", "Content-Type"}) {
    EXPECT_EQ(read_all("GET / HTTP/1.1\r\nHost: h\r\n" + name + ": a\r\n" + name + ": a\r\n\r\n"),
              List{"400"})
        << name;
  }
}

TEST(RequestReader, KnowsWhoWaitsForLeaveToSendTheBody) {
  RequestReader reader(max_header, max_body);
  reader.feed("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-Continue\r\n\r\n");
  ASSERT_TRUE(reader.read_head());
  EXPECT_TRUE(reader.expects_continue());
  EXPECT_FALSE(reader.read_body());
  reader.feed("ab");
  EXPECT_TRUE(reader.read_body());
  EXPECT_EQ(read_all("GET / HTTP/1.1\r\nHost: h\r\nExpect: tea\r\n\r\n"), List{"417"});
}

TEST(RequestReader, SaysWhetherTheConnectionStays) {
  const auto stays = [](const std::string& head) {
    RequestReader reader(max_header, max_body);
    reader.feed("GET / " + head + "\r\n\r\n");
    EXPECT_TRUE(reader.read_head()) << head;
    return reader.request().keep_alive;
  };
  EXPECT_TRUE(stays("HTTP/1.1\r\nHost: h"));
  EXPECT_FALSE(stays("HTTP/1.1\r\nHost: h\r\nConnection: x, Close"));
  EXPECT_FALSE(stays("HTTP/1.0\r\nHost: h"));
  EXPECT_TRUE(stays("HTTP/1.0\r\nHost: h\r\nConnection: keep-alive"));
}

TEST(RequestReader, BeginsWithTheFirstByteThatIsNoLineEnd) {
  RequestReader reader(max_header, max_body);
  EXPECT_FALSE(reader.begun());
  reader.feed("\r\n\r\n\r");
  EXPECT_FALSE(reader.begun());
  reader.feed("\nG");
  EXPECT_TRUE(reader.begun());
}

RC_GTEST_PROP(RequestReader, ReadsTheSameHoweverTheBytesAreCut, ()) {
  const std::string good =
      "POST /b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n";
  std::string bytes = good + good;
  const auto place = *rc::gen::inRange<std::size_t>(0, bytes.size());
  const auto byte = *rc::gen::element('\r', '\n', ' ', '\t', '\0', ':', 'x', '0', '5', '/', '\xFF');
  switch (*rc::gen::inRange(0, 3)) {
    case 0: bytes[place] = byte; break;
    case 1: bytes.insert(place, 1, byte); break;
    default: bytes.erase(place, 1);
  }
  const auto whole = read_all(bytes, bytes.size());
  const auto step = *rc::gen::inRange<std::size_t>(1, 40);
  RC_ASSERT(read_all(bytes, step) == whole);
}

}  // namespace
}  // namespace strandbus
