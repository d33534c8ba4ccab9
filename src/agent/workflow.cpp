#include "strandbus/agent/workflow.hpp"

#include "strandbus/agent/workflow_checkpoint.hpp"
#include "strandbus/event/stream_event.hpp"
#include "workflow_plan.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace strandbus {
namespace {

using detail::WorkflowNode;
using detail::WorkflowProblem;

constexpr std::size_t max_name_bytes = 64;
constexpr std::int64_t max_retries = 100;

bool is_step_name(std::string_view name) {
  if (name.empty() || name.size() > max_name_bytes) return false;
  if (std::isalpha(static_cast<unsigned char>(name.front())) == 0) return false;
  return std::ranges::all_of(
      name, [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-'; });
}

void require(bool valid, const WorkflowNode& node, const std::string& message) {
  if (!valid) throw WorkflowProblem(node.place, "the step \"" + node.name + "\": " + message);
}

std::string milliseconds(std::chrono::milliseconds time) {
  return std::to_string(time.count()) + " ms";
}

void check_options(const WorkflowNode& node) {
  const WorkflowStepOptions& options = node.options;
  require(options.timeout.count() >= 0, node,
          "timeout is " + milliseconds(options.timeout) + "; allowed is 0 ms (no limit) or more");
  require(options.max_retries >= 0 && options.max_retries <= max_retries, node,
          "max_retries is " + std::to_string(options.max_retries) + "; allowed is 0 to 100");
  require(options.first_delay.count() >= 0, node,
          "first_delay is " + milliseconds(options.first_delay) + "; allowed is 0 ms or more");
  require(options.max_delay >= options.first_delay, node,
          "max_delay is " + milliseconds(options.max_delay) + "; allowed is first_delay or more");
}

struct WorkCheck {
  const WorkflowNode& node;

  void operator()(const detail::AgentWork& work) const {
    require(work.agent.provider != nullptr, node, "it has no provider; give one that answers");
  }
  void operator()(const detail::TransformWork& work) const {
    require(work.transform != nullptr, node, "it has no function");
  }
  void operator()(const detail::TaskWork& work) const {
    require(work.task != nullptr, node, "it has no function");
  }
  void operator()(const detail::ConditionalWork& work) const {
    require(work.condition != nullptr, node, "it has no condition");
    require(!work.then.empty() || !work.otherwise.empty(), node,
            "it has no steps, whatever its condition says; add some");
  }
  void operator()(const detail::SubworkflowWork&) const {}
  void operator()(const detail::SequenceGroup& group) const {
    require(!group.nodes.empty(), node, "the sequence has no steps; add one");
  }
  void operator()(const detail::ParallelGroup& group) const {
    require(!group.branches.empty(), node, "the parallel group has no steps; add one");
  }
};

detail::TextTemplate template_of(const WorkflowNode& node, const std::string& prompt) {
  auto parsed = detail::TextTemplate::parse(prompt);
  require(parsed.has_value(), node, parsed ? "" : parsed.error().message);
  return *std::move(parsed);
}

}  // namespace

bool is_retryable_step(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::E_VALIDATION:
    case ErrorCode::E_PERMISSIONS:
    case ErrorCode::E_UNSAFE:
    case ErrorCode::E_CONFIRMED_DENY:
    case ErrorCode::E_TOOL_UNKNOWN:
    case ErrorCode::authentication:
    case ErrorCode::invalid_request:
    case ErrorCode::model_not_found:
    case ErrorCode::cancelled: return false;
    default: return true;
  }
}

WorkflowSteps& WorkflowSteps::add(WorkflowNode node) {
  require(is_step_name(node.name), node,
          "this is no name for it; allowed is a letter, then letters, digits, '_' and '-', at most "
          "64 in all");
  check_options(node);
  std::visit(WorkCheck{node}, node.work);
  nodes_.push_back(std::make_shared<const WorkflowNode>(std::move(node)));
  return *this;
}

WorkflowSteps& WorkflowSteps::agent(std::string name, WorkflowAgent agent, std::string prompt,
                                    WorkflowStepOptions options) {
  WorkflowNode node{.name = std::move(name), .options = options};
  detail::AgentWork work{.agent = std::move(agent), .prompt = template_of(node, prompt)};
  for (const auto& reference : work.prompt.references()) {
    if (!reference.step().empty()) node.refers.push_back(reference.step());
  }
  node.work = std::move(work);
  return add(std::move(node));
}

WorkflowSteps& WorkflowSteps::transform(std::string name, WorkflowTransform transform,
                                        WorkflowStepOptions options) {
  return add({.name = std::move(name),
              .work = detail::TransformWork{std::move(transform)},
              .options = options});
}

WorkflowSteps& WorkflowSteps::task(std::string name, WorkflowTask task,
                                   WorkflowStepOptions options) {
  return add(
      {.name = std::move(name), .work = detail::TaskWork{std::move(task)}, .options = options});
}

WorkflowSteps& WorkflowSteps::conditional(std::string name, WorkflowCondition condition,
                                          WorkflowSteps then, WorkflowSteps otherwise,
                                          WorkflowStepOptions options) {
  return add({.name = std::move(name),
              .work = detail::ConditionalWork{std::move(condition), std::move(then.nodes_),
                                              std::move(otherwise.nodes_)},
              .options = options});
}

WorkflowSteps& WorkflowSteps::subworkflow(std::string name, Workflow workflow,
                                          WorkflowTransform input, WorkflowStepOptions options) {
  return add({.name = std::move(name),
              .work = detail::SubworkflowWork{std::move(workflow), std::move(input)},
              .options = options});
}

WorkflowSteps& WorkflowSteps::sequence(std::string name, WorkflowSteps steps) {
  return add({.name = std::move(name), .work = detail::SequenceGroup{std::move(steps.nodes_)}});
}

WorkflowSteps& WorkflowSteps::parallel(std::string name, WorkflowSteps branches) {
  return add({.name = std::move(name), .work = detail::ParallelGroup{std::move(branches.nodes_)}});
}

Workflow::Workflow(std::string name, WorkflowSteps steps)
    : plan_(std::make_shared<const detail::WorkflowPlan>(std::move(name), steps)) {}

const std::string& Workflow::name() const noexcept { return plan_->name(); }

std::size_t Workflow::steps() const noexcept { return plan_->steps().size(); }

std::string Workflow::why_not(const WorkflowCheckpoint& checkpoint) const {
  if (checkpoint.workflow != name())
    return "it is of the workflow \"" + checkpoint.workflow + "\", not of \"" + name() + '"';
  if (checkpoint.workflow_id.empty()) return "it has no workflow_id";
  const auto& steps = plan_->steps();
  const auto node_at = [&](std::int64_t step) -> const WorkflowNode* {
    if (step < 0 || static_cast<std::uint64_t>(step) >= steps.size()) return nullptr;
    return steps[static_cast<std::size_t>(step)];
  };
  for (const WorkflowStepOutput& finished : checkpoint.steps) {
    const WorkflowNode* const node = node_at(finished.step);
    if (node && node->name == finished.name) continue;
    return "its step " + std::to_string(finished.step) + " is \"" + finished.name + "\", and " +
           (node ? "that of the workflow is \"" + node->name + '"'
                 : "the workflow has " + std::to_string(steps.size()) + " steps");
  }
  for (const WorkflowCheckpoint& nested : checkpoint.nested) {
    const WorkflowNode* const node = node_at(nested.parent_step);
    const auto* const work = node ? std::get_if<detail::SubworkflowWork>(&node->work) : nullptr;
    if (!work) return "its step " + std::to_string(nested.parent_step) + " is no subworkflow";
    const std::string why = work->workflow.why_not(nested);
    if (!why.empty()) return "in the step \"" + node->name + "\": " + why;
  }
  return {};
}

}  // namespace strandbus
