#include "wire/trace_event_form.hpp"

#include "wire/payload_object.hpp"

#include <algorithm>

namespace strandbus::detail {
namespace {

struct Row {
  EventType type;
  TraceEventForm form;
};

// The first row of a kind is what a line without the telling member is taken for.
constexpr Row rows[] = {
    {EventType::run_started, {"agent", "phase", "start"}},
    {EventType::turn_started, {"step", "phase", "before"}},
    {EventType::turn_ended, {"step", "phase", "after"}},
    {EventType::model_started, {"lm_call_start", {}, {}}},
    {EventType::model_completed, {"lm_call", "status", "completed"}},
    {EventType::model_failed, {"lm_call", "status", "failed"}},
    {EventType::token_delta, {"token", {}, {}}},
    {EventType::assistant_delta, {"token", {}, {}}},
    {EventType::reasoning_delta, {"token", {}, {}}},
    {EventType::structured_delta, {"token", {}, {}}},
    {EventType::tool_call_delta, {"tool_call_arguments_delta", "phase", "delta"}},
    {EventType::tool_call_begin, {"tool_call_arguments_delta", "phase", "start"}},
    {EventType::tool_call_ready, {"tool_call_arguments_delta", "phase", "end"}},
    {EventType::tool_call_completed, {"tool", "status", "completed"}},
    {EventType::tool_call_cancelled, {"tool", "status", "cancelled"}},
    {EventType::tool_call_denied, {"tool", "status", "denied"}},
    {EventType::memory_written, {"memory", "operation", "write"}},
    {EventType::message_committed, {"memory", "operation", "message"}},
    {EventType::plan_updated, {"plan", {}, {}}},
    {EventType::retry, {"retry", {}, {}}},
    {EventType::guardrail_triggered, {"guardrail", {}, {}}},
    {EventType::approval_requested, {"approval", "phase", "requested"}},
    {EventType::approval_resolved, {"approval", "phase", "resolved"}},
    {EventType::subagent_started, {"subagent", "phase", "start"}},
    {EventType::subagent_finished, {"subagent", "phase", "end"}},
    {EventType::background_task_started, {"background_task", "phase", "started"}},
    {EventType::background_task_finished, {"background_task", "phase", "finished"}},
    {EventType::background_task_cancelled, {"background_task", "phase", "cancelled"}},
    {EventType::cell_executed, {"cell", {}, {}}},
    {EventType::run_completed, {"final", {}, {}}},
    {EventType::run_failed, {"error", "status", "failed"}},
    {EventType::run_cancelled, {"error", "status", "cancelled"}},
    {EventType::error, {"error", "status", "running"}},
    {EventType::agent_error, {"error", "status", "agent_failed"}},
};

constexpr TraceEventForm failed_call{"tool", "status", "failed"};

/// The row that a line is, by its kind and the member that tells.
std::optional<EventType> type_of(const TraceEventLine& line) {
  std::optional<EventType> first;
  for (const Row& row : rows) {
    if (row.form.kind != line.kind) continue;
    if (!first) first = row.type;
    if (row.form.key.empty()) continue;
    const auto* const told =
        line.payload.if_contains(json::string_view(row.form.key.data(), row.form.key.size()));
    if (told && told->is_string() && std::string_view(told->get_string()) == row.form.value)
      return row.type;
  }
  if (line.kind != "token") return first;
  if (line.chunk_kind == "reasoning") return EventType::reasoning_delta;
  if (line.chunk_kind == "structured") return EventType::structured_delta;
  return EventType::token_delta;
}

}  // namespace

std::optional<TraceEventForm> trace_event_form(const StreamEvent& event) {
  const auto* const call = event.get_if<ToolCallCompleted>();
  if (call && !call->success) return failed_call;
  const auto* const row = std::ranges::find(rows, event.type(), &Row::type);
  if (row == std::end(rows)) return std::nullopt;
  return row->form;
}

std::string_view trace_event_chunk_kind(EventType type) noexcept {
  switch (type) {
    case EventType::token_delta:
    case EventType::assistant_delta: return "text";
    case EventType::reasoning_delta: return "reasoning";
    case EventType::structured_delta: return "structured";
    default: return {};
  }
}

json::object trace_event_payload(const StreamEvent& event, const TraceEventForm& form) {
  json::object payload;
  if (!form.key.empty()) payload[json::string_view(form.key.data(), form.key.size())] = form.value;
  if (event.is<RunStarted>()) {
    payload["agent_id"] = event.agent();
    payload["run_id"] = event.run_id();
  }
  json::object own;
  if (!trace_event_chunk_kind(event.type()).empty()) {
    own = payload_object(event, {{"text", ""}, {"message_id", ""}});
  } else if (event.is<ToolCallDelta>()) {
    own = payload_object(event, {{"delta", ""}});
  } else if (event.is<ToolCallCompleted>()) {
    own = payload_object(event, {{"output", "result_preview"}, {"success", ""}});
  } else {
    own = payload_object(event);
  }
  for (const auto& member : own) payload.emplace(member.key(), member.value());
  return payload;
}

std::optional<DecodeResult> event_of_trace_event(const TraceEventLine& line) {
  const auto type = type_of(line);
  if (!type) return std::nullopt;
  const auto* const row = std::ranges::find(rows, *type, &Row::type);
  json::object data = with_keys(line.payload, {{row->form.key, ""}});
  if (!trace_event_chunk_kind(*type).empty()) {
    data["text"] = line.delta;
    data["message_id"] = line.message_id;
  } else if (*type == EventType::tool_call_delta) {
    data["delta"] = line.delta;
  } else if (*type == EventType::tool_call_completed) {
    const auto* const status = line.payload.if_contains("status");
    const bool says_failed = status && *status == "failed";
    data = with_keys(data, {{"result_preview", "output"}});
    data["success"] = status ? !says_failed : !data.contains("error");
    make_text(data, "output");
  } else if (*type == EventType::run_started) {
    data = with_keys(data, {{"agent_id", ""}, {"run_id", ""}});
  }
  drop_unknown_code(data);
  return event_of(*type, data);
}

}  // namespace strandbus::detail
