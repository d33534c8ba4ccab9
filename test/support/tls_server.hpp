#pragma once

#include "support/scripted_server.hpp"

#include <memory>
#include <string>
#include <vector>

namespace strandbus::test {

/// A certificate and its key, as PEM.
struct Identity {
  std::string certificate;
  std::string key;
};

/// What a certificate is to say.
struct CertificateOrder {
  std::vector<std::string> hosts{};      ///< names
  std::vector<std::string> addresses{};  ///< IP addresses
  int valid_from_days = -1;              ///< from today
  int valid_to_days = 1;
};

/// An authority that no machine knows, made afresh.
class Authority {
 public:
  Authority();
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;
  ~Authority();

  /// Its own certificate, as PEM.
  std::string certificate() const;
  Identity issue(const CertificateOrder& order) const;

 private:
  struct Keys;
  std::unique_ptr<Keys> keys_;
};

Identity self_signed(const CertificateOrder& order);

/// Puts TLS on the sockets of a server. `last_version`: 0 for the newest, or as OpenSSL numbers it
/// (TLS1_1_VERSION).
ScriptedServer::Wrap with_tls(const Identity& identity, int last_version = 0);

}  // namespace strandbus::test
