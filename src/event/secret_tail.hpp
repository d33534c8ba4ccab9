#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace strandbus::detail {

/// Whether more text may follow.
enum class More : bool { no, yes };

/// What belongs to a secret beyond what showed that it is one.
enum class Tail : std::uint8_t {
  none,
  token,           ///< CharSet token_chars
  dotted,          ///< dotted_chars
  token68,         ///< token68
  plain,           ///< value_chars
  url,             ///< url_chars but '@'
  double_quoted,   ///< up to '"'
  single_quoted,   ///< up to '\''
  back_quoted,     ///< up to '`'
  escaped_quoted,  ///< up to '\"'
  private_key,     ///< up to the line that ends it
};

struct TailStep {
  bool decided = true;
  std::size_t size = 0;  ///< 0: the tail is over
  bool last = false;     ///< it is over behind these
};

/// The first characters of `rest`, not empty, as far as they belong to a tail.
TailStep tail_step(Tail tail, std::string_view rest, More more) noexcept;

}  // namespace strandbus::detail
