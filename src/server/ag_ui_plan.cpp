#include "server/ag_ui_plan.hpp"

#include <algorithm>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::string_view who = "ag-ui";

bool is_running(const SessionState& state) {
  return std::any_of(state.runs.begin(), state.runs.end(),
                     [](const RunState& run) { return run.depth == 0; });
}

bool is_open(const SessionState* state, const std::string& approval_id) {
  return state && std::any_of(state->pending_approvals.begin(), state->pending_approvals.end(),
                              [&](const PendingApproval& approval) {
                                return approval.approval_id == approval_id;
                              });
}

HttpRefusal nothing_new() {
  return make_refusal(400, "nothing_new",
                      "the messages end with nothing that is new here: the last one must be the "
                      "user's, or answer a tool call that waits");
}

HttpRefusal busy(const AgUiInput& input) {
  return make_refusal(409, "busy",
                      "the thread " + input.thread_id +
                          " is answering another message; wait for the end of its run, or cancel "
                          "it");
}

SessionCommand command_of(const AgUiDecision& decision) {
  SessionCommand command;
  if (decision.approved) {
    ApproveCommand approve;
    approve.approval_id = decision.interrupt_id;
    approve.arguments = decision.arguments;
    approve.by = who;
    command.what = std::move(approve);
  } else {
    DenyCommand deny;
    deny.approval_id = decision.interrupt_id;
    deny.reason = decision.reason;
    deny.by = who;
    command.what = std::move(deny);
  }
  return command;
}

SessionCommand command_of(const AgUiAnswer& answer) {
  ToolAnswerCommand result;
  result.call_id = answer.call_id;
  result.result =
      answer.failed ? ToolResult::failure(answer.content) : ToolResult::ok(answer.content);
  SessionCommand command;
  command.what = std::move(result);
  return command;
}

SessionCommand user_message(const std::string& text) {
  UserMessageCommand message;
  message.text = text;
  SessionCommand command;
  command.what = std::move(message);
  return command;
}

SessionCommand cancel() {
  CancelCommand cancel;
  cancel.reason = "another message came instead of an answer";
  SessionCommand command;
  command.what = std::move(cancel);
  return command;
}

/// The answers that something waits for.
AgUiPlan answers(const AgUiInput& input, const SessionState& state,
                 const std::vector<std::string>& waiting) {
  AgUiPlan plan;
  plan.kind = AgUiPlan::Kind::go_on;
  for (const AgUiDecision& decision : input.decisions) {
    if (!is_open(&state, decision.interrupt_id)) continue;
    plan.commands.push_back(command_of(decision));
    plan.answered.insert(decision.interrupt_id);
  }
  for (const AgUiAnswer& answer : input.answers) {
    if (std::find(waiting.begin(), waiting.end(), answer.call_id) == waiting.end()) continue;
    plan.commands.push_back(command_of(answer));
    plan.answered.insert(answer.call_id);
  }
  // Before the answers, so that the model gets it with them.
  if (!plan.commands.empty() && !input.message.empty())
    plan.commands.insert(plan.commands.begin(), user_message(input.message));
  return plan;
}

}  // namespace

boost::system::result<AgUiPlan, HttpRefusal> plan_ag_ui(const AgUiInput& input,
                                                        const SessionState* state) {
  for (const AgUiDecision& decision : input.decisions) {
    if (decision.withdrawn || is_open(state, decision.interrupt_id)) continue;
    return make_refusal(409, "interrupt_unknown",
                        "the interrupt " + decision.interrupt_id +
                            " is not open: it was answered, it has expired, or its run has ended; "
                            "cancel it to go on");
  }
  AgUiPlan plan;
  if (!state || !is_running(*state)) {
    const bool withdraws = state && !input.decisions.empty();
    if (input.message.empty() && !withdraws) return nothing_new();
    plan.kind = AgUiPlan::Kind::nothing;
    if (!input.message.empty()) plan.kind = state ? AgUiPlan::Kind::run : AgUiPlan::Kind::create;
    return plan;
  }
  const auto waiting = waiting_client_calls(*state);
  plan = answers(input, *state, waiting);
  if (!plan.commands.empty()) return plan;
  if (waiting.empty() && state->pending_approvals.empty()) return busy(input);
  if (input.message.empty()) return nothing_new();
  plan.kind = AgUiPlan::Kind::begin_anew;
  plan.commands.push_back(cancel());
  return plan;
}

}  // namespace strandbus::detail
