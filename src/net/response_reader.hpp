#pragma once

#include "net/http_transport.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace strandbus::detail {

struct ResponseLimits {
  std::size_t head_bytes = std::size_t{64} * 1024;
  std::uint64_t body_bytes = std::uint64_t{256} * 1024 * 1024;
};

/// What request an answer belongs to: some have no body, whatever their head says.
enum class ResponseBody : std::uint8_t { as_told, none };

/// Takes the answer of a server apart (RFC 9112) as its bytes come: first the head, then the body.
/// Interim answers (1xx) are passed over.
///
/// Every function that reads throws HttpError: protocol, limit, or closed.
/// Threads: distinct objects.
class ResponseReader {
 public:
  /// `peer` begins every message: "the server example.com:443".
  ResponseReader(std::string peer, ResponseLimits limits, ResponseBody body);
  ResponseReader(const ResponseReader&) = delete;
  ResponseReader& operator=(const ResponseReader&) = delete;
  ~ResponseReader();

  /// Adds bytes that the server sent.
  void feed(std::string_view bytes);
  /// The server sends no more, and says so: closed, unless an answer may end like this.
  void feed_end();

  /// Whether any byte came.
  bool begun() const noexcept { return begun_; }

  /// Reads on in the head; true once it is whole. Only then ask for what follows.
  bool read_head();
  int status() const noexcept;
  std::optional<std::string_view> header(std::string_view name) const noexcept;

  /// Moves bytes of the body out; 0 when more must be fed, or the body is whole.
  std::size_t read_body(std::span<char> out);
  /// Whether the answer is whole.
  bool done() const noexcept;
  /// Whether the answer is whole and another one may follow on the same connection.
  bool reusable() const noexcept;
  /// Whether bytes came that belong to no answer.
  bool has_more() const noexcept { return !unread_.empty(); }

 private:
  struct Parser;

  void start();
  void parse();
  void check_head() const;
  [[noreturn]] void fail(const error_code& ec) const;
  [[noreturn]] void fail(HttpFailure failure, const std::string& what) const;

  const std::string peer_;
  const ResponseLimits limits_;
  const ResponseBody body_;
  std::unique_ptr<Parser> parser_;
  std::string unread_;
  bool begun_ = false;
  int interim_ = 0;
};

}  // namespace strandbus::detail
