#include "workflow_plan.hpp"

#include "strandbus/event/json_codec.hpp"
#include "strandbus/event/stream_event.hpp"

#include <algorithm>
#include <array>

namespace strandbus::detail {
namespace {

std::string in_quotes(std::string_view text) {
  std::string result;
  append_json_string(result, text);
  return result;
}

[[noreturn]] void fail(const WorkflowNode& node, const std::string& message) {
  throw WorkflowProblem(node.place, "the step " + in_quotes(node.name) + ": " + message);
}

using Hidden = std::vector<std::pair<std::size_t, std::size_t>>;

}  // namespace

std::optional<StepType> step_type(const WorkflowNode& node) noexcept {
  constexpr std::array<StepType, 5> types{StepType::agent, StepType::transform, StepType::transform,
                                          StepType::conditional, StepType::subworkflow};
  const std::size_t index = node.work.index();
  if (index >= types.size()) return std::nullopt;
  return types[index];
}

/// Numbers the nodes and finds what is wrong with them together.
class WorkflowPlan::Layout {
 public:
  explicit Layout(WorkflowPlan& plan) noexcept : plan_(plan) {}

  void place(const WorkflowNodes& nodes, std::size_t depth) {
    for (const auto& node : nodes) place(*node, depth);
  }

  void check_references() const {
    for (const auto& [node, place] : plan_.places_) {
      for (const std::string& name : node->refers) check_reference(*node, name);
    }
  }

 private:
  void place(const WorkflowNode& node, std::size_t depth) {
    note_depth(node, depth);
    if (plan_.places_.size() == max_workflow_nodes)
      fail(node, "a workflow has at most " + std::to_string(max_workflow_nodes) +
                     " steps and groups; move some into a subworkflow");
    if (!plan_.names_.emplace(node.name, &node).second)
      fail(node, "another step or group of the workflow has this name; give each its own");
    const bool is_step = step_type(node).has_value();
    const std::size_t begin = plan_.places_.size();
    plan_.places_[&node] = {.begin = begin,
                            .step = is_step ? static_cast<std::int64_t>(plan_.steps_.size()) : -1};
    if (is_step) plan_.steps_.push_back(&node);
    std::visit([&](const auto& work) { place_inside(node, work, depth + 1); }, node.work);
    plan_.places_[&node].end = plan_.places_.size();
  }

  void note_depth(const WorkflowNode& node, std::size_t depth) {
    if (depth > max_workflow_depth)
      fail(node, "it is nested deeper than " + std::to_string(max_workflow_depth) + " levels");
    plan_.depth_ = std::max(plan_.depth_, depth);
  }

  template <class Work>
  void place_inside(const WorkflowNode&, const Work&, std::size_t) {}
  void place_inside(const WorkflowNode&, const SequenceGroup& group, std::size_t depth) {
    place(group.nodes, depth);
  }
  void place_inside(const WorkflowNode& node, const SubworkflowWork& work, std::size_t depth) {
    note_depth(node, depth - 1 + work.workflow.plan().depth());
  }
  void place_inside(const WorkflowNode&, const ConditionalWork& work, std::size_t depth) {
    const std::size_t begin = plan_.places_.size();
    place(work.then, depth);
    const std::size_t middle = plan_.places_.size();
    place(work.otherwise, depth);
    hide({{begin, middle}, {middle, plan_.places_.size()}});
  }
  void place_inside(const WorkflowNode&, const ParallelGroup& group, std::size_t depth) {
    Hidden branches;
    for (const auto& branch : group.branches) {
      const std::size_t begin = plan_.places_.size();
      place(*branch, depth);
      branches.emplace_back(begin, plan_.places_.size());
    }
    hide(branches);
  }

  /// None of these sees another one.
  void hide(const Hidden& branches) {
    for (auto& [node, place] : plan_.places_) {
      for (const auto& own : branches) {
        if (place.begin < own.first || place.begin >= own.second) continue;
        for (const auto& other : branches) {
          if (other != own) place.hidden.push_back(other);
        }
      }
    }
  }

  void check_reference(const WorkflowNode& node, const std::string& name) const {
    if (plan_.sees(node, name)) return;
    if (plan_.names_.contains(name)) {
      fail(node, "it refers to the step " + in_quotes(name) +
                     ", which has not finished when it begins; refer to one that comes before it");
    }
    fail(node, "it refers to the step " + in_quotes(name) + ", which the workflow does not have");
  }

  WorkflowPlan& plan_;
};

WorkflowPlan::WorkflowPlan(std::string name, const WorkflowSteps& steps)
    : name_(std::move(name)), nodes_(steps.nodes_) {
  if (!is_component_name(name_)) {
    throw WorkflowProblem("/name", "the name of the workflow is " + in_quotes(name_) +
                                       "; allowed is text of 1 to 128 bytes without ':' and "
                                       "control characters");
  }
  Layout layout(*this);
  layout.place(nodes_, 1);
  if (steps_.empty())
    throw WorkflowProblem("/steps", "the workflow " + in_quotes(name_) + " has no steps; add one");
  layout.check_references();
}

bool WorkflowPlan::sees(const WorkflowNode& from, std::string_view name) const {
  const auto known = names_.find(name);
  if (known == names_.end()) return false;
  const Place& own = place(from);
  const Place& other = place(*known->second);
  if (other.end > own.begin) return false;
  return std::ranges::none_of(own.hidden, [&](const auto& branch) {
    return other.begin >= branch.first && other.begin < branch.second;
  });
}

}  // namespace strandbus::detail
