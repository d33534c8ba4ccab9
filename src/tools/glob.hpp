#pragma once

#include <boost/system/result.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::detail {

/// A pattern for paths, as shells know it.
///
/// `*` is any text without '/', `?` one character, `[a-z]` and `[!a-z]` one of a set, `**` as a
/// whole component any number of directories, `{a,b}` either, `\` takes the next character as it
/// is. A pattern without '/' is about the name alone, in whatever directory; one with '/' about the
/// whole path. The time for a match grows with the product of the lengths, never faster.
///
/// Threads: any thread; immutable.
class Glob {
 public:
  /// Longer patterns, and ones with more alternatives, are refused.
  static constexpr std::size_t max_bytes = 1024;
  static constexpr std::size_t max_alternatives = 64;

  struct SyntaxError {
    std::string message;
  };

  static boost::system::result<Glob, SyntaxError> compile(std::string_view pattern);

  bool matches(std::string_view path) const;

 private:
  enum class Kind : std::uint8_t { character, any_character, set, any_text, any_directories };

  struct Range {
    char32_t first;
    char32_t last;
  };

  struct Part {
    Kind kind{};
    char32_t character{};
    bool negated{};
    std::vector<Range> ranges{};
  };

  using Parts = std::vector<Part>;

  static Parts parts_of(std::u32string_view pattern);
  static Part set_of(std::u32string_view pattern, std::size_t& at);
  static bool takes(const Part& part, char32_t c);
  static bool matches(const Parts& parts, std::u32string_view path);

  std::vector<Parts> alternatives_;
  bool name_only_ = false;
};

}  // namespace strandbus::detail
