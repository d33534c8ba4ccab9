#pragma once

#include "strandbus/agent/agent_options.hpp"
#include "strandbus/agent/tool_registry.hpp"
#include "strandbus/event/types.hpp"
#include "strandbus/llm/provider.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus {

class Workflow;
class WorkflowScope;
struct WorkflowCheckpoint;

namespace detail {
struct WorkflowNode;
class WorkflowPlan;
}  // namespace detail

/// Why a step cannot do its work. A function of a step may throw it; any other exception fails the
/// step with ErrorCode::interrupted.
///
/// Threads: distinct objects.
class WorkflowError : public std::runtime_error {
 public:
  WorkflowError(ErrorCode code, const std::string& message)
      : std::runtime_error(message), code_(code) {}

  ErrorCode code() const noexcept { return code_; }

 private:
  ErrorCode code_;
};

/// Who does an agent step: each attempt is a run of a new agent, with an empty conversation.
struct WorkflowAgent {
  std::shared_ptr<Provider> provider{};
  ToolRegistry tools{};
  /// With a response_schema the output of the step is the answer's JSON value, else its text. A
  /// name that is AgentOptions' own becomes that of the step.
  AgentOptions options{};
};

/// How a step is run.
struct WorkflowStepOptions {
  /// One attempt may take so long before it fails with E_TIMEOUT; zero = no limit.
  std::chrono::milliseconds timeout{0};
  /// Attempts after the first one that failed; see is_retryable_step. At most 100.
  std::int64_t max_retries = 0;
  std::chrono::milliseconds first_delay{500};  ///< doubled for each further retry …
  std::chrono::milliseconds max_delay{8000};   ///< … up to this
};

/// Whether a step that failed in this way may do better the next time. Not what it would fail with
/// again: E_VALIDATION, E_PERMISSIONS, E_UNSAFE, E_CONFIRMED_DENY, E_TOOL_UNKNOWN, authentication,
/// invalid_request, model_not_found and cancelled.
bool is_retryable_step(ErrorCode code) noexcept;

/// Work of a transform step, at once.
using WorkflowTransform = std::function<json::value(const WorkflowScope&)>;
/// Work of a transform step that waits. It runs on the workflow's strand and is cancelled
/// (terminal) when the workflow is; the scope lives as long as it.
using WorkflowTask = std::function<asio::awaitable<json::value>(const WorkflowScope&)>;
/// What a conditional step asks.
using WorkflowCondition = std::function<bool(const WorkflowScope&)>;

/// What a step may see: the input of its workflow, what the step before it gave, and the outputs of
/// the steps that finished before it. Steps beside it, in other branches of a parallel group, and
/// those of other workflows are not seen.
///
/// Threads: the strand of the workflow.
/// Lifetime: of the call that it is given to.
class WorkflowScope {
 public:
  virtual ~WorkflowScope() = default;

  virtual const json::value& input() const noexcept = 0;
  /// The output of the step before; of the first one, the workflow's input. Steps of a parallel
  /// group all have the one before the group.
  virtual const json::value& previous() const noexcept = 0;
  /// What a step or a group has given; null if it has not finished or is not to be seen.
  virtual const json::value* output(std::string_view name) const = 0;

  /// What a reference means: `input.name`, `previous.0`, `steps.plan.output.title`; see
  /// docs/workflows.md.
  ///
  /// Errors: throws WorkflowError with E_VALIDATION, which says what is missing.
  const json::value& at(std::string_view reference) const;
};

/// A sequence of steps and groups, which a Workflow is made of.
///
/// The output of each is what comes before the next. Every step and every group has a name of its
/// own in its workflow: a letter, then letters, digits, '_' and '-', at most 64 in all. Templates
/// are texts in which `{{reference}}` stands for a value: a text as it is, anything else as JSON.
///
/// Errors:  std::invalid_argument, which names the step and what is wrong: a bad name, template or
///          option, a missing provider or function.
/// Threads: distinct objects; a copy shares nothing that can change.
class WorkflowSteps {
 public:
  /// Gives an agent a task, which is a template.
  WorkflowSteps& agent(std::string name, WorkflowAgent agent, std::string prompt,
                       WorkflowStepOptions options = {});
  /// Makes a value of others.
  WorkflowSteps& transform(std::string name, WorkflowTransform transform,
                           WorkflowStepOptions options = {});
  /// The same for work that waits.
  WorkflowSteps& task(std::string name, WorkflowTask task, WorkflowStepOptions options = {});
  /// Runs one of two sequences inside the step. An empty one gives what came before.
  WorkflowSteps& conditional(std::string name, WorkflowCondition condition, WorkflowSteps then,
                             WorkflowSteps otherwise = {}, WorkflowStepOptions options = {});
  /// Runs another workflow inside the step. Its input is what came before, or what `input` gives.
  WorkflowSteps& subworkflow(std::string name, Workflow workflow, WorkflowTransform input = {},
                             WorkflowStepOptions options = {});

  /// Runs steps and groups one after the other; gives the output of the last one.
  WorkflowSteps& sequence(std::string name, WorkflowSteps steps);
  /// Runs each of these at the same time; gives an object of their outputs, by name. When one fails
  /// the others are cancelled.
  WorkflowSteps& parallel(std::string name, WorkflowSteps branches);

  bool empty() const noexcept { return nodes_.empty(); }

 private:
  friend class detail::WorkflowPlan;
  WorkflowSteps& add(detail::WorkflowNode node);

  std::vector<std::shared_ptr<const detail::WorkflowNode>> nodes_;
};

/// The largest workflow: steps and groups of one workflow, and how deep groups, conditionals and
/// workflows may be nested.
inline constexpr std::size_t max_workflow_nodes = 1000;
inline constexpr std::size_t max_workflow_depth = 16;

/// A workflow that can be run: a name and what is done. Immutable; a copy is cheap.
///
/// Threads: any thread.
class Workflow {
 public:
  /// Errors: throws std::invalid_argument for a name that breaks the format of component ids, no
  ///         steps or too many, a name that comes twice, and a template that refers to a step that
  ///         cannot have finished before.
  Workflow(std::string name, WorkflowSteps steps);

  const std::string& name() const noexcept;
  /// How many steps it has, those of workflows inside it not counted.
  std::size_t steps() const noexcept;

  /// Why a checkpoint is none of this workflow; empty if the workflow can go on from it.
  std::string why_not(const WorkflowCheckpoint& checkpoint) const;

  const detail::WorkflowPlan& plan() const noexcept { return *plan_; }

 private:
  std::shared_ptr<const detail::WorkflowPlan> plan_;
};

}  // namespace strandbus
