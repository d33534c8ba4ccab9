#pragma once

#include "event/members.hpp"
#include "strandbus/event/json_codec.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>

namespace strandbus::detail {

class JsonReader;

/// How to read one member of a described struct.
struct MemberReader {
  std::string_view name;
  bool (*read)(JsonReader&, std::string_view text, void* object);
};

/// Reads typed values from the text of JSON values that check_json has accepted. Strict: a value of
/// another type, out of range, or missing is an error.
///
/// Every function returns whether it succeeded. The first failure is kept; while the callers
/// return, each puts its own key before the pointer.
class JsonReader {
 public:
  bool read(std::string_view text, std::string& out);
  /// As read; `out` is a part of `text`, or `unescaped` where there are escapes.
  bool read(std::string_view text, std::string_view& out, std::string& unescaped);
  bool read(std::string_view text, std::int64_t& out);
  bool read(std::string_view text, std::uint64_t& out);
  bool read(std::string_view text, bool& out);
  bool read(std::string_view text, double& out);
  bool read(std::string_view text, NanoUsd& out);
  bool read(std::string_view text, json::value& out);
  bool read(std::string_view text, json::object& out);

  /// An integer from 0 to the largest of its type.
  bool read_count(std::string_view text, std::int32_t& out);

  template <DescribedEnum E>
  bool read(std::string_view text, E& out) {
    std::size_t index = 0;
    if (!read_name(text, enum_names<E>, index)) return false;
    out = static_cast<E>(index);
    return true;
  }

  template <class T>
  bool read(std::string_view text, std::optional<T>& out) {
    return read(text, out.emplace());
  }

  template <class T>
  bool read(std::string_view text, std::vector<T>& out) {
    return read_elements(text, &out, [](JsonReader& reader, std::string_view element, void* list) {
      return reader.read(element, static_cast<std::vector<T>*>(list)->emplace_back());
    });
  }

  template <Described T>
  bool read(std::string_view text, T& out) {
    return read_object(text, &out, member_readers<T>, required_members<T>, nullptr);
  }

  /// As read; what is unknown is appended to `raw_members`.
  template <Described T>
  bool read(std::string_view text, T& out, std::string& raw_members) {
    return read_object(text, &out, member_readers<T>, required_members<T>, &raw_members);
  }

  /// Records a failure here; false.
  bool fail(std::string message);
  /// Records that a value of another kind was found; false.
  bool fail_type(std::string_view expected, std::string_view text);
  /// Records that a value was found that is none of the expected; false.
  bool fail_value(std::string_view expected, std::string_view text);
  /// Says that the failure happened inside this key or index; false.
  bool inside_of(std::string_view key);

  /// The failure, with a message that names the place: "invalid event at /data/text: expected …".
  DecodeError take_error(std::string_view what = "event");

 private:
  using ReadElement = bool (*)(JsonReader&, std::string_view element, void* list);

  template <Described T>
  static const std::array<MemberReader, member_count<T>> member_readers;

  bool read_name(std::string_view text, std::span<const std::string_view> names,
                 std::size_t& index);
  bool read_elements(std::string_view text, void* list, ReadElement read_element);
  bool read_object(std::string_view text, void* object, std::span<const MemberReader> members,
                   std::size_t required, std::string* raw_members);
  template <class Integer>
  bool read_integer(std::string_view text, Integer& out);

  std::string pointer_;
  std::string message_;
  std::size_t unknown_members_ = 0;  // met so far, at any depth
};

template <Described T>
inline constexpr std::array<MemberReader, member_count<T>> JsonReader::member_readers =
    []<class... M>(boost::mp11::mp_list<M...>) {
      return std::array<MemberReader, sizeof...(M)>{MemberReader{
          wire_name_of(M::name), [](JsonReader& reader, std::string_view text, void* object) {
            return reader.read(text, static_cast<T*>(object)->*M::pointer);
          }}...};
    }(boost::mp11::mp_rename<Members<T>, boost::mp11::mp_list>{});

/// Appends a raw member to a comma separated list.
void append_raw_member(std::string& raw_members, std::string_view member);

}  // namespace strandbus::detail
