#pragma once

#include "llm/json_field.hpp"
#include "strandbus/agent/workflow_file.hpp"

namespace strandbus::detail {

/// The workflow that a document says.
///
/// Errors: throws JsonProblem and WorkflowProblem.
WorkflowFile read_workflow_file(const JsonField& document, const WorkflowAgent& agent);

}  // namespace strandbus::detail
