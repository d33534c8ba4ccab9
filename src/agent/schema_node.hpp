#pragma once

#include "agent/ecma_pattern.hpp"
#include "agent/json_compare.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace strandbus::detail {

/// The type names of JSON Schema, as bits.
enum SchemaType : std::uint8_t {
  type_null = 1,
  type_boolean = 2,
  type_integer = 4,
  type_number = 8,
  type_string = 16,
  type_array = 32,
  type_object = 64,
};

/// minimum, multipleOf and their like.
struct NumberRule {
  enum class Kind : std::uint8_t {
    minimum,
    maximum,
    exclusive_minimum,
    exclusive_maximum,
    multiple_of
  };
  Kind kind;
  json::value limit;
};

/// How many code points, items or members a value may have.
struct CountRule {
  std::uint64_t min = 0;
  std::uint64_t max = std::numeric_limits<std::uint64_t>::max();
};

/// A compiled schema: what is absent checks nothing.
struct SchemaNode {
  using Child = std::unique_ptr<const SchemaNode>;

  bool never = false;  ///< the schema `false`

  std::uint8_t types = 0;
  std::optional<json::array> enumeration;
  std::optional<json::value> constant;

  std::vector<NumberRule> number_rules;

  CountRule length;
  std::optional<EcmaPattern> pattern;
  std::string pattern_text;

  CountRule item_count;
  bool unique_items = false;
  Child items;

  CountRule member_count;
  std::vector<std::string> required;
  std::vector<std::pair<std::string, Child>> properties;
  Child additional;

  std::vector<Child> any_of;
  std::vector<Child> all_of;
  Child negated;
};

/// A step of a JSON pointer, escaped (RFC 6901), with its slash.
void append_pointer_step(std::string& pointer, std::string_view key);

}  // namespace strandbus::detail
