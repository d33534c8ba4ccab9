#include "session_reducer.hpp"

#include <utility>

// Tool calls that wait, run and end.

namespace strandbus::detail {

void SessionReducer::operator()(const ApprovalRequested& p) {
  add(state_.pending_approvals, PendingApproval{.run_id = run_id(),
                                                .approval_id = p.approval_id,
                                                .call_id = p.call_id,
                                                .tool_name = p.tool_name,
                                                .arguments = p.arguments,
                                                .reason = p.reason,
                                                .requested = event_.ts(),
                                                .expires_at = p.expires_at});
}

void SessionReducer::operator()(const ApprovalResolved& p) {
  std::erase_if(state_.pending_approvals, [&](const PendingApproval& pending) {
    return pending.approval_id == p.approval_id;
  });
}

void SessionReducer::operator()(const ToolCallStarted& p) {
  end_call(p.call_id);
  add(state_.running_tools, RunningTool{.run_id = run_id(),
                                        .call_id = p.call_id,
                                        .tool_name = p.tool_name,
                                        .started = event_.ts(),
                                        .arguments = p.arguments});
}

void SessionReducer::operator()(const ToolOutput& p) {
  RunningTool& running = tool(p.call_id, p.tool_name);
  switch (p.stream) {
    case OutputStream::stdout_:
      append_bounded(running.stdout_, p.text, SessionState::max_output_bytes);
      break;
    case OutputStream::stderr_:
      append_bounded(running.stderr_, p.text, SessionState::max_output_bytes);
      break;
    case OutputStream::progress: running.message = p.text; break;
  }
  if (p.progress) running.progress = p.progress;
  if (!p.data.is_null()) running.data = p.data;
}

void SessionReducer::operator()(const BashExecuted& p) {
  RunningTool* running = newest(state_.running_tools, [&](const RunningTool& open) {
    return open.call_id == p.call_id && open.run_id == run_id();
  });
  if (!running) return;
  assign_bounded(running->stdout_, p.stdout_, SessionState::max_output_bytes);
  assign_bounded(running->stderr_, p.stderr_, SessionState::max_output_bytes);
  running->stdout_.complete = !p.truncated;
  running->stderr_.complete = !p.truncated;
}

/// The tool that is at work on this call; one whose start was missed is added.
RunningTool& SessionReducer::tool(const std::string& call_id, const std::string& tool_name) {
  RunningTool* running = newest(state_.running_tools, [&](const RunningTool& open) {
    return open.call_id == call_id && open.run_id == run_id();
  });
  if (running) return *running;
  RunningTool& added =
      add(state_.running_tools,
          RunningTool{.run_id = run_id(), .call_id = call_id, .tool_name = tool_name});
  added.stdout_.complete = added.stderr_.complete = state_.missed == 0;
  return added;
}

void SessionReducer::operator()(const ToolCallCompleted& p) { end_call(p.call_id); }
void SessionReducer::operator()(const ToolCallCancelled& p) { end_call(p.call_id); }
void SessionReducer::operator()(const ToolCallDenied& p) { end_call(p.call_id); }

/// The call no longer waits, nor is it written, nor does it run.
void SessionReducer::end_call(const std::string& call_id) {
  const auto of_call = [&](const auto& entry) {
    return entry.call_id == call_id && entry.run_id == run_id();
  };
  std::erase_if(state_.open_calls, of_call);
  std::erase_if(state_.running_tools, of_call);
  std::erase_if(state_.pending_approvals, of_call);
}

}  // namespace strandbus::detail
