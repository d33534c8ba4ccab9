#pragma once

#include "event/fixed_text.hpp"
#include "event/json_scan.hpp"
#include "event/json_text.hpp"
#include "event/members.hpp"
#include "strandbus/event/json_codec.hpp"
#include "strandbus/event/timestamp.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::detail {

/// Whether the raw members contain this key, which they then replace.
inline bool has_member(std::string_view raw_members, std::string_view key) {
  MemberScanner scanner(raw_members);
  while (scanner.next()) {
    if (scanner.key() == key) return true;
  }
  return false;
}

/// Writes typed values as JSON: described structs member by member, optional members only when they
/// are there.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) noexcept : out_(out) {}

  void write(const std::string& value) { append_json_string(out_, value); }
  void write(std::int64_t value) { append_integer(out_, value); }
  void write(std::uint64_t value) { append_integer(out_, value); }
  void write(bool value) { out_ += value ? "true" : "false"; }
  void write(double value) { append_double(out_, value); }
  void write(const json::value& value) { append_json(out_, value); }

  void write(NanoUsd value) {
    char text[nano_usd_size];
    out_.append(text, write_nano_usd(text, value));
  }

  void write(Timestamp value) {
    char text[rfc3339_size];
    out_ += '"';
    out_.append(text, write_rfc3339(text, value, 9));
    out_ += '"';
  }

  template <DescribedEnum E>
  void write(E value) {
    out_ += '"';
    out_ += wire_name(value);
    out_ += '"';
  }

  template <class T>
  void write(const std::optional<T>& value) {
    write(*value);
  }

  template <class T>
  void write(const std::vector<T>& list) {
    out_ += '[';
    for (const T& element : list) {
      if (out_.back() != '[') out_ += ',';
      write(element);
    }
    out_ += ']';
  }

  template <Described T>
  void write(const T& object) {
    write(object, std::string_view{});
  }

  /// `raw_members` are appended; a known one among them replaces the member.
  template <Described T>
  void write(const T& object, std::string_view raw_members) {
    out_ += '{';
    std::size_t index = 0;
    boost::mp11::mp_for_each<Members<T>>(
        [&](auto member) { write_member<T>(object, member, index++, raw_members); });
    write_raw_members(raw_members);
    out_ += '}';
  }

 private:
  template <class T, class Member>
  void write_member(const T& object, Member, std::size_t index, std::string_view raw_members) {
    const auto& value = object.*Member::pointer;
    if constexpr (optional_members<T>() > 0 && requires { is_absent(value); }) {
      if (index >= required_members<T> && is_absent(value)) return;
    }
    if (!raw_members.empty() && has_member(raw_members, wire_name_of(Member::name))) return;
    separate();
    out_.append(key_text<Member>.data(), key_text<Member>.size());
    write(value);
  }

  void write_raw_members(std::string_view raw_members) {
    if (raw_members.empty()) return;
    separate();
    out_ += raw_members;
  }

  void separate() {
    if (out_.back() != '{') out_ += ',';
  }

  std::string& out_;
};

}  // namespace strandbus::detail
