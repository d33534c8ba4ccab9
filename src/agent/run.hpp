#pragma once

#include "model_stream.hpp"
#include "request_digest.hpp"
#include "strandbus/agent/run_control.hpp"
#include "strandbus/agent/run_result.hpp"
#include "strandbus/agent/tool_registry.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

namespace strandbus::detail {

class AgentCore;

/// A coroutine of a run beside its own: a model request, a tool call, a running tool.
struct Child {
  asio::cancellation_signal signal;
  bool done = false;
};

/// One tool call of a turn, and what the model is told about it.
struct ToolSlot {
  explicit ToolSlot(ToolCall what) : call(std::move(what)) {}

  ToolCall call;
  std::string answer;  ///< empty until the call has ended
};

/// How a running tool ended.
struct ToolCallState {
  ToolResult result;
  bool cancelled = false;
  bool timed_out = false;
};

/// One pass through the loop, from run_started to the terminal event. Lives on the agent's strand.
///
/// The run's own coroutine and those of its tool calls are never cancelled: they look at what stops
/// them and end what they have started. Only what may hang in foreign code is: model requests and
/// running tools, through the signal of their Child.
class Run : public std::enable_shared_from_this<Run> {
 public:
  Run(AgentCore& core, std::string run_id);

  asio::awaitable<RunResult> run(std::string text);

  void cancel(const std::string& reason, CancelWhen when);
  /// The caller gave up its operation.
  void abort();
  void resolve_approval(const std::string& approval_id, const ApprovalResolved& answer);

  /// Why the operation as such failed: run_started was refused, or the caller aborted it.
  error_code error() const noexcept { return error_; }

 private:
  using Clock = std::chrono::steady_clock;
  enum class Stop : std::uint8_t { no, after_turn, cancelled, timeout };
  /// Whether stopping the run emits the child's signal; otherwise the child looks by itself.
  enum class Cancellable : bool { no, yes };

  /// How the loop came to its end.
  struct Ending {
    Ending() = default;
    Ending(Outcome how, std::string why, ErrorCode which)
        : outcome(how), text(std::move(why)), code(which) {}

    Outcome outcome = Outcome::completed;
    std::string text;  ///< the answer, the error or the reason
    ErrorCode code = ErrorCode::none;
    FinishReason finish = FinishReason::stop;
  };

  /// One iteration.
  struct Turn {
    std::int64_t number = 0;
    Publisher publisher;
    Clock::time_point started;
    Usage usage;
  };

  // The loop.
  asio::awaitable<Ending> loop(std::string text);
  asio::awaitable<std::optional<Ending>> take_turn();
  void begin_turn();
  void end_turn(FinishReason reason);
  Ending answer(const std::string& message_id, const ModelResponse& response);
  Ending budget_spent(BudgetKind kind, double limit, double used, std::string text);
  Ending stopped();
  RunResult finish(const Ending& ending);

  // Asking the model.
  asio::awaitable<std::optional<Ending>> ask_model(const std::string& message_id,
                                                   ModelResponse& response);
  asio::awaitable<void> complete(const ModelRequest& request, ModelStream& stream, ModelCall& call);
  ModelRequest make_request(std::span<const ToolSpec> tools) const;
  std::optional<Ending> settle_model_call(const ModelStream& stream, ModelCall& call);
  void add_usage(const Usage& usage, std::optional<NanoUsd> cost);

  // Running the tools.
  asio::awaitable<void> run_tools(std::vector<ToolCall> calls);
  asio::awaitable<void> run_alone(ToolSlot& slot);
  asio::awaitable<void> run_together(std::deque<ToolSlot>& slots);
  asio::awaitable<void> run_tool(ToolSlot& slot);
  asio::awaitable<void> execute_tool(ToolSlot& slot, ReadyCall ready);
  asio::awaitable<void> invoke(std::shared_ptr<Tool> tool, json::object arguments,
                               ToolContext& context, ToolCallState& state);
  void deny(ToolSlot& slot, ErrorCode code, const std::string& reason);
  void publish_tool_end(const Publisher& publisher, ToolSlot& slot, ToolResult result,
                        Clock::time_point started);
  asio::awaitable<void> close_context(const ToolContext& context);
  ToolContext make_context(const Publisher& publisher, const ToolCall& call) const;

  // Asking whether a call may run.
  bool needs_approval(const Tool& tool) const;
  asio::awaitable<bool> approved(ToolSlot& slot);
  asio::awaitable<ApprovalResolved> decision(const Publisher& publisher,
                                             const ApprovalRequested& request);
  asio::awaitable<void> confirm(const ApprovalRequested& request);
  void expire(asio::steady_timer& limit, const std::string& approval_id);

  // Waiting.
  std::shared_ptr<Child> spawn(asio::awaitable<void> body, Cancellable cancellable);
  asio::awaitable<std::tuple<error_code>> changed();
  /// Cancels a child whose result is not wanted any more, and waits for its end.
  asio::awaitable<void> end_child(std::shared_ptr<Child> child);
  void notify() { changes_.cancel(); }
  void stop(Stop how, std::string reason);
  bool stopping() const noexcept { return stop_ == Stop::cancelled || stop_ == Stop::timeout; }
  void watch_wall_time();

  void commit(Message message);

  AgentCore& core_;
  const Publisher publisher_;
  const std::vector<ToolSpec> specs_;
  const Clock::time_point started_;
  RequestDigest digest_;
  Publisher answering_;  ///< names the model that answers
  Turn turn_;
  std::int64_t rounds_ = 0;
  std::int64_t llm_calls_ = 0;
  std::int64_t tool_calls_ = 0;
  Usage usage_;
  std::optional<NanoUsd> cost_{NanoUsd{}};  ///< absent once a price was unknown
  error_code error_;

  Stop stop_ = Stop::no;
  std::string stop_reason_;
  std::vector<std::shared_ptr<Child>> children_;
  std::unordered_map<std::string, ApprovalResolved*> approvals_;  ///< that wait for an answer
  asio::steady_timer changes_;  ///< never expires; cancelled to wake
  asio::steady_timer wall_time_;
};

/// Runs and keeps alive.
asio::awaitable<RunResult> execute(std::shared_ptr<Run> run, std::string text);

}  // namespace strandbus::detail
