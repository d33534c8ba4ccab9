#include "strandbus/agent/tool_registry.hpp"

#include "agent/function_tool.hpp"
#include "agent/json_compare.hpp"
#include "agent/tool_threads.hpp"

#include <algorithm>
#include <stdexcept>

namespace strandbus {
namespace {

constexpr std::size_t max_name_length = 64;

bool is_tool_name(std::string_view name) noexcept {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  };
  return !name.empty() && name.size() <= max_name_length && std::ranges::all_of(name, allowed);
}

std::string joined(const std::vector<std::string>& names) {
  if (names.empty()) return "none";
  std::string text;
  for (const std::string& name : names) {
    if (!text.empty()) text += ", ";
    text += name;
  }
  return text;
}

[[noreturn]] void refuse(const std::string& tool, const std::string& why) {
  throw std::invalid_argument("tool \"" + tool + "\": " + why);
}

bool is_object_schema(const json::object& schema) {
  const json::value* type = schema.if_contains("type");
  return type && type->is_string() && type->get_string() == "object";
}

JsonSchema compile_parameters(const ToolDefinition& definition) {
  if (!is_object_schema(definition.parameters)) {
    refuse(definition.name, "its parameters must be a JSON Schema with \"type\": \"object\"");
  }
  auto schema = JsonSchema::compile(definition.parameters);
  if (!schema)
    refuse(definition.name,
           "its parameters are no usable JSON Schema: " + schema.error().to_string());
  return *schema;
}

/// Whether arrays and objects are nested in each other more than `levels` times.
bool is_deeper_than(const json::value& value, std::size_t levels) {
  if (const json::array* list = value.if_array()) {
    return levels == 0 || std::ranges::any_of(*list, [&](const auto& item) {
             return is_deeper_than(item, levels - 1);
           });
  }
  if (const json::object* object = value.if_object()) {
    return levels == 0 || std::ranges::any_of(*object, [&](const auto& member) {
             return is_deeper_than(member.value(), levels - 1);
           });
  }
  return false;
}

CallDenial invalid(std::string_view tool_name, const std::string& why) {
  return {ErrorCode::E_VALIDATION,
          "invalid arguments for \"" + std::string(tool_name) + "\": " + why};
}

}  // namespace

namespace detail {

ToolResult invalid_arguments(const SchemaError& error) {
  return ToolResult::failure(ErrorCode::E_VALIDATION, "invalid arguments: " + error.to_string());
}

}  // namespace detail

ToolRegistration::ToolRegistration(std::shared_ptr<detail::FunctionTool> tool) noexcept
    : tool_(std::move(tool)) {}

ToolRegistration& ToolRegistration::describe(std::string_view argument,
                                             std::string_view description) {
  if (!tool_->describe(argument, description)) {
    refuse(tool_->definition().name,
           "has no argument \"" + std::string(argument) + "\" to describe");
  }
  return *this;
}

ToolRegistration& ToolRegistration::requires_confirmation() {
  tool_->edit().requires_confirmation = true;
  return *this;
}

ToolRegistration& ToolRegistration::requires_read_first() {
  tool_->edit().requires_read_first = true;
  return *this;
}

ToolRegistry::ToolRegistry(ToolRegistryOptions options)
    : threads_(std::make_shared<detail::ToolThreads>(std::move(options))) {}

void ToolRegistry::add(std::shared_ptr<Tool> tool) {
  if (!tool) throw std::invalid_argument("ToolRegistry::add: the tool is null");
  const ToolDefinition& definition = tool->definition();
  if (!is_tool_name(definition.name)) {
    refuse(definition.name, "a tool's name is 1 to 64 letters, digits, '_' and '-'");
  }
  if (find_entry(definition.name)) refuse(definition.name, "there is already a tool of this name");
  JsonSchema schema = compile_parameters(definition);
  entries_.push_back(Entry{definition.name, std::move(tool), std::move(schema)});
}

ToolRegistration ToolRegistry::add_plain(ToolDefinition definition,
                                         detail::PlainFunction function) {
  auto tool =
      std::make_shared<detail::PlainTool>(std::move(definition), std::move(function), threads_);
  add(tool);
  return ToolRegistration(std::move(tool));
}

ToolRegistration ToolRegistry::add_coroutine(ToolDefinition definition,
                                             detail::CoroutineFunction function) {
  auto tool = std::make_shared<detail::CoroutineTool>(std::move(definition), std::move(function));
  add(tool);
  return ToolRegistration(std::move(tool));
}

const ToolRegistry::Entry* ToolRegistry::find_entry(std::string_view name) const noexcept {
  const auto entry = std::ranges::find(entries_, name, &Entry::name);
  return entry == entries_.end() ? nullptr : &*entry;
}

std::shared_ptr<Tool> ToolRegistry::find(std::string_view name) const noexcept {
  const Entry* entry = find_entry(name);
  return entry ? entry->tool : nullptr;
}

const JsonSchema* ToolRegistry::schema(std::string_view name) const noexcept {
  const Entry* entry = find_entry(name);
  return entry ? &entry->schema : nullptr;
}

std::vector<std::string> ToolRegistry::names() const {
  std::vector<std::string> names;
  for (const Entry& entry : entries_) names.push_back(entry.name);
  return names;
}

std::vector<ToolDefinition> ToolRegistry::definitions() const {
  std::vector<ToolDefinition> definitions;
  for (const Entry& entry : entries_) definitions.push_back(entry.tool->definition());
  return definitions;
}

std::vector<ToolSpec> ToolRegistry::specs() const {
  std::vector<ToolSpec> specs;
  for (const Entry& entry : entries_) {
    const ToolDefinition& definition = entry.tool->definition();
    specs.push_back(ToolSpec{definition.name, definition.description, definition.parameters});
  }
  return specs;
}

ToolRegistry ToolRegistry::select(std::span<const std::string> names) const {
  ToolRegistry selection(*this);
  selection.entries_.clear();
  for (const std::string& name : names) {
    const Entry* entry = find_entry(name);
    if (!entry) refuse(name, "there is no such tool; known: " + joined(this->names()));
    if (selection.find_entry(name)) refuse(name, "is selected twice");
    selection.entries_.push_back(*entry);
  }
  return selection;
}

ToolRegistry ToolRegistry::select(std::initializer_list<std::string> names) const {
  return select(std::span<const std::string>(names.begin(), names.size()));
}

PreparedCall prepare_call(const ToolRegistry& registry, std::string_view tool_name,
                          const json::value& arguments) {
  std::shared_ptr<Tool> tool = registry.find(tool_name);
  if (!tool) {
    return CallDenial(ErrorCode::E_TOOL_UNKNOWN, "there is no tool \"" + std::string(tool_name) +
                                                     "\"; known: " + joined(registry.names()));
  }
  const json::object* object = arguments.if_object();
  if (!object)
    return invalid(tool_name, "expected an object, got " + std::string(detail::kind_of(arguments)));
  if (is_deeper_than(arguments, max_argument_depth)) {
    return invalid(tool_name,
                   "nested deeper than " + std::to_string(max_argument_depth) + " levels");
  }
  if (const auto error = registry.schema(tool_name)->validate(arguments))
    return invalid(tool_name, error->to_string());
  return ReadyCall(std::move(tool), *object);
}

}  // namespace strandbus
