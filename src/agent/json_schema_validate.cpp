#include "agent/schema_node.hpp"
#include "event/utf8.hpp"
#include "strandbus/agent/json_schema.hpp"
#include "strandbus/agent/tool_arguments.hpp"
#include "strandbus/event/json_codec.hpp"

#include <algorithm>
#include <string_view>

namespace strandbus {
namespace detail {
namespace {

using Kind = NumberRule::Kind;

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string to_text(const json::value& value) {
  std::string out;
  append_json(out, value);
  return out;
}

bool has_type(std::uint8_t types, const json::value& value) {
  switch (value.kind()) {
    case json::kind::null: return (types & type_null) != 0;
    case json::kind::bool_: return (types & type_boolean) != 0;
    case json::kind::int64:
    case json::kind::uint64: return (types & (type_integer | type_number)) != 0;
    case json::kind::double_:
      return (types & type_number) != 0 ||
             ((types & type_integer) != 0 && JsonNumber(value).is_integer());
    case json::kind::string: return (types & type_string) != 0;
    case json::kind::array: return (types & type_array) != 0;
    case json::kind::object: return (types & type_object) != 0;
  }
  return false;
}

std::string names_of(std::uint8_t types) {
  static constexpr std::pair<SchemaType, std::string_view> names[] = {
      {type_null, "null"},        {type_boolean, "a boolean"}, {type_integer, "an integer"},
      {type_number, "a number"},  {type_string, "a string"},   {type_array, "an array"},
      {type_object, "an object"},
  };
  std::string text;
  for (const auto& [bit, name] : names) {
    if ((types & bit) == 0) continue;
    if (!text.empty()) text += " or ";
    text += name;
  }
  return text;
}

bool obeys(const JsonNumber& value, Kind kind, const JsonNumber& limit) {
  switch (kind) {
    case Kind::minimum: return value >= limit;
    case Kind::maximum: return value <= limit;
    case Kind::exclusive_minimum: return value > limit;
    case Kind::exclusive_maximum: return value < limit;
    case Kind::multiple_of: return value.is_multiple_of(limit);
  }
  return false;
}

std::string_view phrase(Kind kind) {
  switch (kind) {
    case Kind::minimum: return "expected at least ";
    case Kind::maximum: return "expected at most ";
    case Kind::exclusive_minimum: return "expected more than ";
    case Kind::exclusive_maximum: return "expected less than ";
    case Kind::multiple_of: return "expected a multiple of ";
  }
  return "";
}

std::uint64_t count_code_points(std::string_view text) {
  std::uint64_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(utf8_step(text).size);
  return count;
}

/// Checks a value against a schema and remembers the first rule that it breaks.
class SchemaValidator {
 public:
  explicit SchemaValidator(std::string pointer) : pointer_(std::move(pointer)) {}

  bool check(const SchemaNode& node, const json::value& value) {
    if (node.never) return fail("no value is allowed here");
    return check_kind(node, value) && check_content(node, value) && check_combinations(node, value);
  }

  std::optional<SchemaError>& error() noexcept { return error_; }

 private:
  bool fail(std::string message) {
    error_.emplace(pointer_, std::move(message));
    return false;
  }

  bool check_kind(const SchemaNode& node, const json::value& value) {
    if (node.types != 0 && !has_type(node.types, value)) {
      return fail("expected " + names_of(node.types) + ", got " + std::string(kind_of(value)));
    }
    if (node.constant && !equal_json(*node.constant, value))
      return fail("expected " + to_text(*node.constant));
    return !node.enumeration || check_enumeration(*node.enumeration, value);
  }

  bool check_enumeration(const json::array& allowed, const json::value& value) {
    constexpr std::size_t max_shown = 20;
    if (std::ranges::any_of(allowed,
                            [&](const json::value& item) { return equal_json(item, value); }))
      return true;
    std::string text = "expected one of ";
    for (std::size_t i = 0; i < std::min(allowed.size(), max_shown); ++i) {
      if (i != 0) text += ", ";
      text += to_text(allowed[i]);
    }
    if (allowed.size() > max_shown) text += ", …";
    return fail(std::move(text));
  }

  bool check_content(const SchemaNode& node, const json::value& value) {
    if (value.is_number()) return check_number(node, value);
    if (value.is_string()) return check_string(node, value.get_string());
    if (value.is_array()) return check_array(node, value.get_array());
    if (value.is_object()) return check_object(node, value.get_object());
    return true;
  }

  bool check_number(const SchemaNode& node, const json::value& value) {
    for (const NumberRule& rule : node.number_rules) {
      if (!obeys(JsonNumber(value), rule.kind, JsonNumber(rule.limit))) {
        return fail(std::string(phrase(rule.kind)) + to_text(rule.limit));
      }
    }
    return true;
  }

  bool check_count(const CountRule& rule, std::uint64_t count, std::string_view what) {
    const auto expected = [&](std::string_view bound, std::uint64_t limit) {
      return "expected " + std::string(bound) + ' ' + std::to_string(limit) + ' ' +
             std::string(what) + ", got " + std::to_string(count);
    };
    if (count < rule.min) return fail(expected("at least", rule.min));
    if (count > rule.max) return fail(expected("at most", rule.max));
    return true;
  }

  bool check_string(const SchemaNode& node, std::string_view text) {
    if (!check_count(node.length, count_code_points(text), "characters")) return false;
    if (!node.pattern) return true;
    switch (node.pattern->search(text)) {
      case EcmaPattern::Match::yes: return true;
      case EcmaPattern::Match::no: break;
      case EcmaPattern::Match::too_expensive:
        return fail("the pattern " + quoted(node.pattern_text) +
                    " takes too long to match this text");
    }
    return fail("expected a text that matches " + quoted(node.pattern_text));
  }

  bool check_array(const SchemaNode& node, const json::array& list) {
    if (!check_count(node.item_count, list.size(), "items")) return false;
    for (std::size_t i = 0; node.items && i < list.size(); ++i) {
      const PointerStep step(pointer_, i);
      if (!check(*node.items, list[i])) return false;
    }
    return !node.unique_items || check_unique(list);
  }

  bool check_unique(const json::array& list) {
    std::vector<const json::value*> sorted;
    sorted.reserve(list.size());
    for (const json::value& item : list) sorted.push_back(&item);
    std::ranges::sort(sorted,
                      [](const auto* a, const auto* b) { return compare_json(*a, *b) < 0; });
    const auto twice = std::ranges::adjacent_find(
        sorted, [](const auto* a, const auto* b) { return equal_json(*a, *b); });
    return twice == sorted.end() || fail("expected items that differ from each other");
  }

  bool check_object(const SchemaNode& node, const json::object& object) {
    if (!check_count(node.member_count, object.size(), "members")) return false;
    for (const std::string& name : node.required) {
      if (!object.contains(name)) return fail("the member " + quoted(name) + " is missing");
    }
    return std::ranges::all_of(
        object, [&](const json::key_value_pair& member) { return check_member(node, member); });
  }

  bool check_member(const SchemaNode& node, const json::key_value_pair& member) {
    const auto known = std::ranges::find(node.properties, std::string_view(member.key()),
                                         &std::pair<std::string, SchemaNode::Child>::first);
    const SchemaNode* schema =
        known != node.properties.end() ? known->second.get() : node.additional.get();
    if (!schema) return true;
    const PointerStep step(pointer_, member.key());
    if (known == node.properties.end() && schema->never) return fail(unexpected(node));
    return check(*schema, member.value());
  }

  static std::string unexpected(const SchemaNode& node) {
    std::string text = "unexpected member; ";
    if (node.properties.empty()) return text + "none is allowed";
    text += "allowed: ";
    for (const auto& property : node.properties) {
      if (!text.ends_with(' ')) text += ", ";
      text += property.first;
    }
    return text;
  }

  bool check_combinations(const SchemaNode& node, const json::value& value) {
    for (const auto& part : node.all_of) {
      if (!check(*part, value)) return false;
    }
    if (!node.any_of.empty() && !check_any(node.any_of, value)) return false;
    if (!node.negated) return true;
    SchemaValidator opposite(pointer_);
    return !opposite.check(*node.negated, value) || fail("this value is excluded");
  }

  bool check_any(const std::vector<SchemaNode::Child>& alternatives, const json::value& value) {
    constexpr std::size_t max_shown = 3;
    std::string text = "fits none of " + std::to_string(alternatives.size()) + " alternatives:";
    for (std::size_t i = 0; i < alternatives.size(); ++i) {
      SchemaValidator alternative(pointer_);
      if (alternative.check(*alternatives[i], value)) return true;
      if (i < max_shown)
        text += " (" + std::to_string(i + 1) + ") " + alternative.error()->to_string();
    }
    return fail(std::move(text));
  }

  std::string pointer_;
  std::optional<SchemaError> error_;
};

}  // namespace
}  // namespace detail

std::optional<SchemaError> JsonSchema::validate(const json::value& value) const {
  detail::SchemaValidator validator{std::string()};
  validator.check(*root_, value);
  return std::move(validator.error());
}

}  // namespace strandbus
