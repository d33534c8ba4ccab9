#pragma once

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace strandbus::cli {

/// What the library says of one of its options, with the name under which the user knows it.
/// `names` has theirs and ours, as in {"HttpServerOptions::address", "--listen"}.
inline std::string in_our_words(
    std::string text, std::initializer_list<std::pair<std::string_view, std::string_view>> names) {
  const auto end = std::ranges::find_if(
      text, [](unsigned char c) { return std::isalnum(c) == 0 && c != '_' && c != ':'; });
  std::string_view named(text.begin(), end);
  while (named.ends_with(':')) named.remove_suffix(1);
  for (const auto& [theirs, ours] : names) {
    if (named == theirs) return std::string(ours) + text.substr(named.size());
  }
  return text;
}

}  // namespace strandbus::cli
