#include "server/request_reader.hpp"

#include "strandbus/error.hpp"

#include <boost/algorithm/string/predicate.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>

#include <algorithm>
#include <charconv>
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

void RequestReader::next() {
  request_ = {};
  chunks_.reset();
  body_size_ = 0;
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
  if (refusal_) return false;
  if (head_done_) return true;
  if (!begun() || !check_line_ends() || !parse_head()) return false;
  unread_.erase(0, std::exchange(checked_, 0));
  check_single_headers();
  check_lengths();
  check_expectation();
  head_done_ = !refusal_;
  return head_done_;
}

bool RequestReader::parse_head() {
  http::request_parser<http::empty_body> parser;
  // Our limit was kept already; Beast, which counts a little differently, keeps no other one.
  parser.header_limit(static_cast<std::uint32_t>(2 * max_header_));
  parser.body_limit(boost::none);
  error_code ec;
  parser.put(asio::buffer(unread_.data(), checked_), ec);
  const auto& head = parser.get();
  const bool version_known = head.version() == 10 || head.version() == 11;
  if (ec == http::error::bad_version || (!ec && !version_known)) {
    return fail(505, "version_unknown", "speak HTTP/1.1");
  }
  if (ec || !parser.is_header_done()) {
    return fail(400, "malformed_request", "this is no HTTP/1.1 request: " + ec.message());
  }
  request_.http_1_1 = head.version() == 11;
  request_.keep_alive = parser.keep_alive();
  request_.method = view(head.method_string());
  for (const auto& field : head) {
    HttpHeader header;
    header.name = view(field.name_string());
    header.value = view(field.value());
    request_.headers.push_back(std::move(header));
  }
  read_target(view(head.target()));
  return true;
}

void RequestReader::check_lengths() {
  const std::size_t codings = request_.count("Transfer-Encoding");
  const std::size_t lengths = request_.count("Content-Length");
  if (codings + lengths > 1) {
    fail(400, "malformed_request", "the request tells its length twice");
  } else if (lengths == 1) {
    const std::string_view length = *request_.header("Content-Length");
    if (!is_number(length)) fail(400, "malformed_request", "Content-Length is no number of bytes");
    std::from_chars(length.data(), length.data() + length.size(), body_size_);
  } else if (codings == 1 && !request_.http_1_1) {
    fail(400, "malformed_request", "there is no Transfer-Encoding in HTTP/1.0");
  } else if (codings == 1) {
    if (!boost::algorithm::iequals(*request_.header("Transfer-Encoding"), "chunked")) {
      fail(501, "coding_unknown", "no other Transfer-Encoding than chunked is understood");
    }
    chunks_.emplace(max_body_, max_header_);
  }
  if (body_size_ > max_body_) fail_body_size();
}

void RequestReader::check_single_headers() {
  for (const std::string_view name : {"Host", "Origin", "Authorization", "Content-Type"}) {
    if (request_.count(name) > 1) {
      fail(400, "malformed_request", "the request has two headers " + std::string(name));
    }
  }
  if (request_.http_1_1 && !request_.header("Host")) {
    fail(400, "malformed_request", "the request has no Host");
  }
}

void RequestReader::read_target(std::string_view target) {
  const auto host = request_.header("Host");
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
  if (chunks_) return read_chunks();
  const std::size_t count = std::min(body_size_ - request_.body.size(), unread_.size());
  request_.body.append(unread_, 0, count);
  unread_.erase(0, count);
  return request_.body.size() == body_size_;
}

bool RequestReader::read_chunks() {
  switch (chunks_->decode(unread_, request_.body)) {
    case ChunkDecoder::Result::more: return false;
    case ChunkDecoder::Result::done: return true;
    case ChunkDecoder::Result::body_too_large: return fail_body_size();
    case ChunkDecoder::Result::line_too_large:
      return fail(431, "header_too_large", "a chunk's head or the trailers are too large");
    case ChunkDecoder::Result::malformed: break;
  }
  return fail(400, "malformed_request", "the body is not chunked as it should be");
}

bool RequestReader::fail_body_size() {
  return fail(413, "body_too_large", "the body of a request has at most " + bytes_text(max_body_));
}

}  // namespace strandbus::detail
