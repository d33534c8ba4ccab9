#pragma once

#include <string_view>

namespace strandbus::detail {

/// Whether a pattern matches a whole text of any kind: `*` is any run of characters, `?` one code
/// point, `\` takes the next character as it is. The time grows with the product of the lengths,
/// never faster. For paths, in which a '/' stops `*`, there is Glob.
bool text_matches(std::string_view pattern, std::string_view text);

}  // namespace strandbus::detail
