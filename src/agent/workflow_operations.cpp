#include "workflow_operations.hpp"

#include "json_compare.hpp"
#include "strandbus/event/json_codec.hpp"
#include "workflow_reference.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace strandbus::detail {
namespace {

using Names = std::vector<std::string>;

template <class References>
void note(const References& references, Names& refers) {
  for (const WorkflowReference& reference : references) {
    if (!reference.step().empty()) refers.push_back(reference.step());
  }
}

WorkflowReference read_reference(const JsonField& field, Names& refers) {
  auto reference = WorkflowReference::parse(field.text());
  if (!reference) field.fail(reference.error().message);
  if (!reference->step().empty()) refers.push_back(reference->step());
  return *std::move(reference);
}

std::vector<WorkflowReference> read_references(const JsonField& field, Names& refers) {
  std::vector<WorkflowReference> references;
  for (std::size_t i = 0; i < field.list().size(); ++i)
    references.push_back(read_reference(field.element(i), refers));
  if (references.empty()) field.fail("an empty list; name the values to merge");
  return references;
}

[[noreturn]] void mismatch(const WorkflowReference& reference, const json::value& value,
                           std::string_view wanted) {
  throw WorkflowError(
      ErrorCode::E_VALIDATION,
      reference.text() + " is " + std::string(kind_of(value)) + ", not " + std::string(wanted));
}

json::value merged(const std::vector<WorkflowReference>& references, const WorkflowScope& scope) {
  json::object result;
  for (const WorkflowReference& reference : references) {
    const json::value& value = reference.get(scope);
    const auto* const object = value.if_object();
    if (!object) mismatch(reference, value, "an object, so that it cannot be merged");
    for (const auto& member : *object) result[member.key()] = member.value();
  }
  return result;
}

json::value parsed(const WorkflowReference& reference, const WorkflowScope& scope) {
  const json::value& value = reference.get(scope);
  const auto* const text = value.if_string();
  if (!text) mismatch(reference, value, "a text with JSON");
  auto result = parse_json(*text, {.max_bytes = text->size() + 1, .max_depth = 32});
  if (result) return *std::move(result);
  throw WorkflowError(ErrorCode::E_VALIDATION,
                      reference.text() + " is no JSON: " + result.error().message);
}

JsonNumber number(const WorkflowReference& reference, const WorkflowScope& scope) {
  const json::value& value = reference.get(scope);
  if (!value.is_number()) mismatch(reference, value, "a number");
  return JsonNumber(value);
}

bool contains(const WorkflowReference& reference, const json::value& part,
              const WorkflowScope& scope) {
  const json::value& value = reference.get(scope);
  if (const auto* const list = value.if_array()) {
    return std::ranges::any_of(
        *list, [&](const json::value& element) { return equal_json(element, part); });
  }
  const auto* const text = value.if_string();
  if (!text) mismatch(reference, value, "a text or a list");
  const auto* const piece = part.if_string();
  return piece && std::string_view(*text).find(std::string_view(*piece)) != std::string_view::npos;
}

JsonNumber read_number(const JsonField& field) {
  if (!field.value.is_number()) field.fail_expected("a number");
  return JsonNumber(field.value);
}

using Test = WorkflowCondition (*)(const WorkflowReference&, const JsonField&);

WorkflowCondition test_equals(const WorkflowReference& value, const JsonField& field) {
  return [value, wanted = field.value](const WorkflowScope& scope) {
    return equal_json(value.get(scope), wanted);
  };
}

WorkflowCondition test_not_equals(const WorkflowReference& value, const JsonField& field) {
  return [value, wanted = field.value](const WorkflowScope& scope) {
    return !equal_json(value.get(scope), wanted);
  };
}

WorkflowCondition test_less(const WorkflowReference& value, const JsonField& field) {
  return [value, limit = read_number(field)](const WorkflowScope& scope) {
    return number(value, scope) < limit;
  };
}

WorkflowCondition test_greater(const WorkflowReference& value, const JsonField& field) {
  return [value, limit = read_number(field)](const WorkflowScope& scope) {
    return number(value, scope) > limit;
  };
}

WorkflowCondition test_contains(const WorkflowReference& value, const JsonField& field) {
  return [value, part = field.value](const WorkflowScope& scope) {
    return contains(value, part, scope);
  };
}

WorkflowCondition test_exists(const WorkflowReference& value, const JsonField& field) {
  return [value, wanted = field.boolean()](const WorkflowScope& scope) {
    return (value.find(scope) != nullptr) == wanted;
  };
}

struct NamedTest {
  std::string_view name;
  Test make;
};

constexpr std::array<NamedTest, 6> tests{{{"equals", test_equals},
                                          {"not_equals", test_not_equals},
                                          {"less_than", test_less},
                                          {"greater_than", test_greater},
                                          {"contains", test_contains},
                                          {"exists", test_exists}}};

WorkflowCondition read_comparison(const JsonObjectReader& object, Names& refers) {
  const WorkflowReference value = read_reference(object.require("value"), refers);
  WorkflowCondition condition;
  for (const NamedTest& test : tests) {
    const auto found = object.find(test.name);
    if (!found) continue;
    if (condition) found->fail("a value has one test; use all or any for more");
    condition = test.make(value, *found);
  }
  if (!condition) {
    object.field().fail(
        "the value has no test: add equals, not_equals, less_than, greater_than, contains or "
        "exists");
  }
  return condition;
}

std::vector<WorkflowCondition> read_conditions(const JsonField& field, Names& refers) {
  std::vector<WorkflowCondition> conditions;
  for (std::size_t i = 0; i < field.list().size(); ++i)
    conditions.push_back(read_condition(field.element(i), refers));
  if (conditions.empty()) field.fail("an empty list; add a condition");
  return conditions;
}

}  // namespace

std::string read_template(const JsonField& field, Names& refers) {
  std::string text = field.name();
  const auto parsed = TextTemplate::parse(text);
  if (!parsed) field.fail(parsed.error().message);
  note(parsed->references(), refers);
  return text;
}

WorkflowTransform read_value(const JsonField& field, Names& refers) {
  auto value = JsonTemplate::parse(field.value);
  if (!value) field.fail(value.error().message);
  note(value->references(), refers);
  return [made = *std::move(value)](const WorkflowScope& scope) { return made.render(scope); };
}

WorkflowTransform read_transform(const JsonObjectReader& object, Names& refers) {
  WorkflowTransform transform;
  const auto is_only = [&](const std::optional<JsonField>& field) {
    if (!field) return false;
    if (transform) field->fail("a transform has one of pick, template, merge and parse: keep one");
    return true;
  };
  if (const auto pick = object.find("pick"); is_only(pick)) {
    transform = [value = read_reference(*pick, refers)](const WorkflowScope& scope) {
      return value.get(scope);
    };
  }
  if (const auto made = object.find("template"); is_only(made))
    transform = read_value(*made, refers);
  if (const auto merge = object.find("merge"); is_only(merge)) {
    transform = [values = read_references(*merge, refers)](const WorkflowScope& scope) {
      return merged(values, scope);
    };
  }
  if (const auto parse = object.find("parse"); is_only(parse)) {
    transform = [value = read_reference(*parse, refers)](const WorkflowScope& scope) {
      return parsed(value, scope);
    };
  }
  if (!transform)
    object.field().fail("the transform does nothing: add pick, template, merge or parse");
  return transform;
}

WorkflowCondition read_condition(const JsonField& field, Names& refers) {
  const JsonObjectReader object(field, {"value", "equals", "not_equals", "less_than",
                                        "greater_than", "contains", "exists", "all", "any", "not"});
  const bool combines = object.has("all") || object.has("any") || object.has("not");
  if (!combines) return read_comparison(object, refers);
  if (field.object().size() != 1) field.fail("all, any and not stand alone: nothing beside them");
  if (const auto all = object.find("all")) {
    return [conditions = read_conditions(*all, refers)](const WorkflowScope& scope) {
      return std::ranges::all_of(conditions, [&](const auto& holds) { return holds(scope); });
    };
  }
  if (const auto any = object.find("any")) {
    return [conditions = read_conditions(*any, refers)](const WorkflowScope& scope) {
      return std::ranges::any_of(conditions, [&](const auto& holds) { return holds(scope); });
    };
  }
  return [condition = read_condition(object.require("not"), refers)](const WorkflowScope& scope) {
    return !condition(scope);
  };
}

}  // namespace strandbus::detail
