#pragma once

#include <cstddef>
#include <functional>
#include <iterator>
#include <string>
#include <string_view>

// Slices of a JSON text that check_json has accepted. Nothing here fails, and nothing is copied: an
// unknown member keeps its very digits, and a hostile text costs no memory beyond itself.

namespace strandbus::detail {

enum class JsonKind { null, boolean, number, string, array, object };

/// The kind of a value by its text.
JsonKind kind_of(std::string_view value) noexcept;

/// What is between the brackets of an array or the braces of an object.
std::string_view inside(std::string_view container) noexcept;

/// Goes through the members of an object, given what is between its braces.
class MemberScanner {
 public:
  explicit MemberScanner(std::string_view members) noexcept : rest_(members) {}

  /// Steps to the next member; false after the last.
  bool next();

  /// The key without quotes and escapes. Valid until the next step.
  std::string_view key() const noexcept { return key_; }
  /// The value's text.
  std::string_view value() const noexcept { return value_; }
  /// Key, colon and value as they stand in the text.
  std::string_view member() const noexcept { return member_; }

 private:
  std::string_view rest_;
  std::string_view key_;
  std::string_view value_;
  std::string_view member_;
  std::string unescaped_;
};

/// Goes through the elements of an array, given what is between its brackets.
class ElementScanner {
 public:
  explicit ElementScanner(std::string_view elements) noexcept : rest_(elements) {}

  bool next() noexcept;
  std::string_view value() const noexcept { return value_; }

 private:
  std::string_view rest_;
  std::string_view value_;
};

/// The text that a JSON string literal, given with its quotes, stands for: a part of the literal,
/// or `unescaped` if it has escapes.
std::string_view unescape(std::string_view literal, std::string& unescaped);

/// Where `key` is among names, which are searched in turn from `next` on: members mostly come in
/// the order in which they are described. Their count if there is none.
template <class Names, class NameOf = std::identity>
std::size_t find_in_turn(const Names& names, std::size_t next, std::string_view key,
                         NameOf name_of = {}) {
  const std::size_t count = std::size(names);
  for (std::size_t tried = 0; tried < count; ++tried, ++next) {
    if (next >= count) next = 0;
    if (std::invoke(name_of, names[next]) == key) return next;
  }
  return count;
}

/// Appends a slice without the line breaks that stand between its tokens: an event is one line.
void append_slice(std::string& out, std::string_view slice);

}  // namespace strandbus::detail
