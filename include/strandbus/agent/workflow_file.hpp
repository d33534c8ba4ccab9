#pragma once

#include "strandbus/agent/workflow.hpp"
#include "strandbus/llm/json_file_error.hpp"

#include <boost/json/value.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace strandbus {

/// A workflow that was read from a file.
struct WorkflowFile {
  Workflow workflow;
  json::value input{};  ///< for a caller who gives none
};

using WorkflowFileResult = boost::system::result<WorkflowFile, JsonFileError>;

/// The largest workflow file that is read, in bytes.
inline constexpr std::size_t max_workflow_file_bytes = 1024 * 1024;

/// Reads a workflow. The format is described in docs/workflows.md. `name` stands for the text in
/// messages. `agent` does the agent steps, as far as they do not say otherwise: a step chooses
/// among its tools and may have a system prompt, a model and limits of its own.
///
/// A file has no code: prompts are templates, transforms are built-in operations.
///
/// Errors: Errc::malformed_json, invalid_file or limit_exceeded with the place; a member that
///         workflows do not have is an error too.
WorkflowFileResult parse_workflow(std::string_view text, std::string_view name,
                                  const WorkflowAgent& agent);

/// Reads a workflow file.
/// Errors: as parse_workflow; and the system's code when the file cannot be read.
WorkflowFileResult load_workflow(const std::string& path, const WorkflowAgent& agent);

}  // namespace strandbus
