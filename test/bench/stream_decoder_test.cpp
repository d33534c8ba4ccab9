#include "load/stream_decoder.hpp"

#include <gmock/gmock.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace strandbus::load {
namespace {

using ::testing::ElementsAre;
using Form = StreamDecoder::Form;
using Part = StreamDecoder::Part;

const std::string chunked_head =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
const std::string plain_head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
const std::string socket_head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";

/// What is told when the bytes come in pieces of this size.
std::vector<std::string> told(Form form, const std::string& bytes, std::size_t piece) {
  std::vector<std::string> parts;
  StreamDecoder decoder(form);
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    decoder.feed(std::string_view(bytes).substr(at, piece), [&](Part part, std::string_view text) {
      switch (part) {
        case Part::opened: return parts.emplace_back("opened"), void();
        case Part::text: return parts.emplace_back(text), void();
        case Part::ping: return parts.push_back("ping " + std::string(text));
        case Part::closed: return parts.emplace_back("closed"), void();
      }
    });
  }
  return parts;
}

TEST(StreamDecoder, ReadsAChunkedStreamWhereverItIsCut) {
  const std::string bytes = chunked_head +
                            "0c\r\nretry: 1000\n\r\n"
                            "b\r\nid: 1\ndata:\r\n5\r\n one\n\r\n1\r\n\n\r\n"
                            "14\r\n:\n\ndata: two\n\ndata: \r\n7\r\nthree\n\n\r\n0\r\n\r\n";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece)
    EXPECT_THAT(told(Form::event_stream, bytes, piece),
                ElementsAre("opened", "one", "two", "three", "closed"))
        << piece;
}

TEST(StreamDecoder, ReadsAStreamWithoutChunks) {
  const std::string bytes = plain_head + "id: 1\ndata: one\n\ndata: two\n\n";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece)
    EXPECT_THAT(told(Form::event_stream, bytes, piece), ElementsAre("opened", "one", "two"));
}

TEST(StreamDecoder, ReadsFramesOfEverySizeWhereverTheyAreCut) {
  const std::string middle(200, 'm');
  std::string bytes = socket_head + "\x81\x03one" + "\x89\x02hi";
  bytes += std::string("\x81\x7E\x00\xC8", 4) + middle;
  bytes += std::string("\x81\x7F\x00\x00\x00\x00\x00\x00\x00\x04", 10) + "long";
  bytes +=
      std::string("\x01\x02", 2) + "tw" + std::string("\x80\x01", 2) + "o" + "\x88\x02\x03\xE9";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece)
    EXPECT_THAT(told(Form::web_socket, bytes, piece),
                ElementsAre("opened", "one", "ping hi", middle, "long", "two", "closed"))
        << piece;
}

TEST(StreamDecoder, SaysWhatIsRefused) {
  EXPECT_THROW(told(Form::event_stream, "HTTP/1.1 503 Full\r\n\r\n", 5), std::runtime_error);
  EXPECT_THROW(told(Form::web_socket, plain_head, 5), std::runtime_error);
  EXPECT_THROW(told(Form::event_stream, chunked_head + "x\r\n", 500), std::runtime_error);
}

}  // namespace
}  // namespace strandbus::load
