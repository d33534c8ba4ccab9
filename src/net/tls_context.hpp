#pragma once

#include "strandbus/error.hpp"

#include <boost/asio/ssl/context.hpp>

#include <string>
#include <string_view>

namespace strandbus::detail {

/// Whom to trust and how to speak TLS: 1.2 at least, the machine's authorities (OpenSSL itself
/// honours SSL_CERT_FILE and SSL_CERT_DIR here), certificates always verified.
///
/// Threads: any thread, once made.
class TlsContext {
 public:
  /// `ca_file`: PEM of further authorities to trust; may be empty.
  ///
  /// Errors: throws std::invalid_argument when the file cannot be used.
  explicit TlsContext(const std::string& ca_file);

  /// What a stream is made of; it may be used by several at once.
  asio::ssl::context& native() const noexcept { return context_; }

 private:
  mutable asio::ssl::context context_;
};

/// Makes a connection of OpenSSL (an SSL*) ask for this host, and accept only its certificate.
error_code expect_host(SSL* connection, const std::string& host);

/// Why a handshake failed, for people: `verified` is what SSL_get_verify_result said, `reason` what
/// the handshake itself ended with.
std::string handshake_failure(std::string_view peer, long verified, const error_code& reason);

}  // namespace strandbus::detail
