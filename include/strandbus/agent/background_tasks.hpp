#pragma once

#include "strandbus/agent/agent_options.hpp"
#include "strandbus/agent/tool_context.hpp"
#include "strandbus/agent/tool_registry.hpp"
#include "strandbus/error.hpp"
#include "strandbus/llm/provider.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace strandbus {
namespace detail {

class TaskPool;

}  // namespace detail

/// An agent that may work in the background of another one.
struct BackgroundAgent {
  std::string description{};  ///< for the model: which tasks to give to it
  std::shared_ptr<Provider> provider{};
  ToolRegistry tools{};
  /// How it works; `name` is what models and events call it. An empty workspace is that of the
  /// caller, without `confirm` the caller's is asked.
  AgentOptions options{};
};

/// What becomes of one more task when as many run as may.
enum class WhenFull : std::uint8_t { wait, refuse };

/// What becomes of tasks that are not over when the run that has started them has its answer. A run
/// that was cancelled cancels all of them, and one that failed does not wait: it cancels those.
enum class WhenRunEnds : std::uint8_t {
  wait,    ///< the run ends after them
  cancel,  ///< they are cancelled
  detach,  ///< they go on
};

struct BackgroundTaskOptions {
  /// Tasks that run at the same time, of all agents and of everybody who starts some. At least 1.
  std::size_t max_running = 10;
  /// Tasks of one BackgroundAgent that run at the same time. At least 1.
  std::size_t max_running_per_agent = 5;
  WhenFull when_full = WhenFull::wait;
  /// Tasks that wait for others to end; one more is refused.
  std::size_t max_waiting = 100;
  /// Wall time of a task from when it runs, before it fails; zero = no limit. The shorter one of
  /// this and AgentOptions::timeout counts.
  std::chrono::milliseconds timeout{std::chrono::minutes(5)};
  WhenRunEnds when_run_ends = WhenRunEnds::wait;
};

enum class TaskState : std::uint8_t { waiting, running, completed, failed, cancelled };
BOOST_DESCRIBE_ENUM(TaskState, waiting, running, completed, failed, cancelled)

/// A task as it is now. Not an aggregate, so that it may be the value of an awaited expression.
///
/// Threads: distinct objects.
struct BackgroundTaskInfo {
  BackgroundTaskInfo() = default;

  bool ended() const noexcept { return state > TaskState::running; }

  std::string task_id;
  std::string name;          ///< what it is called; not unique
  std::string agent;         ///< who works on it
  std::string child_run_id;  ///< its run
  TaskState state = TaskState::waiting;
  bool detached = false;  ///< it goes on after the run that has started it
  std::string output;     ///< the answer; empty unless completed
  std::string error;      ///< why it failed or was cancelled
  std::chrono::milliseconds running_time{0};
};

/// What BackgroundTasks is asked to start.
struct BackgroundTaskRequest {
  std::string agent{};                         ///< the name of a BackgroundAgent; empty = the first
  std::string name{};                          ///< for people; empty = the agent's name
  std::string task{};                          ///< all that the agent is told
  std::optional<WhenRunEnds> when_run_ends{};  ///< else that of the options
};

/// Agents that run beside the one that has started them, and the limits that they share.
///
/// Each task is a run of its own in the caller's bus: its events name the caller's run as
/// parent_run_id and are one deeper. background_task_started tells that a task was accepted, its
/// run_started that it runs. The caller's budgets hold for all of them together, and its RunControl
/// answers their approvals. Every task has ended before the run that has started it, or that run
/// has published background_task_finished with the outcome `detached`.
///
/// Who calls is a tool: the ToolContext says for whom. add_background_tools makes tools of it for
/// models. An agent remembers its tasks, also those of the runs before, but of those that are over
/// only the newest 100.
///
/// Threads:  calls with a ToolContext on the strand of its agent, where coroutine tools run, and
///           for as many agents at once as there are; the others from any thread.
/// Lifetime: destroying it cancels all tasks; they still end properly on their executors, which
/// have
///           to live longer. A task that was detached keeps its executor running.
class BackgroundTasks {
 public:
  /// Errors: throws std::invalid_argument, which names the option, its value and what is allowed.
  explicit BackgroundTasks(std::vector<BackgroundAgent> agents, BackgroundTaskOptions options = {});
  BackgroundTasks(const BackgroundTasks&) = delete;
  BackgroundTasks& operator=(const BackgroundTasks&) = delete;
  ~BackgroundTasks();

  const std::vector<BackgroundAgent>& agents() const noexcept { return agents_; }

  /// Starts a task, or lets it wait for a place.
  ///
  /// Errors: Errc::limit_exceeded when no more may run or wait; Errc::run_not_open when the context
  ///         is that of no run; operation_not_permitted inside a background task, which starts
  ///         none; invalid_argument for an agent that there is not; those of Publisher::publish.
  ///         Throws std::invalid_argument for options of the agent that are not allowed.
  Result<BackgroundTaskInfo> start(const ToolContext& context, BackgroundTaskRequest request);

  /// The tasks of the calling agent, in the order in which they were started.
  std::vector<BackgroundTaskInfo> list(const ToolContext& context) const;

  /// Waits until these tasks of the calling agent have ended, or until the time is over, and tells
  /// how they are then. Ids that it does not know are left out; no ids = all that have not ended.
  ///
  /// Cancellation: terminal; throws operation_aborted. The tasks go on.
  asio::awaitable<std::vector<BackgroundTaskInfo>> wait(
      const ToolContext& context, std::vector<std::string> task_ids,
      std::optional<std::chrono::milliseconds> longest) const;

  /// Cancels a task of the calling agent. It ends soon after, which its events tell. False if there
  /// is no such task or it has ended.
  bool cancel(const ToolContext& context, const std::string& task_id, std::string reason);

  /// Cancels the tasks of all agents, those that were detached too.
  void cancel_all(const std::string& reason);

  std::size_t running() const;
  std::size_t waiting() const;

 private:
  const std::vector<BackgroundAgent> agents_;
  const BackgroundTaskOptions options_;
  const std::shared_ptr<detail::TaskPool> pool_;
};

}  // namespace strandbus
