#pragma once

#include "compaction_breaker.hpp"
#include "controlled.hpp"
#include "pending_handler.hpp"
#include "strandbus/agent/agent.hpp"
#include "strandbus/agent/json_schema.hpp"
#include "task_book.hpp"

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace strandbus::detail {

class BudgetLedger;
class Run;
struct RunInput;

/// The messages of a session, in order, with the mark up to which a model has seen them.
///
/// Threads: changed on the agent's strand; copy() from any thread.
class Conversation {
 public:
  void append(Message message);
  void replace(std::vector<Message> messages);
  /// The same conversation, shorter; no model has seen it in this form.
  void compact(std::vector<Message> messages);
  std::vector<Message> copy() const;
  /// The last messages, at most this many.
  std::vector<Message> last(std::size_t most) const;

  // On the strand.
  const std::vector<Message>& messages() const noexcept { return messages_; }
  std::span<const Message> unsent() const noexcept { return std::span(messages_).subspan(sent_); }
  void mark_sent() noexcept { sent_ = messages_.size(); }

 private:
  mutable std::mutex mutex_;
  std::vector<Message> messages_;
  std::size_t sent_ = 0;
};

/// The state behind an Agent, shared with its run and its controls.
class AgentCore final : public Controlled, public std::enable_shared_from_this<AgentCore> {
 public:
  using Pending = PendingHandler<error_code, RunResult>;

  AgentCore(asio::any_io_executor executor, std::shared_ptr<Provider> provider, ToolRegistry tools,
            Publisher publisher, AgentOptions options);

  const asio::any_io_executor& strand() const noexcept override { return strand_; }
  Provider& provider() const noexcept { return *provider_; }
  const ToolRegistry& tools() const noexcept { return tools_; }
  const Publisher& publisher() const noexcept { return publisher_; }
  const AgentOptions& options() const noexcept { return options_; }
  Conversation& conversation() noexcept { return conversation_; }
  const Conversation& conversation() const noexcept { return conversation_; }
  /// That the final answer must follow; null = any text.
  const std::optional<JsonSchema>& response_schema() const noexcept { return response_schema_; }
  /// Lives as long as the session.
  CompactionBreaker& compaction_breaker() noexcept { return compaction_breaker_; }
  const std::shared_ptr<ReadRecord>& reads() const noexcept { return reads_; }

  /// Reserves the agent for one run; false if it has one.
  bool reserve() noexcept { return !reserved_.exchange(true, std::memory_order_acq_rel); }
  void free() noexcept { reserved_.store(false, std::memory_order_release); }
  /// For the runs after it; between reserve() and free().
  void use_tools(ToolRegistry tools) { tools_ = std::move(tools); }
  void continue_trace(std::string trace_parent) { trace_parent_ = std::move(trace_parent); }
  /// Empty = none but that of the publisher's context.
  const std::string& trace_parent() const noexcept { return trace_parent_; }
  /// Runs the loop on the strand; reserve() came before.
  void start(std::string run_id, RunInput input, Pending pending);
  /// The agent whose run has started this one. Before the first run, on the caller's strand.
  void set_caller(AgentCore& caller);
  /// Its runs are background tasks, or below one. Before the first run.
  void set_in_background() noexcept { in_background_ = true; }
  bool in_background() const noexcept { return in_background_; }

  // For a run below the current one; on the strand.
  std::shared_ptr<BudgetLedger> run_budget() const;
  /// It has ended.
  void note_below(const std::string& agent, const RunResult& run);
  TaskBook& tasks() noexcept { return tasks_; }
  /// Its approvals are answered through this agent, and through all above it: one that was detached
  /// may live longer than this one.
  void add_child(const std::shared_ptr<AgentCore>& child);
  using AboveHears = std::function<void(const std::shared_ptr<AgentCore>& child)>;
  void set_above(AboveHears hears) { above_hears_ = std::move(hears); }

  // Commands; any thread.
  void cancel(std::string reason, CancelWhen when) override;
  void abort();  ///< the caller cancelled its operation
  void add_input(std::string text) override;
  void resolve_approval(std::string approval_id, ApprovalAnswer answer) override;

 private:
  template <class F>
  void with_run(F command);
  bool take_back_answers(const RunInput& input);
  void begin(std::string run_id, RunInput input, Pending pending);

  const asio::any_io_executor strand_;
  const std::shared_ptr<Provider> provider_;
  ToolRegistry tools_;        ///< changes between two runs only
  std::string trace_parent_;  ///< the same
  const Publisher publisher_;
  const AgentOptions options_;
  const std::optional<JsonSchema> response_schema_;
  Conversation conversation_;
  CompactionBreaker compaction_breaker_;
  const std::shared_ptr<ReadRecord> reads_ = std::make_shared<ReadRecord>();
  std::shared_ptr<BudgetLedger> budget_;
  bool in_background_ = false;
  TaskBook tasks_;  ///< on the strand
  std::atomic<bool> reserved_{false};
  std::shared_ptr<Run> run_;                        ///< on the strand
  std::vector<std::weak_ptr<AgentCore>> children_;  ///< on the strand
  AboveHears above_hears_;
  std::deque<std::string> unread_inputs_;  ///< of the run before; on the strand
};

}  // namespace strandbus::detail
