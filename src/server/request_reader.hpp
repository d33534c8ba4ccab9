#pragma once

#include "server/chunk_decoder.hpp"
#include "server/http_message.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// Makes requests of the bytes of a connection (RFC 9112). Does no I/O: it is fed.
///
/// Refuses whatever another server on the way could have read differently: two lengths, an
/// unknown transfer coding, line ends other than CRLF, folded lines.
class RequestReader {
 public:
  RequestReader(std::size_t max_header, std::size_t max_body)
      : max_header_(max_header), max_body_(max_body) {}

  void feed(std::string_view bytes) { unread_ += bytes; }

  /// Whether something of a request has come.
  bool begun();
  /// Tries to read the head. True when it is there; then request() has everything but the body.
  bool read_head();
  /// Tries to read the body. True when the request is whole.
  bool read_body();
  /// Why the request cannot be read; nothing more can be read then.
  const std::optional<HttpRefusal>& refusal() const noexcept { return refusal_; }
  /// Gives up on the request, for a reason of the caller's.
  void refuse(HttpRefusal refusal);
  /// Whether somebody waits for "100 Continue" before he sends the body.
  bool expects_continue() const noexcept { return expects_continue_; }

  const ServerRequest& request() const noexcept { return request_; }
  /// Whether something has come behind the request.
  bool has_more() const noexcept { return !unread_.empty(); }

  /// Goes on with the next request.
  void next();

 private:
  bool check_line_ends();
  bool parse_head();
  void check_lengths();
  void check_single_headers();
  void check_expectation();
  bool read_chunks();
  void read_target(std::string_view target);
  bool fail_body_size();
  bool fail(int status, std::string code, std::string message);

  std::size_t max_header_;
  std::size_t max_body_;
  std::string unread_;
  std::size_t checked_ = 0;             // of unread_: its line ends are right
  std::optional<ChunkDecoder> chunks_;  // of a body in chunks
  std::size_t body_size_ = 0;           // of one whose size was told
  ServerRequest request_;
  bool head_done_ = false;
  bool expects_continue_ = false;
  std::optional<HttpRefusal> refusal_;
};

}  // namespace strandbus::detail
