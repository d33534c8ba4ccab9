#pragma once

#include "strandbus/error.hpp"

#include <boost/json/value.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace strandbus {
namespace detail {
struct SchemaNode;
}

/// Where a value breaks a schema, or where a schema cannot be used.
struct SchemaError {
  SchemaError() = default;
  SchemaError(std::string where, std::string what)
      : pointer(std::move(where)), message(std::move(what)) {}

  /// Pointer and message in one line for people and models: `/city: expected a string, got null`.
  std::string to_string() const;

  std::string
      pointer;  ///< JSON pointer (RFC 6901) into the value or the schema; "" = the whole of it
  std::string message;
};

/// A compiled JSON Schema (draft 2020-12) of the keywords that tool definitions use: type, enum,
/// const, properties, required, additionalProperties, items, minimum, maximum, exclusiveMinimum,
/// exclusiveMaximum, multipleOf, minLength, maxLength, pattern, minItems, maxItems, uniqueItems,
/// minProperties, maxProperties, anyOf, allOf, not.
///
/// Annotations (title, description, default, examples, format, deprecated, readOnly, writeOnly,
/// $schema, $comment) are accepted and check nothing. Every other keyword is refused when the
/// schema is compiled: a rule that is not checked is worse than none.
///
/// Numbers are compared exactly: integers with 64 bits, never through a double. Lengths count code
/// points. Patterns follow ECMA-262 with code points as characters; what cannot be followed
/// (look-behind, back-references, \p classes, modifiers) is refused.
///
/// Threads: any thread; a compiled schema is immutable and cheap to copy.
class JsonSchema {
 public:
  /// Compiles a schema.
  ///
  /// Errors: a SchemaError that points into the schema: unsupported keyword, wrong type of a
  ///         keyword's value, bad pattern, schemas nested deeper than 64.
  static boost::system::result<JsonSchema, SchemaError> compile(const json::value& schema);

  /// The first rule that `value` breaks; nullopt when it is valid.
  ///
  /// A pattern that is too expensive to match against a text counts as broken.
  std::optional<SchemaError> validate(const json::value& value) const;

 private:
  explicit JsonSchema(std::shared_ptr<const detail::SchemaNode> root) noexcept
      : root_(std::move(root)) {}

  std::shared_ptr<const detail::SchemaNode> root_;
};

}  // namespace strandbus
