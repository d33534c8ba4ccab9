#pragma once

#include "strandbus/agent/agent_options.hpp"
#include "strandbus/agent/run_control.hpp"
#include "strandbus/agent/run_result.hpp"
#include "strandbus/agent/tool_registry.hpp"
#include "strandbus/bus/event_stream.hpp"
#include "strandbus/bus/publisher.hpp"
#include "strandbus/event/tool_payloads.hpp"
#include "strandbus/llm/provider.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace strandbus {
namespace detail {

class AgentCore;
class RunOutcome;
using RunHandler = asio::any_completion_handler<void(error_code, RunResult)>;
void start_run(const std::shared_ptr<AgentCore>& agent, std::string text, RunHandler handler);

}  // namespace detail

/// The events of one run, and then its result. Made by Agent::stream.
///
/// Threads: one strand.
class RunStream {
 public:
  RunStream(EventStream events, std::shared_ptr<detail::RunOutcome> outcome) noexcept
      : events_(std::move(events)), outcome_(std::move(outcome)) {}

  /// The next event of the run; empty after its terminal event.
  asio::awaitable<std::optional<Delivery>> next();

  /// What came of the run. Reads and drops the events that were not taken.
  asio::awaitable<RunResult> result();

 private:
  EventStream events_;
  std::shared_ptr<detail::RunOutcome> outcome_;
  bool ended_ = false;
};

/// The loop: asks a model, runs the tools that it calls, asks again, until it answers. Publishes a
/// typed event at every step; every run that starts ends in exactly one terminal event, on every
/// path.
///
/// The agent does not know who listens: it publishes through a Publisher, to a bus or to any
/// callable. It keeps the conversation, which stays valid for providers whatever happens to a run.
///
/// Threads: any thread; everything runs on a strand that the agent makes on its executor.
/// Lifetime: destroying an agent cancels its run, which still ends properly on the executor.
class Agent {
 public:
  /// An agent that works on `executor` and publishes to `publisher`, whose context gives the
  /// session and the application's attributes; run, agent and model are filled in per run.
  ///
  /// Errors: std::invalid_argument naming the option whose value is not allowed.
  Agent(asio::any_io_executor executor, std::shared_ptr<Provider> provider, ToolRegistry tools,
        Publisher publisher, AgentOptions options = {});
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;
  ~Agent();

  /// Runs the loop for one message of the user.
  ///
  /// Signature:    void(error_code, RunResult)
  /// Completes:    after the run's terminal event was published.
  /// Errors:       Errc::busy while another run is under way; the error of publishing run_started,
  ///               for example Errc::closed. A run that failed or was cancelled through RunControl
  ///               is no error: see RunResult::outcome.
  /// Cancellation: terminal, partial, total: cancels the run now; completes with operation_aborted
  ///               and the partial result, after run_cancelled; when the answer was given already
  ///               and the run only waited for its background tasks, after run_completed.
  template <asio::completion_token_for<void(error_code, RunResult)> Token>
  auto async_process_message(std::string text, Token&& token) {
    return asio::async_initiate<Token, void(error_code, RunResult)>(
        [](auto handler, const std::shared_ptr<detail::AgentCore>& agent, std::string message) {
          detail::start_run(agent, std::move(message), detail::RunHandler(std::move(handler)));
        },
        token, core_, std::move(text));
  }

  /// The same for coroutines; throws system_error where the other one gives an error_code.
  asio::awaitable<RunResult> process_message(std::string text);

  /// Goes on where a run was interrupted that waited for approvals, after restore: a new run that
  /// has no message of the user, asks again under the same approval ids, runs the calls that may
  /// run, and lets the model go on from there.
  ///
  /// Errors: throws system_error like process_message; invalid_argument for calls that are not
  ///         those of the conversation's last message.
  asio::awaitable<RunResult> resume(std::vector<ApprovalRequested> pending);

  /// Starts a run and gives its events, losslessly, and then its result.
  ///
  /// Errors: throws system_error with Errc::busy while another run is under way.
  RunStream stream(std::string text);

  /// Commands for the current run.
  RunControl control() const noexcept;

  /// A copy of the conversation so far. Waits a moment for the strand's current step.
  std::vector<Message> messages() const;

  /// Continues a conversation that was recorded. Before the first run. A tool call that got no
  /// answer, because its run was interrupted, gets one that says so.
  void restore(std::vector<Message> messages);

  /// Gives the runs after it other tools; all that the agent knows stays as it is.
  ///
  /// Errors: throws system_error with Errc::busy while a run is under way.
  void use_tools(ToolRegistry tools);

  /// Lets the runs after it be part of somebody else's trace, as the attribute `traceparent` of
  /// their events: the value of the header of that name (W3C Trace Context, section 3.2). Empty =
  /// what the publisher's context says.
  ///
  /// Errors: throws system_error with Errc::busy while a run is under way.
  void continue_trace(std::string traceparent);

 private:
  std::shared_ptr<detail::AgentCore> core_;
};

}  // namespace strandbus
