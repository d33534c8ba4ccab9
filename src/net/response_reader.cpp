#include "net/response_reader.hpp"

#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>

#include <utility>

namespace strandbus::detail {
namespace http = boost::beast::http;
namespace {

constexpr int max_interim = 16;

}  // namespace

struct ResponseReader::Parser {
  http::response_parser<http::buffer_body> parser;
};

ResponseReader::ResponseReader(std::string peer, ResponseLimits limits, ResponseBody body)
    : peer_(std::move(peer)), limits_(limits), body_(body) {
  start();
}

ResponseReader::~ResponseReader() = default;

void ResponseReader::start() {
  parser_ = std::make_unique<Parser>();
  auto& parser = parser_->parser;
  // Where lengths are told in 32 bits the limit is theirs.
  parser.header_limit(static_cast<std::uint32_t>(limits_.head_bytes));
  parser.body_limit(limits_.body_bytes);
  parser.skip(body_ == ResponseBody::none);
}

void ResponseReader::feed(std::string_view bytes) {
  begun_ = begun_ || !bytes.empty();
  unread_ += bytes;
}

void ResponseReader::feed_end() {
  auto& parser = parser_->parser;
  if (parser.is_done()) return;
  if (!begun_) fail(HttpFailure::closed, "closed the connection without an answer");
  if (!parser.is_header_done()) {
    fail(HttpFailure::closed, "closed the connection within the head of its answer");
  }
  error_code ec;
  parser.put_eof(ec);
  if (ec) fail(HttpFailure::closed, "closed the connection before its answer was whole");
}

/// Lets the parser have what is unread, until it wants more, or room for the body.
void ResponseReader::parse() {
  auto& parser = parser_->parser;
  if (parser.is_done() || unread_.empty()) return;
  error_code ec;
  const std::size_t used = parser.put(asio::buffer(unread_), ec);
  unread_.erase(0, used);
  if (ec && ec != http::error::need_more && ec != http::error::need_buffer) fail(ec);
}

bool ResponseReader::read_head() {
  for (;;) {
    auto& parser = parser_->parser;
    parse();
    if (!parser.is_header_done()) return false;
    check_head();
    if (status() / 100 != 1) break;
    if (++interim_ > max_interim) fail(HttpFailure::protocol, "sent interim answers without end");
    start();
  }
  parser_->parser.eager(true);
  return true;
}

void ResponseReader::check_head() const {
  const auto& head = parser_->parser.get();
  if (head.version() != 10 && head.version() != 11) {
    fail(HttpFailure::protocol, "answers in a version of HTTP that was not asked for");
  }
  if (head.result_int() == 101) {
    fail(HttpFailure::protocol, "changes to another protocol without being asked");
  }
  // Who reads two lengths differently than a proxy before him reads another answer (RFC 9112,
  // section 6.3); what Beast makes of them depends on their order.
  const auto encodings = head.count(http::field::transfer_encoding);
  const auto lengths = head.count(http::field::content_length);
  if (encodings + lengths > 1) fail(HttpFailure::protocol, "tells the length of its answer twice");
  if (encodings == 0) return;
  if (head.version() == 10 ||
      !boost::beast::iequals(head[http::field::transfer_encoding], "chunked")) {
    fail(HttpFailure::protocol, "sends its answer in an encoding that was not asked for");
  }
}

int ResponseReader::status() const noexcept {
  return static_cast<int>(parser_->parser.get().result_int());
}

std::optional<std::string_view> ResponseReader::header(std::string_view name) const noexcept {
  const auto& head = parser_->parser.get();
  const auto found = head.find(boost::beast::string_view(name.data(), name.size()));
  if (found == head.end()) return std::nullopt;
  const auto value = found->value();
  return std::string_view(value.data(), value.size());
}

std::size_t ResponseReader::read_body(std::span<char> out) {
  auto& body = parser_->parser.get().body();
  body.data = out.data();
  body.size = out.size();
  parse();
  body.data = nullptr;
  // What is left over is the beginning of a chunk's head.
  const bool stuck = body.size > 0 && unread_.size() > limits_.head_bytes && !done();
  if (stuck) fail(HttpFailure::limit, "sends a chunk with a larger head than is allowed");
  return out.size() - body.size;
}

bool ResponseReader::done() const noexcept { return parser_->parser.is_done(); }

bool ResponseReader::reusable() const noexcept {
  return done() && parser_->parser.keep_alive() && unread_.empty();
}

void ResponseReader::fail(const error_code& ec) const {
  if (ec == http::error::header_limit) {
    fail(HttpFailure::limit, "sends a larger head than the " + std::to_string(limits_.head_bytes) +
                                 " bytes that are allowed");
  }
  if (ec == http::error::body_limit) {
    fail(HttpFailure::limit, "sends a larger body than the " + std::to_string(limits_.body_bytes) +
                                 " bytes that are allowed");
  }
  fail(HttpFailure::protocol, "sends what is no HTTP/1.1 (" + ec.message() +
                                  "); check that an HTTP server listens at this port");
}

void ResponseReader::fail(HttpFailure failure, const std::string& what) const {
  throw HttpError(failure, peer_ + " " + what);
}

}  // namespace strandbus::detail
