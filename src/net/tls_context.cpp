#include "net/tls_context.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/verify_mode.hpp>

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace strandbus::detail {
namespace {

constexpr std::string_view how_to_trust =
    "set SSL_CERT_FILE to a PEM file of authorities to trust a private one";

/// The end of "the certificate of host:port …".
std::string certificate_failure(long verified) {
  const std::string trust(how_to_trust);
  switch (verified) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return "is not signed by an authority that this machine knows; " + trust;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return "is signed by itself and by no authority; if it is your own server, " + trust;
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "has expired; the server needs a fresh one (or the clock of this machine is wrong)";
    case X509_V_ERR_CERT_NOT_YET_VALID: return "is not valid yet; check the clock of this machine";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return "is for another host; check the host in the URL";
    default: return std::string("cannot be trusted: ") + X509_verify_cert_error_string(verified);
  }
}

}  // namespace

TlsContext::TlsContext(const std::string& ca_file) : context_(asio::ssl::context::tls_client) {
  SSL_CTX* const native = context_.native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  context_.set_verify_mode(asio::ssl::verify_peer);
  context_.set_default_verify_paths();
  constexpr unsigned char protocols[] = "\x08http/1.1";
  SSL_CTX_set_alpn_protos(native, protocols, sizeof(protocols) - 1);
  if (ca_file.empty()) return;
  error_code ec;
  context_.load_verify_file(ca_file, ec);
  if (ec) {
    throw std::invalid_argument("HttpClientOptions::ca_file is " + ca_file +
                                ", from which no certificate can be read (" + ec.message() +
                                "); it must be a PEM file");
  }
}

error_code expect_host(SSL* connection, const std::string& host) {
  error_code not_an_address;
  asio::ip::make_address(host, not_an_address);
  X509_VERIFY_PARAM* const wanted = SSL_get0_param(connection);
  X509_VERIFY_PARAM_set_hostflags(
      wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  // RFC 6066 allows no address as the name of a server.
  const bool set = not_an_address ? SSL_set_tlsext_host_name(connection, host.c_str()) == 1 &&
                                        X509_VERIFY_PARAM_set1_host(wanted, host.c_str(), 0) == 1
                                  : X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str()) == 1;
  if (!set) return make_error_code(boost::system::errc::not_enough_memory);
  return {};
}

std::string handshake_failure(std::string_view peer, long verified, const error_code& reason) {
  const std::string name(peer);
  if (verified != X509_V_OK)
    return "the certificate of " + name + " " + certificate_failure(verified);
  return "no TLS connection to " + name + " can be made: " + reason.message() +
         "; check that an https server listens at this port";
}

}  // namespace strandbus::detail
