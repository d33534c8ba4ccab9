#pragma once

#include "trace_parts.hpp"
#include "trace_request.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::detail {

/// One run that is open: what is open in it, what its sums must be, which tool calls of its
/// messages have no answer.
class TraceRun {
 public:
  /// A run whose first event this is: its run_started, or another one if that was lost.
  explicit TraceRun(const StreamEvent& first);

  std::uint64_t first_seq() const noexcept { return first_seq_; }
  std::int32_t depth() const noexcept { return context_->depth; }
  const TraceParts& parts() const noexcept { return parts_; }
  /// Events were lost: sums and texts cannot be judged any more.
  void forget_sums() noexcept { whole_ = false; }
  /// What all events of a run share must be what it began with.
  void check_context(const StreamEvent& event, TraceFindings& findings);

  // One for each type that says something about what is open, and the terminal ones.
  void operator()(const TurnStarted& p, const StreamEvent& event, TraceFindings& findings);
  void operator()(const TurnEnded& p, const StreamEvent& event, TraceFindings& findings);
  void operator()(const ModelStarted& p, const StreamEvent& event, TraceFindings& findings);
  void operator()(const TokenDelta& p, const StreamEvent& event, TraceFindings& findings);
  void operator()(const AssistantDelta& p, const StreamEvent& event, TraceFindings& findings);
  void operator()(const StructuredDelta& p, const StreamEvent& event, TraceFindings& findings);
  void operator()(const ReasoningDelta& p, const StreamEvent& event, TraceFindings& findings);
  void operator()(const ToolCallBegin& p, const StreamEvent& event, TraceFindings& findings);
  void operator()(const ToolCallDelta& p, const StreamEvent& event, TraceFindings& findings);
  void operator()(const ToolCallReady& p, const StreamEvent& event, TraceFindings& findings);
  void operator()(const ModelCompleted& p, const StreamEvent& event, TraceFindings& findings);
  void operator()(const ModelFailed& p, const StreamEvent& event, TraceFindings& findings);
  void operator()(const MessageDiscarded& p, const StreamEvent& event, TraceFindings& findings);
  void operator()(const GuardrailTriggered& p, const StreamEvent& event, TraceFindings& findings);
  void operator()(const ApprovalRequested& p, const StreamEvent& event, TraceFindings& findings);
  void operator()(const ApprovalResolved& p, const StreamEvent& event, TraceFindings& findings);
  void operator()(const ToolCallStarted& p, const StreamEvent& event, TraceFindings& findings);
  void operator()(const ToolOutput& p, const StreamEvent& event, TraceFindings& findings);
  void operator()(const BashStarted& p, const StreamEvent& event, TraceFindings& findings);
  void operator()(const BashExecuted& p, const StreamEvent& event, TraceFindings& findings);
  void operator()(const CellExecuted& p, const StreamEvent& event, TraceFindings& findings);
  void operator()(const ToolCallCompleted& p, const StreamEvent& event, TraceFindings& findings);
  void operator()(const ToolCallCancelled& p, const StreamEvent& event, TraceFindings& findings);
  void operator()(const ToolCallDenied& p, const StreamEvent& event, TraceFindings& findings);
  void operator()(const SubagentStarted& p, const StreamEvent& event, TraceFindings& findings);
  void operator()(const SubagentFinished& p, const StreamEvent& event, TraceFindings& findings);
  void operator()(const MessageCommitted& p, const StreamEvent& event, TraceFindings& findings);
  void operator()(const AssistantMessage& p, const StreamEvent& event, TraceFindings& findings);
  void operator()(const UsageUpdate& p, const StreamEvent& event, TraceFindings& findings);
  void operator()(const RunCompleted& p, const StreamEvent& event, TraceFindings& findings);
  void operator()(const RunFailed& p, const StreamEvent& event, TraceFindings& findings);
  void operator()(const RunCancelled& p, const StreamEvent& event, TraceFindings& findings);

 private:
  /// Tokens of completed requests; `exact` while no request has failed.
  struct Sum {
    Usage usage;
    bool exact = true;
  };

  TraceRequest* request_of(const StreamEvent& event, TraceFindings& findings);
  void end_request(const StreamEvent& event, TraceFindings& findings);
  void inside_call(std::string_view call_id, TraceFindings& findings) const;
  void answer(const std::string& call_id, TraceFindings& findings);
  void expect_answers(TraceFindings& findings);
  void compare(std::string_view what, const Usage& said, const Sum& sum,
               TraceFindings& findings) const;
  void compare(std::string_view what, std::int64_t said, std::int64_t counted,
               TraceFindings& findings) const;
  template <class Terminal>
  void finish(const Terminal& terminal, const StreamEvent& event, TraceFindings& findings);

  std::shared_ptr<const RunContext> context_;
  std::shared_ptr<const RunContext> seen_;  ///< the last one that was compared with it
  const std::uint64_t first_seq_;
  const SpanId span_;
  const bool started_;  ///< by its run_started
  bool whole_;          ///< nothing of it was lost
  TraceParts parts_;
  std::vector<TraceRequest> requests_;
  std::string discarded_;        ///< the message whose text is void and was not said to be
  bool output_guarded_ = false;  ///< a guardrail did not let the turn's answer pass as it was
  std::deque<std::string> unanswered_;  ///< tool calls of the last assistant message
  Sum run_sum_;
  Sum turn_sum_;
  std::optional<UsageUpdate> last_update_;
  std::int64_t turns_ = 0;
  std::int64_t requests_started_ = 0;
  std::int64_t calls_started_ = 0;
};

}  // namespace strandbus::detail
