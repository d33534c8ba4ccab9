#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace strandbus::detail {

/// A member of an object as it stands in the text.
struct RawMember {
  std::string_view key;     ///< without quotes; it has no escapes
  std::string_view value;   ///< the value's text
  std::string_view member;  ///< all of it: key, colon and value
};

/// The members of the outermost object of a text.
class RootMembers {
 public:
  static constexpr std::size_t capacity = 32;

  void add(const RawMember& member) noexcept { members_[count_++] = member; }
  void clear() noexcept { count_ = 0; }
  std::span<const RawMember> all() const noexcept { return {members_.data(), count_}; }

 private:
  std::array<RawMember, capacity> members_;
  std::size_t count_ = 0;
};

/// Whether `text` is surely JSON, nested no deeper than this and without duplicate keys; if so, and
/// if it is an object, `root` gets its members.
///
/// False says nothing: what is wrong or unusual (deep nesting, long numbers, escaped keys, escaped
/// surrogates, objects with many members) is for the slower parser to judge. Allocates nothing.
bool is_surely_json(std::string_view text, std::size_t max_depth, RootMembers& root) noexcept;

}  // namespace strandbus::detail
