#pragma once

#include "strandbus/error.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// A regular expression of ECMA-262 as JSON Schema uses it: Unicode mode, no flags, not anchored.
///
/// Supported: literals and their escapes, classes, groups (capturing ones capture nothing), | ^ $ .
/// \b \B \d \w \s and their opposites, greedy and lazy quantifiers, look-ahead. Refused:
/// look-behind, back-references, \p classes.
///
/// Threads: any thread; immutable.
class EcmaPattern {
 public:
  enum class Match { no, yes, too_expensive };

  struct SyntaxError {
    std::size_t offset;  ///< bytes before the offending place
    std::string message;
  };

  static boost::system::result<EcmaPattern, SyntaxError> compile(std::string_view pattern);

  /// Looks for the pattern anywhere in `text`. Gives up after a number of steps that depends on the
  /// length of the text only, and grows with it no faster.
  Match search(std::string_view text) const;

 private:
  struct Program;
  explicit EcmaPattern(std::shared_ptr<const Program> program) noexcept
      : program_(std::move(program)) {}

  std::shared_ptr<const Program> program_;
};

/// The pattern in the words of Boost.Regex' Perl syntax, written with no character that the two
/// read differently.
boost::system::result<std::wstring, EcmaPattern::SyntaxError> translate_ecma_pattern(
    std::string_view pattern);

/// The code points of a text; what is not UTF-8 becomes U+FFFD.
std::u32string code_points(std::string_view text);

}  // namespace strandbus::detail
