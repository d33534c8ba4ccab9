#include "wire/dialects.hpp"
#include "wire/json_members.hpp"

#include <boost/describe/enum_to_string.hpp>

namespace strandbus::detail {
namespace {

// The members of `data` of each event that agent-runner has. Its own emitters and factories decide
// the keys; where none exists (compaction, tool_output, session events) the keys are ours.

void fill(JsonMembers& data, const UserMessage& p) {
  data.text("message_id", p.message_id).text("content", p.content);
}

void fill(JsonMembers& data, const StatusUpdate& p) {
  data.text("status", to_string(p.status)).text("detail", p.detail);
}

void fill(JsonMembers& data, const TokenDelta& p) { data.text("text", p.text); }

void fill(JsonMembers& data, const AssistantDelta& p) { data.text("text", p.text); }

void fill(JsonMembers& data, const AssistantMessage& p) {
  // agent-runner knows no refusals: what the model said instead of an answer is the content.
  data.text("message_id", p.message_id).text("content", p.content.empty() ? p.refusal : p.content);
  data.object("metadata", [&](JsonMembers& metadata) {
    metadata.number("rounds", p.metadata.rounds)
        .number("input_tokens", p.metadata.input_tokens)
        .number("output_tokens", p.metadata.output_tokens)
        .number("total_tokens", p.metadata.total_tokens);
    if (p.metadata.cost) metadata.raw("cost", to_string(*p.metadata.cost));
  });
}

void fill_usage(JsonMembers& usage, const Usage& value) {
  usage.number("prompt", value.prompt)
      .number("completion", value.completion)
      .number("total", value.total);
}

void fill(JsonMembers& data, const UsageUpdate& p) {
  data.object("usage", [&](JsonMembers& usage) { fill_usage(usage, p.usage); });
}

void fill(JsonMembers& data, const ToolCallStarted& p) {
  data.text("tool_name", p.tool_name).text("call_id", p.call_id).value("arguments", p.arguments);
}

void fill(JsonMembers& data, const ToolOutput& p) {
  data.text_if("tool_name", p.tool_name).text("call_id", p.call_id).text("output", p.text);
}

struct ToolEnd {
  std::string_view tool_name;
  std::string_view call_id;
  std::string_view output;
  std::int64_t duration_ms = 0;
};

void fill_end(JsonMembers& data, bool success, const ToolEnd& end,
              const std::vector<std::string>& files = {}) {
  data.text("tool_name", end.tool_name)
      .text("call_id", end.call_id)
      .boolean("success", success)
      .text("output", end.output)
      .number("duration_ms", end.duration_ms)
      .texts("files_changed", files);
}

void fill(JsonMembers& data, const ToolCallCompleted& p) {
  const std::string& output = p.output.empty() ? p.error : p.output;
  fill_end(data, p.success, {p.tool_name, p.call_id, output, p.duration_ms}, p.files_changed);
}

void fill(JsonMembers& data, const ToolCallCancelled& p) {
  fill_end(data, false, {p.tool_name, p.call_id, p.reason, p.duration_ms});
}

void fill(JsonMembers& data, const ToolCallDenied& p) {
  fill_end(data, false, {p.tool_name, p.call_id, p.reason});
}

void fill(JsonMembers& data, const Error& p) {
  data.text("error", p.error);
  if (p.error_code != ErrorCode::none) data.text("error_code", to_string(p.error_code));
  data.text_if("error_type", p.error_type).text_if("details", p.detail);
}

void fill(JsonMembers& data, const AgentError& p) {
  data.text("agent", p.agent).text("error", p.error);
  if (p.error_code != ErrorCode::none) data.text("error_code", to_string(p.error_code));
}

void fill(JsonMembers& data, const Compaction& p) {
  data.text("strategy", p.strategy)
      .number("messages_before", p.messages_before)
      .number("messages_after", p.messages_after)
      .number("tokens_saved", p.tokens_saved)
      .number("duration_ms", p.duration_ms);
}

std::string_view outcome_name(Outcome outcome) {
  return boost::describe::enum_to_string(outcome, "");
}

void fill(JsonMembers& data, const ExecutionSummary& p) {
  std::string agents;
  for (const AgentSummary& summary : p.agents) {
    if (!agents.empty()) agents += ',';
    append_json_object(agents, [&](JsonMembers& agent) {
      agent.text("agent", summary.agent)
          .text("run_id", summary.run_id)
          .text("outcome", outcome_name(summary.outcome))
          .object("usage", [&](JsonMembers& usage) { fill_usage(usage, summary.usage); });
    });
  }
  data.raw("agents", "[" + agents + "]").number("duration_ms", p.duration_ms);
}

void fill(JsonMembers& data, const SessionCreated& p) { data.text_if("workspace", p.workspace); }

void fill(JsonMembers& data, const SessionRestored& p) {
  data.number("events", p.events).number("messages", p.messages);
}

void fill(JsonMembers& data, const WorkspaceUpdated& p) {
  data.text("root", p.root).text_if("reason", p.reason);
}

void fill(JsonMembers& data, const FileCreated& p) {
  data.text("path", p.path).number("size", p.size).number("line_count", p.line_count);
}

void fill(JsonMembers& data, const FileModified& p) {
  data.text("path", p.path)
      .number("old_size", p.old_size)
      .number("new_size", p.new_size)
      .number("line_count", p.line_count);
}

void fill(JsonMembers& data, const FileTreeUpdate& p) {
  data.texts_if("created", p.created)
      .texts_if("modified", p.modified)
      .texts_if("deleted", p.deleted);
}

void fill(JsonMembers& data, const FileDeleted& p) { data.texts("deleted", {p.path}); }

void fill(JsonMembers&, const ScaffoldComplete&) {}

void fill(JsonMembers& data, const PreviewUpdate& p) {
  data.text("kind", p.kind).text("url", p.url).text_if("frame_id", p.frame_id);
}

void fill(JsonMembers& data, const PreviewReady& p) {
  data.text("url", p.url).number("port", p.port).text("command", p.command);
}

void fill(JsonMembers& data, const DeploymentReady& p) {
  data.text("url", p.url)
      .boolean("production", p.production)
      .text_if("project_name", p.project_name)
      .text_if("message", p.message);
}

void fill(JsonMembers& data, const ServerStarting& p) {
  data.text("framework", p.framework).text("command", p.command).number("port", p.port);
}

void fill(JsonMembers& data, const ServerReady& p) {
  data.number("port", p.port).text("url", p.url);
}

void fill(JsonMembers& data, const ServerStopped& p) {
  data.number("port", p.port).text("framework", p.framework);
}

void fill(JsonMembers& data, const ScreenshotTaken& p) {
  data.text("output_path", p.output_path)
      .number("size_bytes", p.size_bytes)
      .text_if("viewport", p.viewport)
      .text_if("url", p.url);
}

void fill(JsonMembers& data, const BashStarted& p) {
  data.text("command", p.command).text("cwd", p.cwd);
}

void fill(JsonMembers& data, const BashExecuted& p) {
  data.text("command", p.command)
      .number("exit_code", p.exit_code)
      .text("stdout", p.stdout_)
      .text("stderr", p.stderr_)
      .number("duration_ms", p.duration_ms)
      .boolean("success", p.success)
      .text("cwd", p.cwd);
}

constexpr std::string_view type_name(EventType type) noexcept {
  switch (type) {
    case EventType::tool_call_denied:
    case EventType::tool_call_cancelled: return to_string(EventType::tool_call_completed);
    case EventType::file_deleted: return to_string(EventType::file_tree_update);
    default: return to_string(type);
  }
}

class AgentRunnerDialect final : public Dialect {
 public:
  void append(std::string& out, const StreamEvent& event) override {
    if (event.context().depth > 0) return;
    if (!event.model_id().empty()) model_id_ = event.model_id();
    event.visit([&](const auto& payload) {
      if constexpr (requires(JsonMembers & data) { fill(data, payload); }) {
        append_event(out, event, [&](JsonMembers& data) { fill(data, payload); });
      }
    });
  }

 private:
  template <class F>
  void append_event(std::string& out, const StreamEvent& event, const F& fill_data) {
    append_json_object(out, [&](JsonMembers& object) {
      object.text("type", type_name(event.type()))
          .object("data", fill_data)
          .text("model_id", model_id_)
          .text("ts", to_rfc3339(event.ts(), 3))
          .text("id", to_string(event.id()));
    });
    out += '\n';
  }

  // agent-runner refuses an event without a model; one that belongs to no run gets the last known.
  std::string model_id_ = "unknown";
};

}  // namespace

std::unique_ptr<Dialect> make_agent_runner_dialect() {
  return std::make_unique<AgentRunnerDialect>();
}

}  // namespace strandbus::detail
