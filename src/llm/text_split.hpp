#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::detail {

/// The largest position up to `limit` bytes after `from` that does not lie inside a code point; at
/// least one code point further. `text` is valid UTF-8 and `from` lies before its end.
std::size_t cut_position(std::string_view text, std::size_t from, std::size_t limit) noexcept;

/// Cuts text as models do, a word with the white space before it: "I'll", " use", " the". White
/// space at the end is a piece of its own, a long run without white space is cut after 32 bytes.
/// The pieces concatenate to the text; none is empty.
std::vector<std::string> split_tokens(std::string_view text);

/// Cuts text into `count` pieces of about the same size, fewer when it has fewer code points. The
/// pieces concatenate to the text; none is empty.
std::vector<std::string> split_evenly(std::string_view text, std::size_t count);

/// All pieces in one.
std::string join(const std::vector<std::string>& pieces);

}  // namespace strandbus::detail
