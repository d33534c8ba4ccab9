#pragma once

#include "agent/ecma_pattern.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// Decides which lines a search finds.
///
/// Threads: any thread; immutable.
class LineMatcher {
 public:
  using Match = EcmaPattern::Match;

  /// Of a longer line only this much is looked at by a regular expression.
  static constexpr std::size_t max_line_bytes = 16 * 1024;

  static LineMatcher literal(std::string text);
  /// Errors: the place of the pattern that is wrong, and why.
  static boost::system::result<LineMatcher, EcmaPattern::SyntaxError> regex(
      std::string_view pattern);

  /// `line` comes without its end.
  Match matches(std::string_view line) const;

 private:
  LineMatcher() = default;

  std::string literal_;
  std::optional<EcmaPattern> pattern_;
};

}  // namespace strandbus::detail
