#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace strandbus::testing {

/// A text with a secret in it.
struct SecretSample {
  std::string kind;    ///< what its marker says
  std::string before;  ///< stays
  std::string secret;  ///< must not come out
  std::string after;   ///< stays

  std::string text() const { return before + secret + after; }
  std::string redacted() const { return before + "[redacted-" + kind + "]" + after; }
};

/// Every form, at least once; the secrets are made up at run time.
const std::vector<SecretSample>& secret_samples();

/// A value that an application registers; samples of the kind "value" hold it in its encodings.
extern const std::string registered_value;

/// Whether the secret, or 12 bytes of it in a row, are in a text.
bool leaks(std::string_view text, std::string_view secret);

}  // namespace strandbus::testing
