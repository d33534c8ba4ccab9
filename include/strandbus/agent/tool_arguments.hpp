#pragma once

#include "strandbus/agent/json_schema.hpp"
#include "strandbus/event/describe.hpp"

#include <boost/describe/enumerators.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace strandbus {

/// A struct whose members are known: BOOST_DESCRIBE_STRUCT or STRANDBUS_DESCRIBE.
template <class T>
concept DescribedStruct = std::is_class_v<T> && boost::describe::has_describe_members<T>::value;

/// An enum whose enumerators are known: BOOST_DESCRIBE_ENUM.
template <class T>
concept DescribedEnum = std::is_enum_v<T> && boost::describe::has_describe_enumerators<T>::value;

/// The arguments of a tool that takes none.
struct NoArguments {};
BOOST_DESCRIBE_STRUCT(NoArguments, (), ())

namespace detail {

template <class T, template <class...> class Template>
inline constexpr bool is_a = false;
template <class... A, template <class...> class Template>
inline constexpr bool is_a<Template<A...>, Template> = true;

template <class T>
inline constexpr bool is_text_map = false;
template <class T>
inline constexpr bool is_text_map<std::map<std::string, T>> = true;

template <class T>
inline constexpr bool no_schema_for = false;

/// Finds the first thing wrong while JSON becomes a C++ value, and where.
class ArgumentReader {
 public:
  bool failed() const noexcept { return error_.has_value(); }
  const std::optional<SchemaError>& error() const noexcept { return error_; }
  std::string& pointer() noexcept { return pointer_; }

  void fail(std::string message);
  void expect(std::string_view what, const json::value& got);
  /// The integer that `value` is, also when written as 3.0; fails outside of min … max.
  std::int64_t signed_integer(const json::value& value, std::int64_t min, std::int64_t max);
  std::uint64_t unsigned_integer(const json::value& value, std::uint64_t max);
  double number(const json::value& value);

 private:
  std::string pointer_;
  std::optional<SchemaError> error_;
};

/// Adds a step to a JSON pointer for as long as it lives.
class PointerStep {
 public:
  PointerStep(std::string& pointer, std::string_view key);
  PointerStep(std::string& pointer, std::size_t index);
  PointerStep(const PointerStep&) = delete;
  PointerStep& operator=(const PointerStep&) = delete;
  ~PointerStep() { pointer_.resize(size_); }

 private:
  std::string& pointer_;
  std::size_t size_;
};

/// A member's name on the wire: a trailing underscore only avoids a keyword or a macro.
constexpr std::string_view wire_name(std::string_view name) {
  return name.ends_with('_') ? name.substr(0, name.size() - 1) : name;
}

template <class T>
using MembersOf = boost::describe::describe_members<T, boost::describe::mod_public |
                                                           boost::describe::mod_inherited>;

template <class T>
constexpr std::size_t optional_argument_count() {
  if constexpr (Described<T>) {
    return optional_members<T>();
  } else {
    return 0;
  }
}

/// Calls f(wire name, pointer to member, may be absent) for each member.
template <DescribedStruct T, class F>
void for_each_member(F f) {
  constexpr std::size_t count = boost::mp11::mp_size<MembersOf<T>>::value;
  std::size_t index = 0;
  boost::mp11::mp_for_each<MembersOf<T>>([&](auto member) {
    using Member = std::remove_cvref_t<decltype(std::declval<T&>().*member.pointer)>;
    const bool optional =
        is_a<Member, std::optional> || index + optional_argument_count<T>() >= count;
    ++index;
    f(wire_name(member.name), member.pointer, optional);
  });
}

json::object schema_of_type(std::string_view type);
json::object schema_of_integer(std::optional<std::int64_t> min, std::optional<std::int64_t> max);

template <class T>
json::object schema_of();

template <DescribedStruct T>
json::object schema_of_struct() {
  json::object properties;
  json::array required;
  for_each_member<T>([&](std::string_view name, auto pointer, bool optional) {
    using Member = std::remove_cvref_t<decltype(std::declval<T&>().*pointer)>;
    properties[name] = schema_of<Member>();
    if (!optional) required.emplace_back(name);
  });
  json::object schema = schema_of_type("object");
  schema["properties"] = std::move(properties);
  if (!required.empty()) schema["required"] = std::move(required);
  schema["additionalProperties"] = false;
  return schema;
}

template <DescribedEnum T>
json::object schema_of_enum() {
  json::array names;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>(
      [&](auto enumerator) { names.emplace_back(wire_name(enumerator.name)); });
  json::object schema = schema_of_type("string");
  schema["enum"] = std::move(names);
  return schema;
}

template <std::integral T>
json::object schema_of_integral() {
  std::optional<std::int64_t> min;
  std::optional<std::int64_t> max;
  if constexpr (sizeof(T) < sizeof(std::int64_t)) {
    min = std::numeric_limits<T>::min();
    max = std::numeric_limits<T>::max();
  } else if constexpr (std::is_unsigned_v<T>) {
    min = 0;
  }
  return schema_of_integer(min, max);
}

template <class T>
json::object schema_of() {
  if constexpr (std::is_same_v<T, bool>) {
    return schema_of_type("boolean");
  } else if constexpr (std::integral<T>) {
    return schema_of_integral<T>();
  } else if constexpr (std::floating_point<T>) {
    return schema_of_type("number");
  } else if constexpr (std::is_same_v<T, std::string>) {
    return schema_of_type("string");
  } else if constexpr (std::is_same_v<T, json::value>) {
    return {};
  } else if constexpr (std::is_same_v<T, json::object>) {
    return schema_of_type("object");
  } else if constexpr (is_a<T, std::optional>) {
    return schema_of<typename T::value_type>();
  } else if constexpr (is_a<T, std::vector>) {
    json::object schema = schema_of_type("array");
    schema["items"] = schema_of<typename T::value_type>();
    return schema;
  } else if constexpr (is_text_map<T>) {
    json::object schema = schema_of_type("object");
    schema["additionalProperties"] = schema_of<typename T::mapped_type>();
    return schema;
  } else if constexpr (DescribedEnum<T>) {
    return schema_of_enum<T>();
  } else if constexpr (DescribedStruct<T>) {
    return schema_of_struct<T>();
  } else {
    static_assert(
        no_schema_for<T>,
        "a tool argument is a bool, an integer, a floating-point number, std::string, a described "
        "enum, "
        "a described struct, json::value, json::object, or a std::optional, std::vector or "
        "std::map<std::string, …> of these");
  }
}

template <class T>
void read_argument(ArgumentReader& in, const json::value& value, T& out);

template <DescribedStruct T>
void read_struct(ArgumentReader& in, const json::object& object, T& out) {
  for_each_member<T>([&](std::string_view name, auto pointer, bool optional) {
    if (in.failed()) return;
    const json::value* member = object.if_contains(name);
    if (member) {
      const PointerStep step(in.pointer(), name);
      read_argument(in, *member, out.*pointer);
    } else if (!optional) {
      in.fail("the member \"" + std::string(name) + "\" is missing");
    }
  });
}

template <DescribedEnum T>
void read_enum(ArgumentReader& in, const json::value& value, T& out) {
  const json::string* text = value.if_string();
  bool found = false;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto enumerator) {
    if (!text || found || *text != wire_name(enumerator.name)) return;
    out = enumerator.value;
    found = true;
  });
  if (!found) in.expect("one of the names in the schema", value);
}

template <class T>
void read_list(ArgumentReader& in, const json::value& value, std::vector<T>& out) {
  const json::array* list = value.if_array();
  if (!list) return in.expect("an array", value);
  out.clear();
  for (std::size_t i = 0; i < list->size() && !in.failed(); ++i) {
    const PointerStep step(in.pointer(), i);
    T item{};
    read_argument(in, (*list)[i], item);
    out.push_back(std::move(item));
  }
}

template <class T>
void read_map(ArgumentReader& in, const json::value& value, std::map<std::string, T>& out) {
  const json::object* object = value.if_object();
  if (!object) return in.expect("an object", value);
  out.clear();
  for (const auto& member : *object) {
    if (in.failed()) return;
    const PointerStep step(in.pointer(), member.key());
    read_argument(in, member.value(), out[std::string(member.key())]);
  }
}

template <class T>
void read_argument(ArgumentReader& in, const json::value& value, T& out) {
  if constexpr (std::is_same_v<T, bool>) {
    if (value.is_bool()) {
      out = value.get_bool();
    } else {
      in.expect("a boolean", value);
    }
  } else if constexpr (std::signed_integral<T>) {
    out = static_cast<T>(
        in.signed_integer(value, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
  } else if constexpr (std::unsigned_integral<T>) {
    out = static_cast<T>(in.unsigned_integer(value, std::numeric_limits<T>::max()));
  } else if constexpr (std::floating_point<T>) {
    out = static_cast<T>(in.number(value));
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (const json::string* text = value.if_string()) {
      out.assign(text->data(), text->size());
    } else {
      in.expect("a string", value);
    }
  } else if constexpr (std::is_same_v<T, json::value>) {
    out = value;
  } else if constexpr (is_a<T, std::optional>) {
    if (value.is_null()) {
      out.reset();
    } else {
      read_argument(in, value, out.emplace());
    }
  } else if constexpr (is_a<T, std::vector>) {
    read_list(in, value, out);
  } else if constexpr (is_text_map<T>) {
    read_map(in, value, out);
  } else if constexpr (DescribedEnum<T>) {
    read_enum(in, value, out);
  } else {
    const json::object* object = value.if_object();
    if (!object) return in.expect("an object", value);
    if constexpr (std::is_same_v<T, json::object>) {
      out = *object;
    } else {
      read_struct(in, *object, out);
    }
  }
}

}  // namespace detail

/// The JSON Schema of a described struct, as a model is told it.
///
/// Members become properties; all are required except std::optional ones and those that
/// STRANDBUS_DESCRIBE counts as optional. Unsigned and narrow integers get their range, enums their
/// names, and no other members are allowed. A trailing underscore of a name is left out.
template <DescribedStruct Args>
json::object arguments_schema() {
  return detail::schema_of_struct<Args>();
}

/// Reads arguments into a described struct. Members that are absent keep their initial values, and
/// members that the struct does not have are ignored: the schema has refused them.
///
/// Errors: a SchemaError that names the argument.
template <DescribedStruct Args>
boost::system::result<Args, SchemaError> decode_arguments(const json::object& arguments) {
  detail::ArgumentReader in;
  Args args{};
  detail::read_struct(in, arguments, args);
  if (in.failed()) return *in.error();
  return args;
}

}  // namespace strandbus
