#pragma once

#include "llm/json_field.hpp"
#include "strandbus/agent/workflow.hpp"

#include <string>
#include <vector>

namespace strandbus::detail {

// What a workflow file can say about values; docs/workflows.md describes it. `refers` gets the
// steps that are named. All throw JsonProblem.

/// A text with references, as it is written.
std::string read_template(const JsonField& field, std::vector<std::string>& refers);

/// A JSON value whose texts are templates.
WorkflowTransform read_value(const JsonField& field, std::vector<std::string>& refers);

/// The one of pick, template, merge and parse that the object has.
WorkflowTransform read_transform(const JsonObjectReader& object, std::vector<std::string>& refers);

/// A comparison of a value, or all, any and not of others.
WorkflowCondition read_condition(const JsonField& field, std::vector<std::string>& refers);

}  // namespace strandbus::detail
