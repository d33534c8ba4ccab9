#include "trace_run.hpp"

#include "event/saturating_sum.hpp"

#include <algorithm>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::string_view turn_part = "turn";
constexpr std::string_view request_part = "model request";
constexpr std::string_view call_part = "tool call";
constexpr std::string_view approval_part = "approval";
constexpr std::string_view subagent_part = "sub-agent";

/// The first member in which two contexts differ that all events of a run share; the model may
/// change.
std::string_view difference(const RunContext& a, const RunContext& b) noexcept {
  if (a.parent_run_id != b.parent_run_id) return "parent_run_id";
  if (a.depth != b.depth) return "depth";
  if (a.workflow_id != b.workflow_id) return "workflow_id";
  if (a.parent_workflow_id != b.parent_workflow_id) return "parent_workflow_id";
  if (a.agent != b.agent) return "agent";
  if (a.attributes != b.attributes) return "attributes";
  return {};
}

std::string in_words(const Usage& usage) {
  return std::to_string(usage.prompt) + " in, " + std::to_string(usage.completion) + " out, " +
         std::to_string(usage.total) + " total";
}

bool is_less(const Usage& a, const Usage& b) noexcept {
  return a.prompt < b.prompt || a.completion < b.completion || a.total < b.total ||
         a.cached.value_or(0) < b.cached.value_or(0) ||
         a.cache_write.value_or(0) < b.cache_write.value_or(0) ||
         a.reasoning.value_or(0) < b.reasoning.value_or(0);
}

}  // namespace

TraceRun::TraceRun(const StreamEvent& first)
    : context_(first.shared_context()),
      seen_(context_),
      first_seq_(first.seq()),
      span_(first.span_id()),
      started_(first.is<RunStarted>()),
      whole_(started_) {}

void TraceRun::check_context(const StreamEvent& event, TraceFindings& findings) {
  if (event.shared_context() == seen_) return;
  seen_ = event.shared_context();
  const std::string_view member = difference(*context_, *seen_);
  if (member.empty()) return;
  findings.add(TraceRule::run, "another " + std::string(member) + " than the run began with",
               "one " + std::string(member) + " for all events of a run");
}

// Turns.

void TraceRun::operator()(const TurnStarted& p, const StreamEvent& event, TraceFindings& findings) {
  output_guarded_ = false;
  ++turns_;
  compare("number of the turn", p.turn, turns_, findings);
  parts_.start(turn_part, std::to_string(p.turn), "", event, findings);
  turn_sum_ = Sum();
}

void TraceRun::operator()(const TurnEnded& p, const StreamEvent& event, TraceFindings& findings) {
  parts_.expect_none("turn", turn_part, findings);
  parts_.end(turn_part, std::to_string(p.turn), "", event, findings);
  compare("usage of the turn", p.usage, turn_sum_, findings);
}

// The model.

void TraceRun::operator()(const ModelStarted& p, const StreamEvent& event,
                          TraceFindings& findings) {
  ++requests_started_;
  parts_.start(request_part, span_text(event.span_id()), "", event, findings);
  if (!discarded_.empty() && p.attempt > 1 && whole_) {
    findings.add(TraceRule::text,
                 "the message " + discarded_ + " is begun again, and its text was shown",
                 "message_discarded before the next attempt");
  }
  discarded_.clear();
  std::erase_if(requests_,
                [&](const TraceRequest& open) { return open.span() == event.span_id(); });
  requests_.emplace_back(event.span_id());
}

/// The request that the event is a piece of; null if it is none of an open one.
TraceRequest* TraceRun::request_of(const StreamEvent& event, TraceFindings& findings) {
  const auto open = std::ranges::find(requests_, event.span_id(), &TraceRequest::span);
  if (open != requests_.end()) return &*open;
  findings.add(TraceRule::place, "a piece of an answer outside of a model request",
               "it between model_started and the request's end, in the same span");
  whole_ = false;
  return nullptr;
}

void TraceRun::operator()(const TokenDelta& p, const StreamEvent& event, TraceFindings& findings) {
  if (auto* request = request_of(event, findings))
    request->add_text(p.message_id, p.text, findings);
}

void TraceRun::operator()(const AssistantDelta& p, const StreamEvent& event,
                          TraceFindings& findings) {
  if (auto* request = request_of(event, findings))
    request->add_text(p.message_id, p.text, findings);
}

void TraceRun::operator()(const StructuredDelta& p, const StreamEvent& event,
                          TraceFindings& findings) {
  if (auto* request = request_of(event, findings))
    request->add_text(p.message_id, p.text, findings);
}

void TraceRun::operator()(const ReasoningDelta& p, const StreamEvent& event,
                          TraceFindings& findings) {
  if (auto* request = request_of(event, findings))
    request->add_reasoning(p.message_id, p.text, findings);
}

void TraceRun::operator()(const ToolCallBegin& p, const StreamEvent& event,
                          TraceFindings& findings) {
  if (auto* request = request_of(event, findings)) request->begin_call(p, findings);
}

void TraceRun::operator()(const ToolCallDelta& p, const StreamEvent& event,
                          TraceFindings& findings) {
  if (auto* request = request_of(event, findings)) request->add_arguments(p, findings);
}

void TraceRun::operator()(const ToolCallReady& p, const StreamEvent& event,
                          TraceFindings& findings) {
  if (auto* request = request_of(event, findings)) request->end_call(p, findings);
}

/// Closes the request of this span, or the newest one: a wrong span is one finding, not two.
void TraceRun::end_request(const StreamEvent& event, TraceFindings& findings) {
  auto open = std::ranges::find(requests_, event.span_id(), &TraceRequest::span);
  if (open == requests_.end() && !requests_.empty()) open = std::prev(requests_.end());
  const SpanId span = open == requests_.end() ? event.span_id() : open->span();
  parts_.end(request_part, span_text(span), "", event, findings);
  if (open != requests_.end()) requests_.erase(open);
}

void TraceRun::operator()(const ModelCompleted& p, const StreamEvent& event,
                          TraceFindings& findings) {
  const auto open = std::ranges::find(requests_, event.span_id(), &TraceRequest::span);
  if (open != requests_.end() && whole_) open->complete(p, findings);
  end_request(event, findings);
  add_to(run_sum_.usage, p.usage);
  add_to(turn_sum_.usage, p.usage);
}

void TraceRun::operator()(const ModelFailed&, const StreamEvent& event, TraceFindings& findings) {
  const auto open = std::ranges::find(requests_, event.span_id(), &TraceRequest::span);
  if (open != requests_.end() && open->text_shown()) discarded_ = open->message_id();
  end_request(event, findings);
  run_sum_.exact = false;
  turn_sum_.exact = false;
}

void TraceRun::operator()(const MessageDiscarded& p, const StreamEvent&, TraceFindings& findings) {
  if (p.message_id == discarded_ || output_guarded_ || !whole_) return discarded_.clear();
  findings.add(TraceRule::text, "the message " + p.message_id + " is discarded",
               "that only of a message whose request has failed after it had shown text, or that a "
               "guardrail has changed");
}

void TraceRun::operator()(const GuardrailTriggered& p, const StreamEvent&, TraceFindings&) {
  if (p.target == GuardrailTarget::output) output_guarded_ = true;
}

// Tools.

void TraceRun::operator()(const ApprovalRequested& p, const StreamEvent& event,
                          TraceFindings& findings) {
  parts_.start(approval_part, p.approval_id, p.call_id, event, findings);
}

void TraceRun::operator()(const ApprovalResolved& p, const StreamEvent& event,
                          TraceFindings& findings) {
  parts_.end(approval_part, p.approval_id, p.call_id, event, findings);
}

void TraceRun::operator()(const ToolCallStarted& p, const StreamEvent& event,
                          TraceFindings& findings) {
  ++calls_started_;
  parts_.start(call_part, p.call_id, p.tool_name, event, findings);
}

void TraceRun::inside_call(std::string_view call_id, TraceFindings& findings) const {
  if (parts_.find(call_part, call_id)) return;
  findings.add(TraceRule::place,
               "it belongs to " + part_name(call_part, call_id) + ", which is not open",
               "it between tool_call_started and the end of that call");
}

void TraceRun::operator()(const ToolOutput& p, const StreamEvent&, TraceFindings& findings) {
  inside_call(p.call_id, findings);
}

void TraceRun::operator()(const BashStarted& p, const StreamEvent&, TraceFindings& findings) {
  inside_call(p.call_id, findings);
}

void TraceRun::operator()(const BashExecuted& p, const StreamEvent&, TraceFindings& findings) {
  inside_call(p.call_id, findings);
}

void TraceRun::operator()(const CellExecuted& p, const StreamEvent&, TraceFindings& findings) {
  inside_call(p.call_id, findings);
}

void TraceRun::operator()(const ToolCallCompleted& p, const StreamEvent& event,
                          TraceFindings& findings) {
  parts_.end(call_part, p.call_id, p.tool_name, event, findings);
}

void TraceRun::operator()(const ToolCallCancelled& p, const StreamEvent& event,
                          TraceFindings& findings) {
  parts_.end(call_part, p.call_id, p.tool_name, event, findings);
}

void TraceRun::operator()(const ToolCallDenied& p, const StreamEvent&, TraceFindings& findings) {
  const auto* running = parts_.find(call_part, p.call_id);
  if (!running) return;
  findings.add(TraceRule::pairing, "the " + part_name(call_part, p.call_id) + " is denied and runs",
               "tool_call_denied only for a call that never ran; this one has started at seq " +
                   std::to_string(running->seq));
}

// Work of others.

void TraceRun::operator()(const SubagentStarted& p, const StreamEvent& event,
                          TraceFindings& findings) {
  parts_.start(subagent_part, p.child_run_id, p.agent, event, findings);
}

void TraceRun::operator()(const SubagentFinished& p, const StreamEvent& event,
                          TraceFindings& findings) {
  parts_.end(subagent_part, p.child_run_id, p.agent, event, findings);
}

// The conversation.

void TraceRun::operator()(const MessageCommitted& p, const StreamEvent&, TraceFindings& findings) {
  const Message& message = p.message;
  if (message.role == Role::tool) return answer(message.tool_call_id, findings);
  expect_answers(findings);
  for (const ToolCall& call : message.tool_calls) {
    const bool again = std::ranges::find(unanswered_, call.call_id) != unanswered_.end();
    if (again || call.call_id.empty()) {
      findings.add(TraceRule::conversation,
                   again ? "the call_id " + call.call_id + " stands twice in one message"
                         : "a tool call has no call_id",
                   "a call_id of its own for each call");
    }
    unanswered_.push_back(call.call_id);
  }
}

void TraceRun::answer(const std::string& call_id, TraceFindings& findings) {
  const auto call = std::ranges::find(unanswered_, call_id);
  if (call == unanswered_.end()) {
    // Before a model was asked, it can only be a call of a run that was interrupted.
    const bool elsewhere = !whole_ || requests_started_ == 0;
    if (elsewhere && unanswered_.empty()) return;
    findings.add(TraceRule::conversation, "an answer to the call " + call_id,
                 unanswered_.empty() ? "none: no call waits for one"
                                     : "the answer to the call " + unanswered_.front());
    return;
  }
  if (call != unanswered_.begin()) {
    findings.add(TraceRule::conversation, "an answer to the call " + call_id,
                 "the answer to the call " + unanswered_.front() + " first");
  }
  unanswered_.erase(call);
  if (!parts_.find(call_part, call_id)) return;
  findings.add(TraceRule::conversation, "the call " + call_id + " has its answer and still runs",
               "the end of the call before its answer");
}

void TraceRun::expect_answers(TraceFindings& findings) {
  for (const std::string& call_id : unanswered_) {
    findings.add(TraceRule::conversation, "the call " + call_id + " has no answer",
                 "a message of the role tool for it, directly after its call");
  }
  unanswered_.clear();
}

// Sums.

void TraceRun::compare(std::string_view what, const Usage& said, const Sum& sum,
                       TraceFindings& findings) const {
  if (!whole_) return;
  const bool wrong = is_less(said, sum.usage) || (sum.exact && is_less(sum.usage, said));
  if (!wrong) return;
  findings.add(
      TraceRule::totals, "the " + std::string(what) + " is " + in_words(said),
      in_words(sum.usage) + (sum.exact ? ", the sum of its requests"
                                       : " or more, the sum of its requests that did not fail"));
}

void TraceRun::compare(std::string_view what, std::int64_t said, std::int64_t counted,
                       TraceFindings& findings) const {
  if (!whole_ || said == counted) return;
  findings.add(TraceRule::totals, "the " + std::string(what) + " is " + std::to_string(said),
               std::to_string(counted) + ", counted in the events");
}

void TraceRun::operator()(const AssistantMessage& p, const StreamEvent&, TraceFindings& findings) {
  const AnswerMetadata& said = p.metadata;
  Usage usage;
  usage.prompt = said.input_tokens;
  usage.completion = said.output_tokens;
  usage.total = said.total_tokens;
  Sum sum = run_sum_;
  sum.usage.cached.reset();  // the metadata does not say these
  sum.usage.cache_write.reset();
  sum.usage.reasoning.reset();
  compare("usage up to the answer", usage, sum, findings);
  compare("number of rounds", said.rounds, turns_, findings);
}

void TraceRun::operator()(const UsageUpdate& p, const StreamEvent&, TraceFindings& findings) {
  compare("usage of the run", p.usage, run_sum_, findings);
  last_update_ = p;
}

// The end.

template <class Terminal>
void TraceRun::finish(const Terminal& terminal, const StreamEvent& event, TraceFindings& findings) {
  parts_.expect_none("run", "", findings);
  expect_answers(findings);
  if (event.span_id() != span_ && started_) {
    findings.add(TraceRule::span, "the run ends in span " + span_text(event.span_id()),
                 "span " + span_text(span_) + " of its start at seq " + std::to_string(first_seq_));
  }
  compare("usage of the run", terminal.usage, run_sum_, findings);
  compare("number of iterations", terminal.iterations, turns_, findings);
  compare("number of llm_calls", terminal.llm_calls, requests_started_, findings);
  compare("number of tool_calls", terminal.tool_calls, calls_started_, findings);
  if (!whole_ || !last_update_ || last_update_->cost == terminal.cost) return;
  findings.add(TraceRule::totals, "the cost differs from the one in usage_update",
               "one cost for the whole run");
}

void TraceRun::operator()(const RunCompleted& p, const StreamEvent& event,
                          TraceFindings& findings) {
  finish(p, event, findings);
}
void TraceRun::operator()(const RunFailed& p, const StreamEvent& event, TraceFindings& findings) {
  finish(p, event, findings);
}
void TraceRun::operator()(const RunCancelled& p, const StreamEvent& event,
                          TraceFindings& findings) {
  finish(p, event, findings);
}

}  // namespace strandbus::detail
