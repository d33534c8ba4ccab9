#pragma once

#include "budget_ledger.hpp"
#include "compaction_plan.hpp"
#include "doom_loop_detector.hpp"
#include "model_stream.hpp"
#include "request_digest.hpp"
#include "strandbus/agent/approval_rule.hpp"
#include "strandbus/agent/guardrail.hpp"
#include "strandbus/agent/hook.hpp"
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
#include <utility>
#include <vector>

namespace strandbus::detail {

class AgentCore;
struct ApprovalAnswer;

/// A coroutine of a run beside its own: a model request, a tool call, a running tool.
struct Child {
  asio::cancellation_signal signal;
  bool done = false;
};

/// What a run begins with.
struct RunInput {
  std::string text{};                        ///< the user's message
  std::vector<ApprovalRequested> pending{};  ///< or what a run before it waited for
};

/// One tool call of a turn, and what the model is told about it.
struct ToolSlot {
  explicit ToolSlot(ToolCall what) : call(std::move(what)) {}

  ToolCall call;
  std::string answer;  ///< empty until the call has ended
};

/// What the guardrails made of a text, a call or a result.
struct Guarded {
  bool complete = false;  ///< all have looked, or one has blocked
  bool rewritten = false;
  std::string approval{};                ///< why somebody has to approve; empty = nobody has to
  std::optional<std::string> blocked{};  ///< why
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
  /// `budget` is that of the run above, if there is one.
  Run(AgentCore& core, std::string run_id, std::shared_ptr<BudgetLedger> budget);

  asio::awaitable<RunResult> run(RunInput input);

  void cancel(const std::string& reason, CancelWhen when);
  /// The caller gave up its operation.
  void abort();
  /// The user says something more.
  void add_input(std::string text);
  /// What the user has said and no model was told; after the end.
  std::deque<std::string> take_unread_inputs() noexcept { return std::move(inputs_); }
  void resolve_approval(const std::string& approval_id, ApprovalAnswer answer);

  /// A run below has ended.
  void note_below(const std::string& agent, const RunResult& run);
  /// Something has changed that the run may wait for.
  void note_change() { notify(); }

  const std::shared_ptr<BudgetLedger>& budget() const noexcept { return budget_; }

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
  asio::awaitable<Ending> loop(RunInput input);
  asio::awaitable<void> take_up(std::vector<ApprovalRequested> pending);
  asio::awaitable<std::optional<Ending>> take_turn();
  asio::awaitable<void> take_inputs();
  asio::awaitable<void> take_input(std::string text);
  void open_turn();
  void begin_turn();
  void end_turn(FinishReason reason);
  asio::awaitable<std::optional<Ending>> answer(std::string message_id, ModelResponse response,
                                                std::int64_t attempt);
  std::optional<Ending> why_not_on();
  Ending budget_spent(const BudgetSpent& spent);
  Ending stopped();
  /// The run ends as soon as what is under way has ended. The first reason counts.
  void decide(Ending ending);
  bool may_go_on() const noexcept { return !stopping() && !decided_; }
  const std::string& why_ended() const noexcept { return decided_ ? decided_->text : stop_reason_; }
  asio::awaitable<void> end_tasks(const Ending& ending);
  void publish_summary(const RunResult& result);
  RunResult finish(const Ending& ending);

  // Asking the model.
  asio::awaitable<std::optional<Ending>> ask_model(const std::string& message_id,
                                                   ModelResponse& response, std::int64_t& attempt);
  ModelStarted model_started(const ModelRequest& request) const;
  asio::awaitable<ModelCall> call_model(const ModelRequest& request, ModelStream& stream);
  asio::awaitable<void> complete(const ModelRequest& request, ModelStream& stream, ModelCall& call);
  ModelRequest make_request(std::span<const ToolSpec> tools) const;
  std::optional<Ending> settle_model_call(const ModelStream& stream, ModelCall& call);
  void add_usage(const Usage& usage, std::optional<NanoUsd> cost);

  // Making the conversation shorter.
  std::int64_t context_tokens() const;
  bool wants_compaction() const;
  asio::awaitable<bool> compact();
  asio::awaitable<std::string> summarise(const CompactionPlan& plan, std::string& error);
  void note_compaction_failure(std::string error);

  // Running the tools.
  asio::awaitable<void> run_tools(std::vector<ToolCall> calls);
  asio::awaitable<void> run_calls(std::deque<ToolSlot>& slots);
  asio::awaitable<void> run_alone(ToolSlot& slot);
  asio::awaitable<void> run_together(std::deque<ToolSlot>& slots);
  asio::awaitable<void> run_tool(ToolSlot& slot);
  std::optional<DoomLoopDetected> loop_among(std::span<const ToolCall> calls);
  bool prepare(ToolSlot& slot, ReadyCall& ready);
  asio::awaitable<void> execute_tool(ToolSlot& slot, ReadyCall ready);
  asio::awaitable<void> invoke(std::shared_ptr<Tool> tool, json::object arguments,
                               ToolContext& context, ToolCallState& state);
  void deny(ToolSlot& slot, ErrorCode code, const std::string& reason);
  void publish_tool_end(const Publisher& publisher, ToolSlot& slot, ToolResult result,
                        Clock::time_point started);
  asio::awaitable<void> close_context(const ToolContext& context);
  ToolContext make_context(const Publisher& publisher, const ToolCall& call) const;

  // Asking whether a call may run.
  ApprovalRule approval_rule(const ToolCall& call, const Tool& tool,
                             const std::string& demanded) const;
  /// Whether the call may run; if not, its end was published. May change the arguments.
  asio::awaitable<bool> approved(ToolSlot& slot, ReadyCall& ready, std::string demanded);
  asio::awaitable<ApprovalAnswer> ask(ApprovalRequested request);
  asio::awaitable<ApprovalAnswer> decision(const Publisher& publisher,
                                           const ApprovalRequested& request);
  asio::awaitable<void> confirm(const ApprovalRequested& request);
  void expire(asio::steady_timer& limit, const std::string& approval_id);

  // The application's hooks and guardrails.
  bool has_hooks() const noexcept;
  TurnInfo turn_info() const;
  bool heed(const HookDecision& decision);
  asio::awaitable<void> hooks_before_turn();
  asio::awaitable<void> hooks_after_turn();
  asio::awaitable<void> hooks_before_model(ModelRequest& request, std::vector<Message>& messages);
  asio::awaitable<void> hooks_after_model(ModelResponse& response);
  asio::awaitable<void> hooks_before_tool(ToolCall& call);
  asio::awaitable<void> hooks_after_tool(const ToolCall& call, ToolResult& result);
  bool has_guardrails() const noexcept;
  asio::awaitable<void> guard_text(GuardrailTarget target, std::string id, std::string& text,
                                   Guarded& guarded);
  asio::awaitable<void> check_text(GuardrailTarget target, std::string& text, Guarded& guarded);
  asio::awaitable<void> guard_call(ToolCall& call, Guarded& guarded);
  asio::awaitable<void> check_call(ToolCall& call, Guarded& guarded);
  asio::awaitable<void> guard_result(const ToolCall& call, ToolResult& result);
  asio::awaitable<void> check_result(const ToolCall& call, ToolResult& result, Guarded& guarded);
  void note(const Guardrail& guardrail, GuardrailTarget target, const GuardrailDecision& decision,
            Guarded& guarded);
  asio::awaitable<void> ask_for(GuardrailTarget target, ApprovalRequested request,
                                Guarded& guarded);

  // Waiting.
  /// Runs the application's code, which is cancelled when the run is; its exception ends the run.
  asio::awaitable<void> attend(asio::awaitable<void> body);
  asio::awaitable<void> guarded_body(asio::awaitable<void> body);
  std::shared_ptr<Child> spawn(asio::awaitable<void> body, Cancellable cancellable);
  asio::awaitable<std::tuple<error_code>> changed();
  /// Cancels a child whose result is not wanted any more, and waits for its end.
  asio::awaitable<void> end_child(std::shared_ptr<Child> child);
  void notify() { changes_.cancel(); }
  void stop(Stop how, std::string reason);
  bool stopping() const noexcept { return stop_ == Stop::cancelled || stop_ == Stop::timeout; }
  void watch_wall_time();

  void commit(Message message);
  const Publisher& current_publisher() const noexcept {
    return rounds_ == 0 ? publisher_ : turn_.publisher;
  }

  AgentCore& core_;
  const Publisher publisher_;
  const std::optional<TraceParent> trace_;  ///< what requests say; nothing = none
  const std::vector<ToolSpec> specs_;
  const Clock::time_point started_;
  RequestDigest digest_;
  Publisher answering_;  ///< names the model that answers
  DoomLoopDetector loops_;
  Turn turn_;
  std::int64_t rounds_ = 0;
  std::int64_t llm_calls_ = 0;
  std::int64_t tool_calls_ = 0;
  Usage usage_;
  std::vector<AgentSummary> below_;         ///< runs that have ended
  std::optional<NanoUsd> cost_{NanoUsd{}};  ///< absent once a price was unknown
  const std::shared_ptr<BudgetLedger> budget_;
  std::deque<std::string> inputs_;  ///< that the model has not been told yet
  std::uint64_t first_seq_ = 0;
  std::size_t committed_ = 0;         ///< messages
  std::int64_t counted_tokens_ = 0;   ///< of the last request, as the server counted; 0 = unknown
  std::size_t counted_messages_ = 0;  ///< that it had
  bool timeout_told_ = false;
  bool turn_open_ = false;
  error_code error_;

  Stop stop_ = Stop::no;
  std::string stop_reason_;
  std::optional<Ending> decided_;
  std::vector<std::shared_ptr<Child>> children_;
  std::unordered_map<std::string, ApprovalAnswer*> approvals_;  ///< that wait for an answer
  /// Approvals that a run before this one has asked for, by their calls.
  std::unordered_map<std::string, std::string> taken_up_;
  asio::steady_timer changes_;  ///< never expires; cancelled to wake
  asio::steady_timer wall_time_;
};

/// Runs and keeps alive.
asio::awaitable<RunResult> execute(std::shared_ptr<Run> run, RunInput input);

}  // namespace strandbus::detail
