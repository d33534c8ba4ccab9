#pragma once

#include "strandbus/agent/run_control.hpp"
#include "strandbus/agent/workflow.hpp"
#include "strandbus/agent/workflow_checkpoint.hpp"
#include "strandbus/bus/publisher.hpp"
#include "strandbus/event/redactor.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace strandbus {

/// What came of a workflow. Its events say the same. Not an aggregate, so that it may be the value
/// of an awaited expression.
///
/// Threads: distinct objects.
struct WorkflowResult {
  WorkflowResult() = default;

  bool completed() const noexcept { return outcome == Outcome::completed; }

  Outcome outcome = Outcome::failed;
  json::value output;  ///< null unless completed
  std::string error;   ///< why it failed or was cancelled
  ErrorCode error_code = ErrorCode::none;
  Usage usage;  ///< of all runs inside it
  std::int64_t runs = 0;
  std::int64_t duration_ms = 0;
  WorkflowCheckpoint checkpoint;  ///< to go on from, unless it completed
};

/// How workflows are run.
struct WorkflowOptions {
  /// What is taken out of events before anybody sees them. The agents and the steps get the
  /// original texts. Not read if the publisher has a redactor already.
  RedactionOptions redaction{};
  /// Called with how far the workflow has come, after the end of each step was published and before
  /// the next one begins, on the workflow's strand. What it throws is published as a system_notice;
  /// the workflow goes on.
  std::function<void(const WorkflowCheckpoint&)> on_checkpoint{};
  /// Waits for timeouts and between attempts; empty = with a timer. Must end with operation_aborted
  /// when it is cancelled (terminal).
  std::function<asio::awaitable<void>(std::chrono::milliseconds delay)> wait{};
};

namespace detail {

class WorkflowCore;
using WorkflowHandler = asio::any_completion_handler<void(error_code, WorkflowResult)>;
void start_workflow(const std::shared_ptr<WorkflowCore>& core, WorkflowCheckpoint from,
                    WorkflowHandler handler);
WorkflowCheckpoint new_workflow(const WorkflowCore& core, json::value input);

}  // namespace detail

/// Runs a workflow: its steps in their order, those of a parallel group at the same time, and
/// publishes workflow_* and workflow_step_* events for all of it. Every start has exactly one end,
/// on every path, and what is inside ends before what is around it.
///
/// A failed step ends the workflow. Finished steps never run again: not when the step around them
/// is tried again, and not when the workflow is resumed.
///
/// Threads: any thread; everything runs on a strand that the engine makes on its executor, the
///          agents of its steps too.
/// Lifetime: destroying an engine cancels its workflow, which still ends properly on the executor.
class WorkflowEngine {
 public:
  /// An engine that publishes to `publisher`, whose context gives the session and the application's
  /// attributes.
  WorkflowEngine(asio::any_io_executor executor, Workflow workflow, Publisher publisher,
                 WorkflowOptions options = {});
  WorkflowEngine(const WorkflowEngine&) = delete;
  WorkflowEngine& operator=(const WorkflowEngine&) = delete;
  ~WorkflowEngine();

  /// Runs the workflow from its beginning.
  ///
  /// Signature:    void(error_code, WorkflowResult)
  /// Completes:    after the end of the workflow was published.
  /// Errors:       Errc::busy while it runs already; Errc::limit_exceeded for an input that is too
  ///               large or too deep for an event; the error of publishing workflow_started, for
  ///               example Errc::closed. A workflow that failed or was cancelled through RunControl
  ///               is no error: see WorkflowResult::outcome.
  /// Cancellation: terminal, partial, total: cancels the workflow now; completes with
  ///               operation_aborted and the partial result, after workflow_cancelled.
  template <asio::completion_token_for<void(error_code, WorkflowResult)> Token>
  auto async_run(json::value input, Token&& token) {
    return async_resume(detail::new_workflow(*core_, std::move(input)), std::forward<Token>(token));
  }

  /// Goes on from a checkpoint: what has finished is not run again, and the workflow keeps its id.
  ///
  /// Errors: as async_run; invalid_argument for a checkpoint that Workflow::why_not refuses.
  template <asio::completion_token_for<void(error_code, WorkflowResult)> Token>
  auto async_resume(WorkflowCheckpoint checkpoint, Token&& token) {
    return asio::async_initiate<Token, void(error_code, WorkflowResult)>(
        [](auto handler, const std::shared_ptr<detail::WorkflowCore>& core,
           WorkflowCheckpoint from) {
          detail::start_workflow(core, std::move(from),
                                 detail::WorkflowHandler(std::move(handler)));
        },
        token, core_, std::move(checkpoint));
  }

  /// The same for coroutines; throw system_error where the others give an error_code.
  asio::awaitable<WorkflowResult> run(json::value input);
  asio::awaitable<WorkflowResult> resume(WorkflowCheckpoint checkpoint);

  /// Commands for the workflow. cancel() ends it: now, or when the turns that agents are in have
  /// ended and without beginning another step. Approvals and texts reach the agents that run.
  RunControl control() const noexcept;

 private:
  std::shared_ptr<detail::WorkflowCore> core_;
};

}  // namespace strandbus
