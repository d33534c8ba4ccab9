#include "event/vocabulary.hpp"

namespace strandbus::testing {

// The components belong to a sample event of session "s1", agent "coder", turn 3, whose texts are
// their own member names (tool_name is "tool_name") and whose numbers are 7.
const std::vector<VocabularyRow>& vocabulary() {
  // clang-format off
  static const std::vector<VocabularyRow> rows{
      {"session_created", "session", "started", "workspace? title? client?", "s1"},
      {"session_restored", "session", "started", "from_seq events messages", "s1"},
      {"session_closed", "session", "completed", "reason", "s1"},
      {"workspace_updated", "session", "progress", "root reason?", "s1"},

      {"workflow_started", "workflow", "started", "workflow input", "workflow"},
      {"workflow_progress", "workflow", "progress", "workflow message data?", "workflow"},
      {"workflow_completed", "workflow", "completed", "workflow output duration_ms", "workflow"},
      {"workflow_failed", "workflow", "failed", "workflow error error_code duration_ms", "workflow"},
      {"workflow_cancelled", "workflow", "cancelled", "workflow reason duration_ms", "workflow"},

      {"workflow_step_started", "workflow_step", "started", "workflow step step_name step_type input", "workflow:step:7"},
      {"workflow_step_progress", "workflow_step", "progress", "workflow step step_name message data?", "workflow:step:7"},
      {"workflow_step_completed", "workflow_step", "completed", "workflow step step_name output duration_ms", "workflow:step:7"},
      {"workflow_step_failed", "workflow_step", "failed", "workflow step step_name error error_code duration_ms", "workflow:step:7"},
      {"workflow_step_cancelled", "workflow_step", "cancelled", "workflow step step_name reason duration_ms", "workflow:step:7"},

      {"run_started", "agent", "started", "provider model max_rounds tools", "coder"},
      {"turn_started", "agent", "progress", "turn max_turns", "coder"},
      {"turn_ended", "agent", "progress", "turn stop_reason usage duration_ms", "coder"},
      {"status_update", "agent", "progress", "status detail?", "coder"},
      {"user_message", "agent", "progress", "message_id content role", "coder"},
      {"context_built", "agent", "progress", "message_count estimated_tokens tools_count", "coder"},
      {"assistant_delta", "agent", "progress", "message_id text", "coder"},
      {"assistant_message", "agent", "progress", "message_id content refusal? metadata", "coder"},
      {"message_committed", "agent", "progress", "message", "coder"},
      {"message_discarded", "agent", "progress", "message_id attempt reason", "coder"},
      {"compaction", "agent", "progress", "strategy messages_before messages_after tokens_saved duration_ms", "coder"},
      {"compaction_failed", "agent", "progress", "error consecutive_failures", "coder"},
      {"compaction_circuit_opened", "agent", "progress", "consecutive_failures", "coder"},
      {"doom_loop_detected", "agent", "progress", "description tool_name arguments pattern length repetitions previous_result? action", "coder"},
      {"budget_exceeded", "agent", "progress", "budget limit used", "coder"},
      {"plan_updated", "agent", "progress", "items", "coder"},
      {"memory_written", "agent", "progress", "store key size", "coder"},
      {"guardrail_triggered", "agent", "progress", "guardrail target action reason", "coder"},
      {"subagent_started", "agent", "started", "agent child_run_id call_id? input", "agent"},
      {"subagent_finished", "agent", "completed", "agent child_run_id outcome output?", "agent"},
      {"background_task_started", "agent", "started", "task_id name child_run_id", "name"},
      {"background_task_finished", "agent", "completed", "task_id name child_run_id outcome", "name"},
      {"background_task_cancelled", "agent", "cancelled", "task_id name child_run_id reason", "name"},
      {"execution_summary", "agent", "progress", "agents duration_ms", "coder"},
      {"error", "agent", "progress", "error error_code error_type? detail?", "coder"},
      {"agent_error", "agent", "progress", "agent error error_code", "coder"},
      {"run_completed", "agent", "completed", "finish_reason iterations output usage cost? llm_calls tool_calls duration_ms", "coder"},
      {"run_failed", "agent", "failed", "error error_code iterations usage cost? llm_calls tool_calls duration_ms", "coder"},
      {"run_cancelled", "agent", "cancelled", "reason iterations usage cost? llm_calls tool_calls duration_ms", "coder"},

      {"model_started", "llm", "started", "provider model iteration attempt message_count stream messages? tools? parameters? request_digest", "coder:llm:2"},
      {"token_delta", "llm", "progress", "text message_id", "coder:llm:2"},
      {"reasoning_delta", "llm", "progress", "text message_id", "coder:llm:2"},
      {"structured_delta", "llm", "progress", "text message_id", "coder:llm:2"},
      {"tool_call_begin", "llm", "progress", "call_id tool_name index", "coder:llm:2"},
      {"tool_call_delta", "llm", "progress", "call_id delta", "coder:llm:2"},
      {"tool_call_ready", "llm", "progress", "call_id tool_name arguments", "coder:llm:2"},
      {"usage_update", "llm", "progress", "usage cost?", "coder:llm:2"},
      {"retry", "llm", "progress", "attempt max_attempts delay_ms reason error_code provider fallback_to?", "coder:llm:2"},
      {"model_completed", "llm", "completed", "finish_reason content reasoning? tool_calls? usage response_id? time_to_first_token_ms duration_ms", "coder:llm:2"},
      {"model_failed", "llm", "failed", "error error_code http_status? retry_after_ms? duration_ms", "coder:llm:2"},

      {"approval_requested", "tool", "progress", "approval_id call_id tool_name arguments reason expires_at?", "tool_name"},
      {"approval_resolved", "tool", "progress", "approval_id call_id decision by? reason?", "tool:call_id"},
      {"tool_call_started", "tool", "started", "tool_name call_id arguments", "tool_name"},
      {"tool_output", "tool", "progress", "call_id tool_name stream text progress? data?", "tool_name"},
      {"tool_call_completed", "tool", "completed", "tool_name call_id success output error? error_code? duration_ms files_changed diffs? data?", "tool_name"},
      {"tool_call_cancelled", "tool", "cancelled", "tool_name call_id reason duration_ms", "tool_name"},
      {"tool_call_denied", "tool", "failed", "tool_name call_id error_code reason", "tool_name"},
      {"bash_started", "tool", "progress", "call_id command cwd", "bash"},
      {"bash_executed", "tool", "progress", "call_id command cwd exit_code stdout stderr duration_ms success truncated", "bash"},
      {"cell_executed", "tool", "progress", "call_id code output success duration_ms", "cell"},

      {"file_created", "file", "progress", "path size line_count", "file"},
      {"file_modified", "file", "progress", "path old_size new_size line_count", "file"},
      {"file_deleted", "file", "progress", "path", "file"},
      {"file_tree_update", "file", "progress", "created modified deleted", "file"},

      {"scaffold_complete", "deploy", "progress", "project?", "deploy"},
      {"preview_update", "deploy", "progress", "kind url frame_id?", "deploy"},
      {"preview_ready", "deploy", "progress", "url port command?", "deploy"},
      {"deployment_ready", "deploy", "progress", "url production project_name? message?", "deploy"},
      {"server_starting", "deploy", "progress", "framework command port", "deploy"},
      {"server_ready", "deploy", "progress", "port url", "deploy"},
      {"server_stopped", "deploy", "progress", "port framework", "deploy"},
      {"screenshot_taken", "deploy", "progress", "output_path size_bytes viewport? url?", "deploy"},

      {"system_notice", "system", "progress", "subsystem message data?", "system:subsystem"},
      {"custom", "system", "progress", "name data", "system:name"},
  };
  // clang-format on
  return rows;
}

}  // namespace strandbus::testing
