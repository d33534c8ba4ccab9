#include "support/tls_server.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <csignal>
#include <random>
#include <stdexcept>
#include <utility>

namespace strandbus::test {
namespace {

template <class T, void (*Free)(T*)>
struct Freer {
  void operator()(T* object) const { Free(object); }
};
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY, EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freer<X509, X509_free>>;
using Context = std::unique_ptr<SSL_CTX, Freer<SSL_CTX, SSL_CTX_free>>;
using Session = std::unique_ptr<SSL, Freer<SSL, SSL_free>>;

void require(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string("OpenSSL could not ") + what);
}

Key make_key() {
  Key key(EVP_EC_gen("P-256"));
  require(key != nullptr, "make a key");
  return key;
}

void set_name(X509* certificate, const char* name) {
  X509_NAME* const subject = X509_get_subject_name(certificate);
  require(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                                     reinterpret_cast<const unsigned char*>(name), -1, -1, 0) == 1,
          "set a name");
}

void add_extension(X509* certificate, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  require(extension != nullptr, "make an extension");
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

/// "DNS:localhost,IP:127.0.0.1"
std::string alternative_names(const CertificateOrder& order) {
  std::string names;
  for (const std::string& host : order.hosts) names += (names.empty() ? "DNS:" : ",DNS:") + host;
  for (const std::string& ip : order.addresses) names += (names.empty() ? "IP:" : ",IP:") + ip;
  return names;
}

Certificate draft(const CertificateOrder& order, const char* name, EVP_PKEY* key) {
  Certificate certificate(X509_new());
  require(certificate != nullptr, "make a certificate");
  X509_set_version(certificate.get(), X509_VERSION_3);
  std::random_device random;
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), static_cast<long>(random() / 2) + 1);
  X509_time_adj_ex(X509_getm_notBefore(certificate.get()), order.valid_from_days, 0, nullptr);
  X509_time_adj_ex(X509_getm_notAfter(certificate.get()), order.valid_to_days, 0, nullptr);
  X509_set_pubkey(certificate.get(), key);
  set_name(certificate.get(), name);
  const std::string names = alternative_names(order);
  if (!names.empty()) add_extension(certificate.get(), NID_subject_alt_name, names);
  return certificate;
}

void sign(X509* certificate, X509* issuer, EVP_PKEY* key) {
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
  require(X509_sign(certificate, key, EVP_sha256()) > 0, "sign a certificate");
}

std::string text_of(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(memory);
  return text;
}

std::string pem(X509* certificate) {
  BIO* const memory = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(memory, certificate);
  return text_of(memory);
}

std::string pem(EVP_PKEY* key) {
  BIO* const memory = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(memory, key, nullptr, nullptr, 0, nullptr, nullptr);
  return text_of(memory);
}

Certificate read_certificate(const std::string& text) {
  BIO* const memory = BIO_new_mem_buf(text.data(), static_cast<int>(text.size()));
  Certificate certificate(PEM_read_bio_X509(memory, nullptr, nullptr, nullptr));
  BIO_free(memory);
  return certificate;
}

Key read_key(const std::string& text) {
  BIO* const memory = BIO_new_mem_buf(text.data(), static_cast<int>(text.size()));
  Key key(PEM_read_bio_PrivateKey(memory, nullptr, nullptr, nullptr));
  BIO_free(memory);
  return key;
}

Context make_context(const Identity& identity, int last_version) {
  Context context(SSL_CTX_new(TLS_server_method()));
  require(context != nullptr, "make a context");
  if (last_version != 0) {
    // Debian's OpenSSL speaks the old versions only where it may be careless.
    SSL_CTX_set_security_level(context.get(), 0);
    SSL_CTX_set_min_proto_version(context.get(), last_version);
    SSL_CTX_set_max_proto_version(context.get(), last_version);
  }
  const Certificate certificate = read_certificate(identity.certificate);
  const Key key = read_key(identity.key);
  require(SSL_CTX_use_certificate(context.get(), certificate.get()) == 1 &&
              SSL_CTX_use_PrivateKey(context.get(), key.get()) == 1,
          "use a certificate");
  return context;
}

class TlsChannel final : public Channel {
 public:
  explicit TlsChannel(Session session) : session_(std::move(session)) {}

  std::string read_some() override {
    std::array<char, 16384> buffer{};
    ERR_clear_error();
    const int count = SSL_read(session_.get(), buffer.data(), static_cast<int>(buffer.size()));
    return count > 0 ? std::string(buffer.data(), static_cast<std::size_t>(count)) : std::string();
  }
  bool write(std::string_view bytes) override {
    if (bytes.empty()) return true;
    ERR_clear_error();
    return SSL_write(session_.get(), bytes.data(), static_cast<int>(bytes.size())) > 0;
  }
  void finish() override {
    ERR_clear_error();
    SSL_shutdown(session_.get());
  }

 private:
  Session session_;
};

}  // namespace

struct Authority::Keys {
  Key key;
  Certificate certificate;
};

Authority::Authority() : keys_(std::make_unique<Keys>()) {
  keys_->key = make_key();
  keys_->certificate = draft({}, "strandbus test authority", keys_->key.get());
  add_extension(keys_->certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
  add_extension(keys_->certificate.get(), NID_subject_key_identifier, "hash");
  sign(keys_->certificate.get(), keys_->certificate.get(), keys_->key.get());
}

Authority::~Authority() = default;

std::string Authority::certificate() const { return pem(keys_->certificate.get()); }

Identity Authority::issue(const CertificateOrder& order) const {
  const Key key = make_key();
  const Certificate certificate = draft(order, "strandbus test server", key.get());
  sign(certificate.get(), keys_->certificate.get(), keys_->key.get());
  return {pem(certificate.get()), pem(key.get())};
}

Identity self_signed(const CertificateOrder& order) {
  const Key key = make_key();
  const Certificate certificate = draft(order, "strandbus test server", key.get());
  sign(certificate.get(), certificate.get(), key.get());
  return {pem(certificate.get()), pem(key.get())};
}

ScriptedServer::Wrap with_tls(const Identity& identity, int last_version) {
  // OpenSSL writes to sockets whose other side may be gone.
  std::signal(SIGPIPE, SIG_IGN);
  const std::shared_ptr<SSL_CTX> context(make_context(identity, last_version));
  return [context](int socket) -> std::unique_ptr<Channel> {
    Session session(SSL_new(context.get()));
    SSL_set_fd(session.get(), socket);
    ERR_clear_error();
    if (SSL_accept(session.get()) != 1) return nullptr;
    return std::make_unique<TlsChannel>(std::move(session));
  };
}

}  // namespace strandbus::test
