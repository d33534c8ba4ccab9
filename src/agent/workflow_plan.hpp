#pragma once

#include "strandbus/agent/workflow.hpp"
#include "workflow_reference.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace strandbus::detail {

using WorkflowNodes = std::vector<std::shared_ptr<const WorkflowNode>>;

// What a node does.

struct AgentWork {
  WorkflowAgent agent{};
  TextTemplate prompt{};
};
struct TransformWork {
  WorkflowTransform transform{};
};
struct TaskWork {
  WorkflowTask task{};
};
struct ConditionalWork {
  WorkflowCondition condition{};
  WorkflowNodes then{};
  WorkflowNodes otherwise{};
};
struct SubworkflowWork {
  Workflow workflow;
  WorkflowTransform input{};  ///< empty = what came before
};
struct SequenceGroup {
  WorkflowNodes nodes{};
};
struct ParallelGroup {
  WorkflowNodes branches{};
};

/// A step or a group.
struct WorkflowNode {
  using Work = std::variant<AgentWork, TransformWork, TaskWork, ConditionalWork, SubworkflowWork,
                            SequenceGroup, ParallelGroup>;

  std::string name{};
  Work work{};
  WorkflowStepOptions options{};
  std::vector<std::string> refers{};  ///< steps and groups that its templates name
  std::string place{};                ///< where it is written, a JSON pointer; empty = in no file
};

/// What is wrong with a node of a workflow.
class WorkflowProblem : public std::invalid_argument {
 public:
  WorkflowProblem(std::string place, const std::string& message)
      : std::invalid_argument(message), place_(std::move(place)) {}

  const std::string& place() const noexcept { return place_; }

 private:
  std::string place_;
};

/// A workflow with everything that is known about it before it runs.
class WorkflowPlan {
 public:
  /// Errors: throws WorkflowProblem.
  WorkflowPlan(std::string name, const WorkflowSteps& steps);

  /// A node's place among the others, in the order in which they are written.
  struct Place {
    std::size_t begin = 0;  ///< its own number
    std::size_t end = 0;    ///< behind the last one inside it
    std::int64_t step = 0;  ///< its number among the steps; -1 = a group
    std::vector<std::pair<std::size_t, std::size_t>> hidden{};  ///< branches beside it
  };

  const std::string& name() const noexcept { return name_; }
  const WorkflowNodes& nodes() const noexcept { return nodes_; }
  const std::vector<const WorkflowNode*>& steps() const noexcept { return steps_; }
  const Place& place(const WorkflowNode& node) const { return places_.at(&node); }
  std::size_t depth() const noexcept { return depth_; }

  /// Whether `from` may see the output of the node of this name: it comes before, and neither
  /// beside nor around it.
  bool sees(const WorkflowNode& from, std::string_view name) const;

  /// Adds a node, as the functions of WorkflowSteps do.
  static void add(WorkflowSteps& steps, WorkflowNode node) { steps.add(std::move(node)); }
  static WorkflowNodes take(WorkflowSteps steps) { return std::move(steps.nodes_); }

 private:
  class Layout;

  std::string name_;
  WorkflowNodes nodes_;
  std::unordered_map<const WorkflowNode*, Place> places_;
  std::map<std::string, const WorkflowNode*, std::less<>> names_;
  std::vector<const WorkflowNode*> steps_;
  std::size_t depth_ = 0;
};

/// The kind of a step; nothing for a group.
std::optional<StepType> step_type(const WorkflowNode& node) noexcept;

}  // namespace strandbus::detail
