#pragma once

#include "llm/json_position.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// Thrown by the functions below: what is wrong with which member.
struct JsonProblem {
  std::string pointer{};
  JsonPart part{};
  std::string message{};
};

/// A value of a document and where it stands.
struct JsonField {
  const boost::json::value& value;
  std::string pointer;

  /// Throws a JsonProblem about this field.
  [[noreturn]] void fail(std::string message) const;
  /// "expected `wanted`, found …"
  [[noreturn]] void fail_expected(std::string_view wanted) const;

  std::string text() const;
  /// A text that is not empty.
  std::string name() const;
  bool boolean() const;
  std::int64_t integer(std::int64_t least, std::int64_t most) const;
  double number(double least, double most) const;
  const boost::json::array& list() const;
  const boost::json::object& object() const;
  /// A member of the object that has it.
  JsonField member(std::string_view name) const;
  JsonField element(std::size_t index) const;

  /// The enumerator-like name among `names`, as its index.
  std::size_t one_of(std::span<const std::string_view> names) const;
};

/// Reads the members of an object and refuses those it does not know.
class JsonObjectReader {
 public:
  /// Fails unless `field` is an object whose members are all among `known`.
  JsonObjectReader(JsonField field, std::initializer_list<std::string_view> known);

  const JsonField& field() const noexcept { return field_; }

  bool has(std::string_view name) const { return find(name).has_value(); }
  std::optional<JsonField> find(std::string_view name) const;
  /// Fails when there is none.
  JsonField require(std::string_view name) const;

  std::string text_or_empty(std::string_view name) const;
  bool boolean_or(std::string_view name, bool fallback) const;
  std::optional<std::int64_t> integer(std::string_view name, std::int64_t least,
                                      std::int64_t most) const;

 private:
  const boost::json::object& object_;
  JsonField field_;
};

/// The text as a JSON string literal: nothing in it can be mistaken for the message around it.
std::string quoted(std::string_view text);

/// The member of `known` that was probably meant; empty if none is close.
std::string_view closest_name(std::string_view wrong, std::span<const std::string_view> known);

}  // namespace strandbus::detail
