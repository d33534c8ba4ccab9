#pragma once

#include "event/secret_tail.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::detail {

/// Exact texts that are looked for at every place of a text, in their usual encodings.
class KnownValues {
 public:
  KnownValues() = default;
  explicit KnownValues(const std::vector<std::string>& values);

  /// Whether a value may begin with this byte.
  bool may_begin(char first) const noexcept { return bucket(first) != bucket_end(first); }
  /// Every text that is looked for.
  const std::vector<std::string>& texts() const noexcept { return values_; }

  /// How many bytes at the beginning of `rest` are a value; nothing if only more text tells.
  std::optional<std::size_t> match(std::string_view rest, More more) const noexcept;

 private:
  std::size_t bucket(char first) const noexcept {
    return begins_[static_cast<unsigned char>(first)];
  }
  std::size_t bucket_end(char first) const noexcept {
    return begins_[static_cast<unsigned char>(first) + std::size_t{1}];
  }

  std::vector<std::string> values_;  ///< by their first byte, the longest first
  std::array<std::size_t, 257> begins_{};
};

}  // namespace strandbus::detail
