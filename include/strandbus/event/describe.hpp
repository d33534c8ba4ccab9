#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <boost/describe/enumerators.hpp>
#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>

#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>

namespace strandbus::detail {

/// The wire name of a described member or enumerator: its C++ name without a trailing underscore.
constexpr std::string_view wire_name_of(std::string_view cpp_name) noexcept {
  if (cpp_name.ends_with('_')) cpp_name.remove_suffix(1);
  return cpp_name;
}

/// An enum that BOOST_DESCRIBE_ENUM named.
template <class E>
concept DescribedEnum = std::is_enum_v<E> && boost::describe::has_describe_enumerators<E>::value;

/// The wire names of an enum whose values are 0, 1, 2 …
template <DescribedEnum E>
inline constexpr auto enum_names = []<class... D>(boost::mp11::mp_list<D...>) {
  std::size_t next = 0;
  const bool counts_up = ((static_cast<std::size_t>(D::value) == next++) && ...);
  if (!counts_up) throw "the values of a described enum must be 0, 1, 2 ...";
  return std::array<std::string_view, sizeof...(D)>{wire_name_of(D::name)...};
}(boost::mp11::mp_rename<boost::describe::describe_enumerators<E>, boost::mp11::mp_list>{});

/// How many of a described struct's last members may be absent on the wire.
template <class T>
constexpr std::size_t optional_members() {
  return strandbus_optional_members(static_cast<const T*>(nullptr));
}

/// A struct that STRANDBUS_DESCRIBE named.
template <class T>
concept Described = requires {
  strandbus_optional_members(static_cast<const T*>(nullptr));
};

}  // namespace strandbus::detail

namespace strandbus {

/// The wire name of an enumerator, for example "denied"; empty for a value that the enum does not
/// have.
template <detail::DescribedEnum E>
constexpr std::string_view wire_name(E value) noexcept {
  const auto index = static_cast<std::size_t>(value);
  return index < detail::enum_names<E>.size() ? detail::enum_names<E>[index] : std::string_view{};
}

}  // namespace strandbus

/// Describes a struct for the JSON codec: its members in wire order, of which the last
/// `optional_count` are absent on the wire when empty (empty text, empty list, JSON null, nullopt).
#define STRANDBUS_DESCRIBE(Type, optional_count, ...) \
  BOOST_DESCRIBE_STRUCT(Type, (), (__VA_ARGS__))      \
  constexpr std::size_t strandbus_optional_members(const Type*) noexcept { return optional_count; }
