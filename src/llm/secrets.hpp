#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace strandbus::detail {

/// Texts that nobody may read: keys. Servers like to echo them in their errors.
class Secrets {
 public:
  Secrets() = default;
  /// What is shorter than 4 bytes is no secret, and would be found in every word.
  explicit Secrets(std::vector<std::string> secrets);

  /// `text` with each secret, and each longer part of one, replaced by "[key]".
  std::string redact(std::string_view text) const;

 private:
  std::size_t longest_match(std::string_view text) const noexcept;

  std::vector<std::string> secrets_;
};

}  // namespace strandbus::detail
