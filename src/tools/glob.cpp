#include "tools/glob.hpp"

#include "agent/ecma_pattern.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr char32_t slash = U'/';

/// The end of the braces that open at `open`, if they hold alternatives.
std::optional<std::size_t> closing_brace(std::u32string_view text, std::size_t open) {
  int depth = 0;
  for (std::size_t at = open; at < text.size(); ++at) {
    if (text[at] == U'\\') {
      ++at;
    } else if (text[at] == U'{') {
      ++depth;
    } else if (text[at] == U'}' && --depth == 0) {
      return at;
    }
  }
  return std::nullopt;
}

std::size_t opening_brace(std::u32string_view text) {
  std::size_t at = 0;
  while (at < text.size() && text[at] != U'{') at += text[at] == U'\\' ? 2U : 1U;
  return std::min(at, text.size());
}

/// What stands between the commas that are in no inner braces.
std::vector<std::u32string_view> choices_in(std::u32string_view text) {
  std::vector<std::u32string_view> choices;
  int depth = 0;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == U'\\')
      ++at;
    else if (text[at] == U'{')
      ++depth;
    else if (text[at] == U'}')
      --depth;
    else if (text[at] == U',' && depth == 0) {
      choices.push_back(text.substr(begin, at - begin));
      begin = at + 1;
    }
  }
  choices.push_back(text.substr(begin));
  return choices;
}

/// Writes {a,b} out; false if that gives too many patterns.
bool expand(const std::u32string& pattern, std::vector<std::u32string>& out) {
  const std::size_t open = opening_brace(pattern);
  const auto close = closing_brace(pattern, open);
  if (!close) {
    out.push_back(pattern);
    return out.size() <= Glob::max_alternatives;
  }
  const std::u32string_view all(pattern);
  return std::ranges::all_of(choices_in(all.substr(open + 1, *close - open - 1)),
                             [&](std::u32string_view choice) {
                               std::u32string chosen(all.substr(0, open));
                               chosen += choice;
                               chosen += all.substr(*close + 1);
                               return expand(chosen, out);
                             });
}

}  // namespace

boost::system::result<Glob, Glob::SyntaxError> Glob::compile(std::string_view pattern) {
  if (pattern.empty()) return SyntaxError{"the pattern is empty; \"*\" matches every name"};
  if (pattern.size() > max_bytes)
    return SyntaxError{"the pattern is longer than " + std::to_string(max_bytes) + " bytes"};
  std::vector<std::u32string> expanded;
  if (!expand(code_points(pattern), expanded)) {
    return SyntaxError{"the braces of the pattern give more than " +
                       std::to_string(max_alternatives) + " alternatives"};
  }
  Glob glob;
  glob.name_only_ = pattern.find('/') == std::string_view::npos && pattern != "**";
  for (const std::u32string& text : expanded) glob.alternatives_.push_back(parts_of(text));
  return glob;
}

Glob::Parts Glob::parts_of(std::u32string_view pattern) {
  Parts parts;
  if (pattern.starts_with(U"./")) pattern.remove_prefix(2);
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    Part part{Kind::character, pattern[at], false, {}};
    const bool begins = at == 0 || pattern[at - 1] == slash;
    if (begins && pattern.substr(at).starts_with(U"**/")) {
      part.kind = Kind::any_directories;
      at += 2;
    } else if (begins && pattern.substr(at) == U"**") {
      // Everything below: any directories and then any name.
      parts.push_back({Kind::any_directories, {}, false, {}});
      part.kind = Kind::any_text;
      ++at;
    } else if (pattern[at] == U'*') {
      part.kind = Kind::any_text;
    } else if (pattern[at] == U'?') {
      part.kind = Kind::any_character;
    } else if (pattern[at] == U'[') {
      part = set_of(pattern, at);
    } else if (pattern[at] == U'\\' && at + 1 < pattern.size()) {
      part.character = pattern[++at];
    }
    parts.push_back(std::move(part));
  }
  return parts;
}

/// The set that opens at `at`, which moves to its end; without an end it is a plain bracket.
Glob::Part Glob::set_of(std::u32string_view pattern, std::size_t& at) {
  Part set{Kind::set, {}, false, {}};
  std::size_t i = at + 1;
  if (i < pattern.size() && (pattern[i] == U'!' || pattern[i] == U'^')) {
    set.negated = true;
    ++i;
  }
  const std::size_t first = i;
  for (; i < pattern.size() && (pattern[i] != U']' || i == first); ++i) {
    Range range{pattern[i], pattern[i]};
    if (i + 2 < pattern.size() && pattern[i + 1] == U'-' && pattern[i + 2] != U']') {
      range.last = pattern[i + 2];
      i += 2;
    }
    set.ranges.push_back(range);
  }
  if (i >= pattern.size()) return {Kind::character, U'[', false, {}};
  at = i;
  return set;
}

bool Glob::takes(const Part& part, char32_t c) {
  switch (part.kind) {
    case Kind::character: return c == part.character;
    case Kind::any_character:
    case Kind::any_text: return c != slash;
    case Kind::any_directories: return true;
    case Kind::set: break;
  }
  const bool inside = std::ranges::any_of(
      part.ranges, [c](const Range& range) { return range.first <= c && c <= range.last; });
  return c != slash && inside != part.negated;
}

bool Glob::matches(std::string_view path) const {
  if (name_only_) path.remove_prefix(path.rfind('/') + 1);
  const std::u32string text = code_points(path);
  return std::ranges::any_of(alternatives_,
                             [&](const Parts& parts) { return matches(parts, text); });
}

/// Follows every way through the pattern at once: reached[i] says whether the text so far can have
/// taken the first i parts.
bool Glob::matches(const Parts& parts, std::u32string_view path) {
  const auto repeats = [&](std::size_t i) {
    return parts[i].kind == Kind::any_text || parts[i].kind == Kind::any_directories;
  };
  std::vector<char> reached(parts.size() + 1);
  std::vector<char> next(parts.size() + 1);
  reached[0] = 1;
  bool after_slash = true;
  const auto skip_repeats = [&](std::vector<char>& states) {
    for (std::size_t i = 0; i < parts.size(); ++i) {
      // Directories may only be passed over where a component begins.
      const bool may_skip = repeats(i) && (parts[i].kind == Kind::any_text || after_slash);
      if (states[i] && may_skip) states[i + 1] = 1;
    }
  };
  skip_repeats(reached);
  for (const char32_t c : path) {
    std::ranges::fill(next, 0);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (!reached[i] || !takes(parts[i], c)) continue;
      next[repeats(i) ? i : i + 1] = 1;
    }
    after_slash = c == slash;
    skip_repeats(next);
    reached.swap(next);
    if (std::ranges::find(reached, 1) == reached.end()) return false;
  }
  return reached[parts.size()] != 0;
}

}  // namespace strandbus::detail
