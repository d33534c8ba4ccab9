#include "wire/lifecycle_form.hpp"

#include "wire/payload_object.hpp"

#include <algorithm>
#include <array>

namespace strandbus::detail {
namespace {

constexpr std::string_view progress = "progress";
constexpr std::string_view system_prefix = "system:";

std::string_view type_of(Stage stage) noexcept {
  switch (stage) {
    case Stage::started: return "started";
    case Stage::progress: return progress;
    case Stage::completed: return "completed";
    case Stage::failed: return "failed";
    case Stage::cancelled: return "canceled";
  }
  return progress;
}

std::string_view scope_name(Scope scope) noexcept {
  switch (scope) {
    case Scope::workflow: return "workflow";
    case Scope::workflow_step: return "workflow_step";
    case Scope::agent: return "agent";
    case Scope::llm: return "llm_request";
    case Scope::tool:
    case Scope::file:
    case Scope::deploy: return "tool";
    case Scope::session:
    case Scope::system: break;
  }
  return "system";
}

constexpr bool is_left_out(EventType type) noexcept {
  return scope_of(type) == Scope::session || type == EventType::message_committed ||
         type == EventType::usage_update;
}

/// The subsystem that speaks, of our types that are the runtime's own behaviour there.
constexpr std::string_view subsystem_of(EventType type) noexcept {
  switch (type) {
    case EventType::compaction:
    case EventType::compaction_failed:
    case EventType::compaction_circuit_opened: return "compaction";
    case EventType::doom_loop_detected: return "tool_loop_detection";
    case EventType::guardrail_triggered: return "guardrail";
    case EventType::budget_exceeded: return "budget";
    case EventType::error: return "error";
    default: return {};
  }
}

constexpr bool is_text(EventType type) noexcept {
  return type == EventType::token_delta || type == EventType::assistant_delta;
}

/// Whether scope and type alone tell which of our types it is.
constexpr bool is_plain(EventType type) noexcept {
  switch (type) {
    case EventType::run_started:
    case EventType::run_completed:
    case EventType::run_failed:
    case EventType::run_cancelled:
    case EventType::model_started:
    case EventType::model_completed:
    case EventType::model_failed:
    case EventType::token_delta:
    case EventType::assistant_delta:
    case EventType::tool_call_started:
    case EventType::tool_call_completed:
    case EventType::tool_call_cancelled: return true;
    default: return scope_of(type) == Scope::workflow || scope_of(type) == Scope::workflow_step;
  }
}

void rename_usage(json::object& data) {
  if (auto* const usage = data.if_contains("usage"); usage && usage->is_object())
    *usage = with_keys(usage->get_object(), {{"prompt", "prompt_tokens"},
                                             {"completion", "completion_tokens"},
                                             {"total", "total_tokens"}});
}

json::object own_data(const StreamEvent& event) {
  if (is_text(event.type())) return payload_object(event, {{"text", "chunk"}});
  if (const auto* const p = event.get_if<Custom>()) {
    json::object data;
    data["name"] = p->name;
    data["data"] = p->data;
    return data;
  }
  if (event.is<ToolCallCompleted>())
    return payload_object(event, {{"output", "result"}, {"success", ""}});
  json::object data = event.is<ModelCompleted>() ? payload_object(event, {{"content", "response"}})
                                                 : payload_object(event);
  if (event.is<ModelCompleted>()) rename_usage(data);
  if (const auto* const p = event.get_if<RunCompleted>()) data["total_tokens"] = p->usage.total;
  if (const auto* const p = event.get_if<DoomLoopDetected>()) data["call_count"] = p->repetitions;
  return data;
}

// Reading.

std::optional<EventType> plain_type(const LifecycleLine& line) {
  for (std::size_t index = 0; index < event_type_count; ++index) {
    const auto type = static_cast<EventType>(index);
    if (!is_plain(type) || is_left_out(type)) continue;
    if (scope_name(scope_of(type)) == line.scope && type_of(stage_of(type)) == line.type)
      return type;
  }
  // A failed call is one that was completed without success; a request has no stage of its own for
  // a cancel here.
  if (line.scope == "tool" && line.type == "failed") return EventType::tool_call_completed;
  if (line.scope == "llm_request" && line.type == "canceled") return EventType::model_failed;
  return std::nullopt;
}

/// Our type that the line names, if that is one which the line can be.
std::optional<EventType> named_type(const LifecycleLine& line) {
  const auto* const name = line.data.if_contains("event");
  if (!name || !name->is_string()) return std::nullopt;
  const auto type = event_type_from(std::string_view(name->get_string()));
  if (!type || is_left_out(*type) || is_plain(*type)) return std::nullopt;
  return type;
}

void put_if_missing(json::object& data, json::string_view key, std::string_view text) {
  if (!text.empty() && !data.contains(key)) data[key] = text;
}

/// What foreign lines say in their message only.
void take_message(EventType type, const LifecycleLine& line, json::object& data) {
  switch (type) {
    case EventType::run_failed:
    case EventType::model_failed:
    case EventType::workflow_failed:
    case EventType::workflow_step_failed: return put_if_missing(data, "error", line.message);
    case EventType::run_cancelled:
    case EventType::tool_call_cancelled:
    case EventType::tool_call_denied:
    case EventType::workflow_cancelled:
    case EventType::workflow_step_cancelled: return put_if_missing(data, "reason", line.message);
    case EventType::workflow_progress:
    case EventType::workflow_step_progress: return put_if_missing(data, "message", line.message);
    case EventType::tool_call_completed:
      if (line.type == "failed") put_if_missing(data, "error", line.message);
      return;
    default: return;
  }
}

/// "name:step:3" has the name and the number of a step.
void take_component(EventType type, std::string_view component, json::object& data) {
  const std::size_t first = component.find(':');
  const std::string_view name = component.substr(0, first);
  const bool tool = scope_of(type) == Scope::tool;
  const bool work = scope_of(type) == Scope::workflow || scope_of(type) == Scope::workflow_step;
  if (tool) put_if_missing(data, "tool_name", name);
  if (work) put_if_missing(data, "workflow", name);
  if (scope_of(type) != Scope::workflow_step || data.contains("step")) return;
  std::int64_t step = 0;
  for (const char digit : component.substr(std::min(component.rfind(':'), component.size()))) {
    if (digit == ':') continue;
    if (digit < '0' || digit > '9' || step > 1'000'000) return;
    step = step * 10 + (digit - '0');
  }
  data["step"] = step;
}

json::object native_data(EventType type, const LifecycleLine& line) {
  json::object data = line.data;
  if (is_text(type)) return with_keys(data, {{"chunk", "text"}});
  if (type == EventType::model_completed) {
    data = with_keys(data, {{"response", "content"}});
    if (auto* const usage = data.if_contains("usage"); usage && usage->is_object())
      *usage = with_keys(usage->get_object(), {{"prompt_tokens", "prompt"},
                                               {"completion_tokens", "completion"},
                                               {"total_tokens", "total"}});
  } else if (type == EventType::tool_call_completed) {
    data = with_keys(data, {{"result", "output"}});
    data["success"] = line.type == "completed";
  } else if (type == EventType::run_completed) {
    data = with_keys(data, {{"total_tokens", ""}});
  } else if (type == EventType::doom_loop_detected) {
    data = with_keys(data, {{"call_count", ""}});
  }
  return data;
}

/// Progress of a kind that only agent-runtime has.
std::optional<DecodeResult> foreign_progress(const LifecycleLine& line) {
  json::object data;
  if (line.scope == "tool" && line.type == progress) {
    data["tool_name"] = line.component_id.substr(0, line.component_id.find(':'));
    data["stream"] = "progress";
    data["text"] = line.message;
    data["data"] = line.data;
    return event_of(EventType::tool_output, data);
  }
  if (line.scope == "system") {
    const bool prefixed = line.component_id.starts_with(system_prefix);
    data["subsystem"] = line.component_id.substr(prefixed ? system_prefix.size() : 0);
    data["message"] = line.message;
    if (!line.data.empty()) data["data"] = line.data;
    return event_of(EventType::system_notice, data);
  }
  if (line.type != progress) return std::nullopt;
  data["name"] = std::string(line.scope) + "_progress";
  data["data"] = line.data;
  return event_of(EventType::custom, data);
}

}  // namespace

std::optional<LifecycleForm> lifecycle_form(const StreamEvent& event) {
  const EventType type = event.type();
  if (is_left_out(type)) return std::nullopt;
  if (!subsystem_of(type).empty()) return LifecycleForm{"system", progress, true};
  const auto* const call = event.get_if<ToolCallCompleted>();
  const std::string_view stage = call && !call->success ? "failed" : type_of(stage_of(type));
  const bool request = type == EventType::message_discarded;
  const auto scope = request ? Scope::llm : scope_of(type);
  // What scope agent has for pieces of an answer is a request's there.
  return LifecycleForm{scope_name(is_text(type) ? Scope::llm : scope), stage, !is_plain(type)};
}

std::string lifecycle_component(const StreamEvent& event) {
  const EventType type = event.type();
  const std::string_view subsystem = subsystem_of(type);
  if (!subsystem.empty()) return std::string(system_prefix).append(subsystem);
  if (!is_text(type) && type != EventType::message_discarded) return event.component_id();
  const std::string agent = event.agent().empty() ? "agent" : event.agent();
  return agent + ":llm:" + std::to_string(std::max(event.turn() - 1, 0));
}

json::object lifecycle_data(const StreamEvent& event, const LifecycleForm& form) {
  if (!form.says_event) return own_data(event);
  json::object data;
  data["event"] = to_string(event.type());
  for (const auto& member : own_data(event)) data.emplace(member.key(), member.value());
  return data;
}

std::optional<DecodeResult> event_of_lifecycle(const LifecycleLine& line) {
  const auto named = named_type(line);
  const auto type = named ? named : plain_type(line);
  const bool says_text = line.data.contains("chunk");
  if (!type || (is_text(*type) && !says_text)) return foreign_progress(line);
  json::object data = native_data(*type, line);
  if (named) data = with_keys(data, {{"event", ""}});
  take_message(*type, line, data);
  if (!named) take_component(*type, line.component_id, data);
  drop_unknown_code(data);
  if (*type == EventType::tool_call_completed) make_text(data, "output");
  if (*type == EventType::run_completed) make_text(data, "output");
  return event_of(*type, data);
}

}  // namespace strandbus::detail
