#pragma once

#include "cli/command_line.hpp"
#include "strandbus/agent/workflow_engine.hpp"
#include "strandbus/agent/workflow_file.hpp"
#include "strandbus/store/jsonl_store.hpp"
#include "strandbus/store/session_file.hpp"

#include <optional>
#include <string>
#include <vector>

namespace strandbus::cli {

/// A workflow that is to be run, from its beginning or from where a session has left it.
struct WorkflowTask {
  Workflow workflow;
  WorkflowCheckpoint from{};          ///< the beginning: it has no workflow_id
  std::vector<StreamEvent> before{};  ///< of the session that goes on
  std::vector<StreamEvent> ends{};    ///< of what that has left open
};

/// A session whose workflow goes on.
struct ContinuedWorkflow {
  SessionMetadata metadata;
  JsonlStore store;
  std::vector<StreamEvent> events{};
  WorkflowHistory history{};
};

/// Opens a session that has a workflow to go on with.
///
/// Errors: throws UsageError.
ContinuedWorkflow continue_workflow(const std::string& path, JsonlStoreOptions options);

/// The workflow of a file.
///
/// Errors: throws UsageError.
WorkflowFile read_workflow(const std::string& path, const WorkflowAgent& agent);

/// The workflow from its beginning. The input is JSON where it is valid JSON, and a text elsewhere.
///
/// Errors: throws UsageError.
WorkflowTask begin_workflow(WorkflowFile file, const std::optional<std::string>& input);

/// The workflow from where the session has left it.
///
/// Errors: throws UsageError: it has completed, is another workflow, or its input is unknown.
WorkflowTask resume_workflow(WorkflowFile file, ContinuedWorkflow& session,
                             const std::optional<std::string>& input);

}  // namespace strandbus::cli
