#include "server/request_reader.hpp"

#include "strandbus/error.hpp"

#include <boost/algorithm/string/predicate.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>
#include <utility>

namespace strandbus::detail {
namespace http = boost::beast::http;
namespace {

std::string_view view(boost::beast::string_view text) noexcept {
  return {text.data(), text.size()};
}

std::string bytes_text(std::size_t bytes) { return std::to_string(bytes) + " bytes"; }

bool is_number(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 19 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

struct RequestReader::Parser {
  http::request_parser<http::string_body> parser;
};

RequestReader::RequestReader(std::size_t max_header, std::size_t max_body)
    : max_header_(max_header), max_body_(max_body) {
  next();
}

RequestReader::~RequestReader() = default;

void RequestReader::next() {
  parser_.reset();
  request_ = {};
  checked_ = 0;
  head_done_ = expects_continue_ = false;
  // What an idle connection does not need is given back.
  if (unread_.empty()) unread_.shrink_to_fit();
}

bool RequestReader::begun() {
  if (head_done_) return true;
  // Some clients end a body with a line end that is not part of it (RFC 9112, section 2.2).
  while (unread_.starts_with("\r\n")) unread_.erase(0, 2);
  return !unread_.empty() && unread_ != "\r";
}

bool RequestReader::fail(int status, std::string code, std::string message) {
  if (!refusal_) {
    refusal_.emplace();
    refusal_->status = status;
    refusal_->code = std::move(code);
    refusal_->message = std::move(message);
  }
  return false;
}

void RequestReader::refuse(HttpRefusal refusal) {
  if (!refusal_) refusal_ = std::move(refusal);
}

/// Looks at what has come of the head before any of it is believed.
bool RequestReader::check_line_ends() {
  const auto end = unread_.find("\r\n\r\n", checked_ < 3 ? 0 : checked_ - 3);
  const std::size_t size = end == std::string::npos ? unread_.size() : end + 4;
  if (size > max_header_) {
    return fail(431, "header_too_large",
                "the head of a request has at most " + bytes_text(max_header_));
  }
  for (; checked_ < size; ++checked_) {
    const char c = unread_[checked_];
    const char before = checked_ == 0 ? '\n' : unread_[checked_ - 1];
    const bool wrong = c == '\0' || (c == '\n' && before != '\r') || (before == '\r' && c != '\n');
    const bool folded = before == '\n' && (c == ' ' || c == '\t');
    if (wrong || folded) {
      return fail(400, "malformed_request",
                  folded ? "a header goes on in a second line; write it in one"
                         : "the head of the request has a NUL, or a line end that is not CRLF");
    }
  }
  return end != std::string::npos;
}

bool RequestReader::read_head() {
  if (head_done_ || refusal_ || !begun() || !check_line_ends()) return head_done_ && !refusal_;
  parser_ = std::make_unique<Parser>();
  auto& parser = parser_->parser;
  // The limit was kept already; Beast, which counts a little differently, shall not keep another.
  parser.header_limit(static_cast<std::uint32_t>(2 * max_header_));
  parser.body_limit(max_body_);
  error_code ec;
  const std::size_t used = parser.put(asio::buffer(unread_.data(), checked_), ec);
  if (ec == http::error::body_limit) {
    return fail(413, "body_too_large",
                "the body of a request has at most " + bytes_text(max_body_));
  }
  if (ec == http::error::bad_version) {
    return fail(505, "version_unknown", "speak HTTP/1.1");
  }
  if (ec || !parser.is_header_done()) {
    return fail(400, "malformed_request", "this is no HTTP/1.1 request: " + ec.message());
  }
  unread_.erase(0, used);
  checked_ = 0;
  check_head();
  head_done_ = !refusal_;
  return head_done_;
}

void RequestReader::check_head() {
  const auto& head = parser_->parser.get();
  request_.http_1_1 = head.version() == 11;
  request_.keep_alive = parser_->parser.keep_alive();
  request_.method = view(head.method_string());
  for (const auto& field : head) {
    HttpHeader header;
    header.name = view(field.name_string());
    header.value = view(field.value());
    request_.headers.push_back(std::move(header));
  }
  if (head.version() != 10 && head.version() != 11) fail(505, "version_unknown", "speak HTTP/1.1");
  check_lengths();
  read_request_line();
  check_expectation();
}

void RequestReader::check_lengths() {
  const std::size_t codings = request_.count("Transfer-Encoding");
  const std::size_t lengths = request_.count("Content-Length");
  if (codings + lengths > 1) {
    fail(400, "malformed_request", "the request tells its length twice");
  } else if (lengths == 1 && !is_number(*request_.header("Content-Length"))) {
    fail(400, "malformed_request", "Content-Length is not a number of bytes");
  } else if (codings == 1 && !request_.http_1_1) {
    fail(400, "malformed_request", "there is no Transfer-Encoding in HTTP/1.0");
  } else if (codings == 1 &&
             !boost::algorithm::iequals(*request_.header("Transfer-Encoding"), "chunked")) {
    fail(501, "coding_unknown", "no other Transfer-Encoding than chunked is understood");
  }
}

void RequestReader::read_request_line() {
  for (const std::string_view name : {"Host", "Origin", "Authorization", "Content-Type"}) {
    if (request_.count(name) > 1) {
      fail(400, "malformed_request", "the request has two headers " + std::string(name));
    }
  }
  const auto host = request_.header("Host");
  if (!host && request_.http_1_1) fail(400, "malformed_request", "the request has no Host");
  std::string_view target = view(parser_->parser.get().target());
  if (target == "*" && request_.method == "OPTIONS") target = "/";
  // The absolute form, which a proxy gets: it must name the same host (RFC 9112, section 3.2.2).
  if (boost::algorithm::istarts_with(target, "http://") && host) {
    target.remove_prefix(7);
    const std::string_view authority = target.substr(0, target.find_first_of("/?"));
    if (!boost::algorithm::iequals(authority, *host)) {
      fail(400, "malformed_request",
           "the request names one host in its first line, another in Host");
    }
    target.remove_prefix(authority.size());
    if (target.empty()) target = "/";
  }
  auto parsed = parse_target(target);
  if (parsed) {
    request_.target = *std::move(parsed);
  } else {
    fail(400, "malformed_request", "the target of the request is not a path; percent-encode it");
  }
}

void RequestReader::check_expectation() {
  const auto expectation = request_.header("Expect");
  if (!expectation) return;
  if (!boost::algorithm::iequals(*expectation, "100-continue")) {
    fail(417, "expectation_unknown", "no other expectation than 100-continue is understood");
  }
  expects_continue_ = request_.http_1_1;
}

bool RequestReader::read_body() {
  if (refusal_ || !head_done_) return false;
  auto& parser = parser_->parser;
  if (!parser.is_done()) {
    parser.eager(true);
    error_code ec;
    const std::size_t used = unread_.empty() ? 0 : parser.put(asio::buffer(unread_), ec);
    unread_.erase(0, used);
    if (ec == http::error::body_limit) {
      return fail(413, "body_too_large",
                  "the body of a request has at most " + bytes_text(max_body_));
    }
    if (ec && ec != http::error::need_more) {
      return fail(400, "malformed_request", "the body is not chunked as it should be");
    }
    // What is left over is the beginning of a chunk's head, or of the trailer.
    if (!parser.is_done() && unread_.size() > max_header_) {
      return fail(431, "header_too_large", "a chunk of the body has too large a head");
    }
  }
  if (!parser.is_done()) return false;
  request_.body = std::move(parser.get().body());
  return true;
}

}  // namespace strandbus::detail
