#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// What is compared, and how much may come out.
struct DiffRequest {
  std::string_view path;      ///< for the header
  std::string_view old_text;  ///< ignored if created
  std::string_view new_text;
  bool created = false;  ///< there was no file
  bool deleted = false;  ///< there is no file any more; new_text is empty
  std::size_t max_bytes = 64 * 1024;
};

/// What changed from one text to another.
struct TextDiff {
  std::string text;         ///< unified diff with three lines of context; empty if left out
  std::size_t removed = 0;  ///< lines
  std::size_t added = 0;
  bool left_out = false;  ///< the change is too large to be shown
};

/// Compares two texts line by line (the format of GNU diff -u, with its "\ No newline at end of
/// file"). Beyond some thousand changed lines it looks for nothing that stayed in between, and
/// beyond some ten thousand, or max_bytes, it only counts: its cost is bounded.
///
/// The diff is valid UTF-8: what is not becomes U+FFFD.
TextDiff unified_diff(const DiffRequest& request);

}  // namespace strandbus::detail
