#pragma once

#include "strandbus/agent/workflow_checkpoint.hpp"
#include "strandbus/bus/publisher.hpp"
#include "strandbus/event/workflow_payloads.hpp"
#include "workflow_core.hpp"
#include "workflow_plan.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// How a step, a group or a workflow ended. Not an aggregate: it is the value of awaited
/// expressions.
struct WorkEnd {
  WorkEnd() = default;

  static WorkEnd completed(json::value output);
  static WorkEnd failed(ErrorCode code, std::string error);
  static WorkEnd cancelled(std::string reason);

  /// What went wrong, with the name of the step in which it did.
  std::string text() const;

  Outcome outcome = Outcome::failed;
  json::value output;
  std::string problem;  ///< the error or the reason
  ErrorCode code = ErrorCode::none;
  std::string step;  ///< the innermost one that failed; empty = the one that this is about
};

/// One workflow while it runs: the root one, or one inside a step.
class WorkflowRun : public std::enable_shared_from_this<WorkflowRun> {
 public:
  /// `around` is the publisher of the step around it, whose span its own is below; `state` is how
  /// far it has come, which it keeps up to date.
  WorkflowRun(std::shared_ptr<WorkflowCore> core, Workflow workflow, WorkflowCheckpoint& state,
              const Publisher& around);

  /// Why workflow_started could not be published.
  const error_code& error() const noexcept { return error_; }
  const Publisher& publisher() const noexcept { return publisher_; }

  /// `before_end` is called before the end is published.
  using BeforeEnd = std::function<void(const Publisher& publisher, std::int64_t duration_ms)>;
  asio::awaitable<WorkEnd> run(WorkflowStop stop, BeforeEnd before_end);

 private:
  class Scope;
  struct Group;

  /// What a node begins with.
  struct Entry {
    Entry(json::value before, WorkflowStop told, Publisher around)
        : previous(std::move(before)), stop(std::move(told)), publisher(std::move(around)) {}

    json::value previous;
    WorkflowStop stop;
    Publisher publisher;  ///< of the work around it
  };

  asio::awaitable<WorkEnd> run_nodes(const WorkflowNodes& nodes, Entry entry);
  asio::awaitable<WorkEnd> run_node(const WorkflowNode& node, Entry entry);
  asio::awaitable<WorkEnd> run_parallel(const ParallelGroup& group, Entry entry);
  static asio::awaitable<void> run_branch(std::shared_ptr<WorkflowRun> self,
                                          const WorkflowNode& node, Entry entry,
                                          std::shared_ptr<Group> group, std::size_t index);

  asio::awaitable<WorkEnd> run_step(const WorkflowNode& node, Entry entry);
  asio::awaitable<WorkEnd> run_attempts(const WorkflowNode& node, Entry entry);
  asio::awaitable<WorkEnd> run_attempt(const WorkflowNode& node, Entry entry);
  void publish_start(const WorkflowNode& node, const Entry& entry) const;
  void publish_end(const WorkflowNode& node, const Publisher& publisher, const WorkEnd& end,
                   std::int64_t duration_ms) const;
  void publish_retry(const WorkflowNode& node, const Publisher& publisher, const WorkEnd& end,
                     std::int64_t attempt, std::chrono::milliseconds delay) const;
  void publish_progress(const WorkflowNode& node, const Publisher& publisher, std::string message,
                        json::value data) const;

  asio::awaitable<WorkEnd> start_work(const WorkflowNode& node, Entry entry);
  asio::awaitable<WorkEnd> work(const WorkflowNode& node, const AgentWork& work, Entry entry);
  asio::awaitable<WorkEnd> work(const WorkflowNode& node, const TransformWork& work, Entry entry);
  asio::awaitable<WorkEnd> work(const WorkflowNode& node, const TaskWork& work, Entry entry);
  asio::awaitable<WorkEnd> work(const WorkflowNode& node, const ConditionalWork& work, Entry entry);
  asio::awaitable<WorkEnd> work(const WorkflowNode& node, const SubworkflowWork& work, Entry entry);
  WorkflowCheckpoint& nested_state(const WorkflowNode& node, const SubworkflowWork& work,
                                   const json::value& previous);
  /// The one of the events.
  static std::string agent_name(const WorkflowNode& node, const AgentWork& work);

  void publish_resumed() const;
  void publish_workflow_end(const WorkEnd& end, std::int64_t duration_ms) const;
  const std::string& name() const noexcept { return workflow_.name(); }
  std::int64_t number(const WorkflowNode& node) const { return workflow_.plan().place(node).step; }

  const std::shared_ptr<WorkflowCore> core_;
  const Workflow workflow_;
  WorkflowCheckpoint& state_;
  const Publisher publisher_;
  error_code error_;
  std::map<std::string, json::value, std::less<>> outputs_;  ///< of steps and groups, by name
};

}  // namespace strandbus::detail
