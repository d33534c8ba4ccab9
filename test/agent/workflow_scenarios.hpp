#pragma once

#include "agent/workflow_world.hpp"

#include <functional>
#include <ostream>
#include <string>
#include <vector>

namespace strandbus::test {

/// A workflow in a world of its own, and how it ends when nothing disturbs it.
struct WorkflowScenario {
  std::string name;
  Outcome outcome;
  ErrorCode code;      ///< of its failure
  std::string output;  ///< as JSON; empty unless it completes
  std::function<Workflow(WorkflowWorld&)> build;
};

void PrintTo(const WorkflowScenario& scenario, std::ostream* out);

/// All of them; their input is {"topic": "tea"}.
std::vector<WorkflowScenario> workflow_scenarios();

json::value scenario_input();

}  // namespace strandbus::test
