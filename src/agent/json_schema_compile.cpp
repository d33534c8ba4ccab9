#include "agent/schema_node.hpp"
#include "strandbus/agent/json_schema.hpp"
#include "strandbus/agent/tool_arguments.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace strandbus {
namespace detail {
namespace {

constexpr int max_schema_depth = 64;

/// Compiles a schema from the outside in; throws a SchemaError.
class SchemaCompiler {
 public:
  SchemaNode::Child compile(const json::value& schema) {
    auto node = std::make_unique<SchemaNode>();
    if (const bool* always = schema.if_bool()) {
      node->never = !*always;
      return node;
    }
    const json::object* keywords = schema.if_object();
    if (!keywords) fail_type("an object or a boolean", schema);
    if (++depth_ > max_schema_depth) fail("schemas are nested too deep");
    for (const auto& keyword : *keywords) {
      const PointerStep step(pointer_, keyword.key());
      apply(*node, keyword.key(), keyword.value());
    }
    --depth_;
    return node;
  }

 private:
  using Rule = void (SchemaCompiler::*)(SchemaNode&, const json::value&);
  using Number = NumberRule::Kind;

  [[noreturn]] void fail(std::string message) const {
    throw SchemaError(pointer_, std::move(message));
  }
  [[noreturn]] void fail_type(std::string_view expected, const json::value& got) const {
    fail("expected " + std::string(expected) + ", got " + std::string(kind_of(got)));
  }

  void apply(SchemaNode& node, std::string_view keyword, const json::value& value) {
    const auto rule = std::ranges::find(rules, keyword, &std::pair<std::string_view, Rule>::first);
    if (rule == rules.end()) fail("the keyword \"" + std::string(keyword) + "\" is not supported");
    (this->*rule->second)(node, value);
  }

  void annotation(SchemaNode&, const json::value&) {}

  std::uint8_t type_bit(const json::value& value) const {
    static constexpr std::array<std::pair<std::string_view, SchemaType>, 7> names{{
        {"null", type_null},
        {"boolean", type_boolean},
        {"integer", type_integer},
        {"number", type_number},
        {"string", type_string},
        {"array", type_array},
        {"object", type_object},
    }};
    const json::string* name = value.if_string();
    if (!name) fail_type("the name of a type", value);
    const auto found = std::ranges::find(names, std::string_view(*name),
                                         &std::pair<std::string_view, SchemaType>::first);
    if (found == names.end()) fail("\"" + std::string(*name) + "\" is no type of JSON Schema");
    return found->second;
  }

  void type(SchemaNode& node, const json::value& value) {
    const json::array* list = value.if_array();
    if (!list) {
      node.types = type_bit(value);
      return;
    }
    if (list->empty()) fail("a list of types needs one");
    for (const json::value& item : *list)
      node.types = static_cast<std::uint8_t>(node.types | type_bit(item));
  }

  const json::array& list(const json::value& value) const {
    const json::array* items = value.if_array();
    if (!items) fail_type("an array", value);
    return *items;
  }

  void enumeration(SchemaNode& node, const json::value& value) { node.enumeration = list(value); }
  void constant(SchemaNode& node, const json::value& value) { node.constant = value; }

  template <Number kind>
  void number(SchemaNode& node, const json::value& value) {
    if (!value.is_number()) fail_type("a number", value);
    if (kind == Number::multiple_of && JsonNumber(value) <= JsonNumber(std::int64_t{0}))
      fail("expected a number above 0");
    node.number_rules.push_back(NumberRule{kind, value});
  }

  template <auto Rule, auto Bound>
  void count(SchemaNode& node, const json::value& value) {
    const bool good = value.is_number() && JsonNumber(value).is_integer() &&
                      JsonNumber(value) >= JsonNumber(std::int64_t{0}) &&
                      JsonNumber(value) <= JsonNumber(std::int64_t{1} << 53U);
    if (!good) fail("expected a whole number from 0 up");
    node.*Rule.*Bound = value.is_double() ? static_cast<std::uint64_t>(value.get_double())
                                          : value.to_number<std::uint64_t>();
  }

  void pattern(SchemaNode& node, const json::value& value) {
    const json::string* text = value.if_string();
    if (!text) fail_type("a string", value);
    auto compiled = EcmaPattern::compile(*text);
    if (!compiled) {
      fail("bad pattern at byte " + std::to_string(compiled.error().offset) + ": " +
           compiled.error().message);
    }
    node.pattern = std::move(*compiled);
    node.pattern_text = *text;
  }

  void unique_items(SchemaNode& node, const json::value& value) {
    if (!value.is_bool()) fail_type("a boolean", value);
    node.unique_items = value.get_bool();
  }

  template <SchemaNode::Child SchemaNode::*Member>
  void child(SchemaNode& node, const json::value& value) {
    node.*Member = compile(value);
  }

  template <std::vector<SchemaNode::Child> SchemaNode::*Member>
  void children(SchemaNode& node, const json::value& value) {
    const json::array& schemas = list(value);
    if (schemas.empty()) fail("a list of schemas needs one");
    for (std::size_t i = 0; i < schemas.size(); ++i) {
      const PointerStep step(pointer_, i);
      (node.*Member).push_back(compile(schemas[i]));
    }
  }

  void required(SchemaNode& node, const json::value& value) {
    for (const json::value& name : list(value)) {
      if (!name.is_string()) fail_type("a list of strings", name);
      node.required.emplace_back(name.get_string());
    }
  }

  void properties(SchemaNode& node, const json::value& value) {
    const json::object* members = value.if_object();
    if (!members) fail_type("an object", value);
    for (const auto& member : *members) {
      const PointerStep step(pointer_, member.key());
      node.properties.emplace_back(member.key(), compile(member.value()));
    }
  }

  static const std::array<std::pair<std::string_view, Rule>, 33> rules;

  std::string pointer_;
  int depth_ = 0;
};

using Node = SchemaNode;
using Self = SchemaCompiler;

const std::array<std::pair<std::string_view, SchemaCompiler::Rule>, 33> SchemaCompiler::rules{{
    {"type", &Self::type},
    {"enum", &Self::enumeration},
    {"const", &Self::constant},
    {"properties", &Self::properties},
    {"required", &Self::required},
    {"additionalProperties", &Self::child<&Node::additional>},
    {"items", &Self::child<&Node::items>},
    {"minimum", &Self::number<Number::minimum>},
    {"maximum", &Self::number<Number::maximum>},
    {"exclusiveMinimum", &Self::number<Number::exclusive_minimum>},
    {"exclusiveMaximum", &Self::number<Number::exclusive_maximum>},
    {"multipleOf", &Self::number<Number::multiple_of>},
    {"minLength", &Self::count<&Node::length, &CountRule::min>},
    {"maxLength", &Self::count<&Node::length, &CountRule::max>},
    {"pattern", &Self::pattern},
    {"minItems", &Self::count<&Node::item_count, &CountRule::min>},
    {"maxItems", &Self::count<&Node::item_count, &CountRule::max>},
    {"uniqueItems", &Self::unique_items},
    {"minProperties", &Self::count<&Node::member_count, &CountRule::min>},
    {"maxProperties", &Self::count<&Node::member_count, &CountRule::max>},
    {"anyOf", &Self::children<&Node::any_of>},
    {"allOf", &Self::children<&Node::all_of>},
    {"not", &Self::child<&Node::negated>},
    {"title", &Self::annotation},
    {"description", &Self::annotation},
    {"default", &Self::annotation},
    {"examples", &Self::annotation},
    {"format", &Self::annotation},
    {"deprecated", &Self::annotation},
    {"$schema", &Self::annotation},
    {"$comment", &Self::annotation},
    {"readOnly", &Self::annotation},
    {"writeOnly", &Self::annotation},
}};

}  // namespace

void append_pointer_step(std::string& pointer, std::string_view key) {
  pointer += '/';
  for (const char c : key) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
}

}  // namespace detail

std::string SchemaError::to_string() const {
  return pointer.empty() ? message : pointer + ": " + message;
}

boost::system::result<JsonSchema, SchemaError> JsonSchema::compile(const json::value& schema) {
  try {
    return JsonSchema(detail::SchemaCompiler().compile(schema));
  } catch (const SchemaError& error) {
    return error;
  }
}

}  // namespace strandbus
