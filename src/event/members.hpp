#pragma once

#include "strandbus/event/types.hpp"

#include <boost/mp11/list.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::detail {

/// The described members of a struct in wire order.
template <Described T>
using Members = boost::describe::describe_members<T, boost::describe::mod_public>;

template <Described T>
inline constexpr std::size_t member_count = boost::mp11::mp_size<Members<T>>::value;

/// How many of them must be present on the wire.
template <Described T>
inline constexpr std::size_t required_members = member_count<T> - optional_members<T>();

/// `"name":` for a member descriptor, ready to be appended.
template <class Member>
inline constexpr auto key_text = [] {
  constexpr std::string_view name = wire_name_of(Member::name);
  std::array<char, name.size() + 3> text{};
  text.front() = '"';
  std::copy(name.begin(), name.end(), text.begin() + 1);
  text[name.size() + 1] = '"';
  text.back() = ':';
  return text;
}();

// Whether an optional member is absent on the wire.
inline bool is_absent(const std::string& value) noexcept { return value.empty(); }
inline bool is_absent(const json::value& value) noexcept { return value.is_null(); }
template <class T>
bool is_absent(const std::vector<T>& value) noexcept {
  return value.empty();
}
template <class T>
bool is_absent(const std::optional<T>& value) noexcept {
  return !value.has_value();
}

}  // namespace strandbus::detail
