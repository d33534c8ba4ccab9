#pragma once

#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// The label of what has no label of its own.
inline constexpr std::string_view other_label = "other";

inline constexpr std::size_t max_label_bytes = 128;

/// The label for a name that anyone may have chosen: its beginning, at most max_label_bytes, as
/// terminal_safe shows it. The label of a label is the label itself.
std::string label_of(std::string_view name);

/// The first so many different names, as labels; `other_label` for all further ones. No name has an
/// empty label.
class LabelTable {
 public:
  explicit LabelTable(std::size_t limit) : limit_(limit) {}

  /// Valid as long as the table.
  std::string_view intern(std::string_view name);

 private:
  std::size_t limit_;
  std::set<std::string, std::less<>> labels_;
};

}  // namespace strandbus::detail
