#pragma once

#include "strandbus/event/redactor.hpp"
#include "strandbus/llm/provider.hpp"

#include <openssl/evp.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// SHA-256 (FIPS 180-4) of a text that grows.
class Sha256 {
 public:
  Sha256();

  void add(std::string_view text);
  /// The digest of what was added so far, in hexadecimal.
  std::string hexadecimal() const;

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
  };
  using Context = std::unique_ptr<EVP_MD_CTX, Free>;

  Context context_;
  Context copy_;  // ends in the place of context_, which goes on
};

/// The digests of the requests of one run: over the request's canonical JSON, the same for the same
/// request. With a redactor secrets are no part of it: nobody can try whether a guess is right.
class RequestDigest {
 public:
  explicit RequestDigest(const Redactor* redactor = nullptr) {
    if (redactor) redactor_ = *redactor;
  }

  /// The digest of this request, in hexadecimal. It must be the request before with messages added
  /// at the end: only they are read.
  std::string of(const ModelRequest& request);

 private:
  void add_settings(const ModelRequest& request);
  void add_message(const Message& message);

  std::optional<Redactor> redactor_;
  std::optional<Sha256> digest_;  // of the requests so far
  std::size_t messages_ = 0;      // that were added
  std::string part_;
};

}  // namespace strandbus::detail
