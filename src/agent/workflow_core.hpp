#pragma once

#include "controlled.hpp"
#include "pending_handler.hpp"
#include "strandbus/agent/run_result.hpp"
#include "strandbus/agent/workflow_engine.hpp"
#include "workflow_stop.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <string>
#include <vector>

namespace strandbus::detail {

/// Work that runs beside the coroutine of a workflow and ends before it.
struct WorkflowChild {
  explicit WorkflowChild(const asio::any_io_executor& strand)
      : wake(strand, asio::steady_timer::time_point::max()) {}

  asio::cancellation_signal signal;
  std::exception_ptr failure;
  bool done = false;
  asio::steady_timer wake;  ///< never expires; cancelled when it is done
};

/// The state behind a WorkflowEngine, shared with its workflow and its controls.
class WorkflowCore final : public Controlled, public std::enable_shared_from_this<WorkflowCore> {
 public:
  using Pending = PendingHandler<error_code, WorkflowResult>;

  WorkflowCore(asio::any_io_executor executor, Workflow workflow, Publisher publisher,
               WorkflowOptions options);

  const asio::any_io_executor& strand() const noexcept override { return strand_; }
  const Workflow& workflow() const noexcept { return workflow_; }
  const Publisher& publisher() const noexcept { return publisher_; }

  bool reserve() noexcept { return !reserved_.exchange(true, std::memory_order_acq_rel); }
  /// Runs the workflow on the strand; reserve() came before.
  void start(WorkflowCheckpoint from, Pending pending);

  // Commands; any thread.
  void cancel(std::string reason, CancelWhen when) override;
  void add_input(std::string text) override;
  void resolve_approval(std::string approval_id, ApprovalAnswer answer) override;
  void abort();  ///< the caller cancelled its operation

  // For what runs inside; on the strand.

  /// It gets the commands that are for agents, as long as somebody keeps it.
  void add_agent(const std::shared_ptr<Controlled>& agent);
  /// Approvals of an agent below one of a step, which may go on after the workflow, are answered
  /// through it.
  void add_below(const std::shared_ptr<Controlled>& agent);
  void note_run(const std::string& agent, const RunResult& run);
  /// A step has finished: whoever keeps checkpoints gets one.
  void note_step(const Publisher& publisher);

  /// Runs `body` beside the caller.
  std::shared_ptr<WorkflowChild> spawn(asio::awaitable<void> body);
  /// Runs `body` to its end; a stop at once cancels it, and any stop if it only waits.
  enum class Ends : std::uint8_t { when_stopped_now, when_stopped };
  asio::awaitable<std::exception_ptr> attend(asio::awaitable<void> body, WorkflowStop stop,
                                             Ends ends);
  asio::awaitable<void> wait(std::chrono::milliseconds delay) const;

 private:
  template <class F>
  void post(F command);
  void begin(WorkflowCheckpoint from, Pending pending);
  asio::awaitable<WorkflowResult> execute();
  void publish_summary(const Publisher& publisher, std::int64_t duration_ms);

  const asio::any_io_executor strand_;
  const Workflow workflow_;
  const Publisher publisher_;
  const WorkflowOptions options_;
  std::atomic<bool> reserved_{false};

  // On the strand.
  bool running_ = false;
  WorkflowStop stop_;
  WorkflowCheckpoint state_;
  std::vector<std::weak_ptr<Controlled>> agents_;
  std::vector<std::weak_ptr<Controlled>> below_;
  std::vector<AgentSummary> runs_;
  error_code error_;
};

/// What a coroutine waits for.
asio::awaitable<void> async_done(std::shared_ptr<WorkflowChild> child);

std::int64_t milliseconds_since(std::chrono::steady_clock::time_point start);

}  // namespace strandbus::detail
