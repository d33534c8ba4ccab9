#include "net/response_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace strandbus {
namespace {

using detail::HttpError;
using detail::HttpFailure;
using detail::ResponseBody;
using detail::ResponseLimits;
using detail::ResponseReader;
using testing::StartsWith;

constexpr std::size_t small_buffer = 5;

/// What became of an answer.
struct Outcome {
  int status = 0;
  std::string body;
  bool done = false;
  bool reusable = false;
  std::optional<HttpFailure> failure;
  std::string text;

  bool operator==(const Outcome&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
  return out << outcome.status << " '" << outcome.body << "' done=" << outcome.done
             << " reusable=" << outcome.reusable << ' ' << outcome.text;
}

class Feeding {
 public:
  explicit Feeding(ResponseLimits limits = {}, ResponseBody body = ResponseBody::as_told)
      : reader_("the server h:1", limits, body) {}

  void feed(std::string_view bytes) {
    guarded([&] {
      reader_.feed(bytes);
      read();
    });
  }
  void end() {
    guarded([&] { reader_.feed_end(); });
  }
  Outcome outcome() {
    if (head_) outcome_.status = reader_.status();
    outcome_.done = head_ && reader_.done();
    outcome_.reusable = head_ && reader_.reusable();
    return outcome_;
  }

 private:
  template <class F>
  void guarded(F body) {
    if (outcome_.failure) return;
    try {
      body();
    } catch (const HttpError& error) {
      outcome_.failure = error.failure();
      outcome_.text = error.what();
    }
  }
  void read() {
    if (!head_) head_ = reader_.read_head();
    if (!head_) return;
    std::vector<char> buffer(small_buffer);
    for (;;) {
      const std::size_t size = reader_.read_body(buffer);
      if (size == 0) return;
      outcome_.body.append(buffer.data(), size);
    }
  }

  ResponseReader reader_;
  bool head_ = false;
  Outcome outcome_;
};

Outcome read_pieces(const std::vector<std::string_view>& pieces, bool ends,
                    ResponseLimits limits = {}) {
  Feeding feeding(limits);
  for (const std::string_view piece : pieces) feeding.feed(piece);
  if (ends) feeding.end();
  return feeding.outcome();
}

Outcome read(std::string_view text, ResponseLimits limits = {}) {
  return read_pieces({text}, true, limits);
}

const std::string chunked =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX: y\r\n\r\n"
    "6\r\nhello \r\n05;a=b\r\nworld\r\n0\r\nTrailer: z\r\n\r\n";
const std::string sized = "HTTP/1.1 404 Not Found\r\nContent-Length: 11\r\n\r\nhello world";
const std::string until_end = "HTTP/1.1 200 OK\r\nX: y\r\n\r\nhello world";

TEST(ResponseReader, ReadsEachKindOfBody) {
  EXPECT_EQ(read(chunked), (Outcome{200, "hello world", true, true, {}, ""}));
  EXPECT_EQ(read(sized), (Outcome{404, "hello world", true, true, {}, ""}));
  EXPECT_EQ(read(until_end), (Outcome{200, "hello world", true, false, {}, ""}));
}

TEST(ResponseReader, EverySplitInTwoAndThreeGivesTheSame) {
  for (const std::string& text :
       {chunked, sized, until_end, "HTTP/1.1 100 Continue\r\n\r\n" + sized,
        std::string("HTTP/1.1 204 No Content\r\n\r\n")}) {
    const Outcome whole = read(text);
    ASSERT_FALSE(whole.failure) << whole.text;
    const std::string_view view = text;
    for (std::size_t i = 0; i <= view.size(); ++i) {
      for (std::size_t j = i; j <= view.size(); ++j) {
        ASSERT_EQ(read_pieces({view.substr(0, i), view.substr(i, j - i), view.substr(j)}, true),
                  whole)
            << i << ' ' << j << '\n'
            << text;
      }
    }
  }
}

TEST(ResponseReader, CutAtAnyByteItIsNotWhole) {
  for (const std::string& text : {chunked, sized}) {
    for (std::size_t size = 0; size < text.size(); ++size) {
      const Outcome outcome = read(text.substr(0, size));
      ASSERT_EQ(outcome.failure, HttpFailure::closed) << size << outcome;
      ASSERT_THAT(outcome.text, StartsWith("the server h:1 closed the connection"));
      ASSERT_FALSE(outcome.done);
      ASSERT_THAT("hello world", StartsWith(outcome.body));
    }
  }
}

TEST(ResponseReader, WhatIsNoHttpIsRefused) {
  for (const std::string text :
       {"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        "\x15\x03\x01\x02\x02\r\n\r\n",
        "HTTP/2 200 OK\r\n\r\n",
        "HTTP/1.2 200 OK\r\n\r\n",
        "HTTP/0.9 200 OK\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 abc OK\r\n\r\n",
        "<html></html>\r\n\r\n",
        "HTTP/1.1 200 OK\r\nbad name: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\n: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: a\x01\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\na\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\na",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"}) {
    EXPECT_EQ(read(text).failure, HttpFailure::protocol) << text;
  }
}

TEST(ResponseReader, AmbiguousLengthsAreRefused) {
  for (const std::string headers :
       {"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
        "Content-Length: 3\r\nContent-Length: 3\r\n", "Content-Length: 3\r\nContent-Length: 4\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: identity\r\n", "Transfer-Encoding: chunked, identity\r\n",
        "Content-Length: 3, 4\r\n"}) {
    EXPECT_EQ(read("HTTP/1.1 200 OK\r\n" + headers + "\r\n3\r\nabc\r\n0\r\n\r\n").failure,
              HttpFailure::protocol)
        << headers;
  }
  EXPECT_EQ(read("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n").failure,
            HttpFailure::protocol);
}

TEST(ResponseReader, AHeadHasALimit) {
  const ResponseLimits limits{.head_bytes = 300};
  const std::string value(200, 'x');
  EXPECT_TRUE(read("HTTP/1.1 204 OK\r\nX: " + value + "\r\n\r\n", limits).done);
  const Outcome large = read("HTTP/1.1 204 OK\r\nX: " + value + value + "\r\n\r\n", limits);
  EXPECT_EQ(large.failure, HttpFailure::limit);
  EXPECT_EQ(large.text, "the server h:1 sends a larger head than the 300 bytes that are allowed");
  // Endless, in pieces.
  Feeding feeding(limits);
  feeding.feed("HTTP/1.1 200 OK\r\nX: ");
  for (int i = 0; i < 300; ++i) feeding.feed("xxxx");
  EXPECT_EQ(feeding.outcome().failure, HttpFailure::limit);
}

TEST(ResponseReader, ABodyHasALimit) {
  const ResponseLimits limits{.body_bytes = 11};
  EXPECT_TRUE(read(sized, limits).done);
  EXPECT_TRUE(read(chunked, limits).done);
  for (const std::string& text : {chunked, sized, until_end}) {
    const Outcome outcome = read(text, {.body_bytes = 10});
    EXPECT_EQ(outcome.failure, HttpFailure::limit) << text;
    EXPECT_EQ(outcome.text,
              "the server h:1 sends a larger body than the 10 bytes that are allowed");
  }
}

TEST(ResponseReader, AChunksHeadHasALimit) {
  Feeding feeding({.head_bytes = 300});
  feeding.feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;");
  for (int i = 0; i < 100; ++i) feeding.feed("xxxx");
  EXPECT_EQ(feeding.outcome().failure, HttpFailure::limit);
}

TEST(ResponseReader, InterimAnswersHaveALimit) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "HTTP/1.1 103 Early Hints\r\n\r\n";
  EXPECT_EQ(read(text).failure, HttpFailure::protocol);
}

TEST(ResponseReader, BytesBehindAnAnswerForbidItsReuse) {
  const Outcome outcome = read_pieces({sized, "x"}, false);
  EXPECT_TRUE(outcome.done);
  EXPECT_FALSE(outcome.reusable);
}

TEST(ResponseReader, OldServersCloseAndMaySayOtherwise) {
  EXPECT_FALSE(read("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").reusable);
  EXPECT_TRUE(
      read("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n").reusable);
  EXPECT_FALSE(read("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").reusable);
}

TEST(ResponseReader, AnswersWithoutBodyIgnoreTheirLength) {
  Feeding head({}, ResponseBody::none);
  head.feed("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
  EXPECT_TRUE(head.outcome().done);
  Feeding in_chunks({}, ResponseBody::none);
  in_chunks.feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_TRUE(in_chunks.outcome().done);
}

RC_GTEST_PROP(ResponseReaderProperty, AnyBytesHaveOneOutcome, (const std::string& noise)) {
  const auto at = *rc::gen::inRange<std::size_t>(0, chunked.size() + 1);
  const auto dropped = *rc::gen::inRange<std::size_t>(0, 10);
  std::string text = chunked.substr(0, at) + noise;
  if (at + dropped < chunked.size()) text += chunked.substr(at + dropped);
  const Outcome outcome = read(text);
  RC_ASSERT(outcome.failure.has_value() != outcome.done);
}

}  // namespace
}  // namespace strandbus
