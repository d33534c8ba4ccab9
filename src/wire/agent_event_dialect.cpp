#include "wire/dialects.hpp"
#include "wire/foreign_id.hpp"
#include "wire/json_members.hpp"

#include <algorithm>

namespace strandbus::detail {
namespace {

/// A number that cannot be negative there.
std::int64_t count(std::int64_t value) { return std::max<std::int64_t>(value, 0); }

void fill_usage(JsonMembers& usage, const Usage& value) {
  usage.number("input_tokens", count(value.prompt))
      .number("output_tokens", count(value.completion))
      .number("total_tokens", count(value.total));
}

/// As serde writes FinishReason: a word, or {"unknown":"…"} for one that it does not have.
std::string finish_reason_json(FinishReason reason) {
  std::string text;
  append_json_string(text, to_string(reason));
  const bool known = reason != FinishReason::refusal && reason != FinishReason::cancelled;
  return known ? text : "{\"unknown\":" + text + '}';
}

/// One variant of AgentEvent, with the run's id before its members and the time behind them.
struct Writer {
  std::string& out;
  const StreamEvent& event;

  template <class F>
  void variant(std::string_view name, const F& fill) const {
    append_json_object(out, [&](JsonMembers& tagged) {
      tagged.object(name, [&](JsonMembers& members) {
        members.text("run_id", uuid_of(event.run_id()));
        fill(members);
        members.text("timestamp", shortest_rfc3339(event.ts()));
      });
    });
    out += '\n';
  }

  void text_delta(std::string_view delta) const {
    variant("TextDelta", [&](JsonMembers& members) { members.text("delta", delta); });
  }

  void failed_call(std::string_view call_id, std::string_view tool_name, std::string_view error,
                   std::int64_t duration_ms) const {
    variant("ToolExecutionFinished", [&](JsonMembers& members) {
      members.text("call_id", call_id)
          .text("tool_name", tool_name)
          .object("result",
                  [&](JsonMembers& result) {
                    result.object("Failure",
                                  [&](JsonMembers& failure) { failure.text("error", error); });
                  })
          .number("duration_ms", count(duration_ms));
    });
  }

  /// What AgentEvent has no variant for.
  template <class T>
  void operator()(const T&) const {}

  void operator()(const RunStarted& p) const {
    variant("RunStarted", [&](JsonMembers& members) {
      members.text("session_id", uuid_of(event.session_id()))
          .text("provider", p.provider)
          .text("model", p.model);
    });
  }

  void operator()(const ContextBuilt& p) const {
    variant("ContextBuilt",
            [&](JsonMembers& members) { members.number("message_count", count(p.message_count)); });
  }

  void operator()(const ModelStarted& p) const {
    variant("ModelStarted", [&](JsonMembers& members) {
      members.text("provider", p.provider)
          .text("model", p.model)
          .number("iteration", count(p.iteration));
    });
  }

  void operator()(const TokenDelta& p) const { text_delta(p.text); }
  void operator()(const AssistantDelta& p) const { text_delta(p.text); }

  void operator()(const ToolCallBegin& p) const {
    variant("ToolCallStarted", [&](JsonMembers& members) {
      members.text("call_id", p.call_id).text("tool_name", p.tool_name);
    });
  }
  void operator()(const ToolCallDelta& p) const {
    variant("ToolCallDelta", [&](JsonMembers& members) {
      members.text("call_id", p.call_id).text("delta", p.delta);
    });
  }
  void operator()(const ToolCallReady& p) const {
    variant("ToolCallCompleted", [&](JsonMembers& members) {
      members.object("call", [&](JsonMembers& call) {
        call.text("id", p.call_id).text("name", p.tool_name).value("arguments", p.arguments);
      });
    });
  }

  void operator()(const ModelCompleted& p) const {
    variant("UsageRecorded", [&](JsonMembers& members) {
      members.object("usage", [&](JsonMembers& usage) { fill_usage(usage, p.usage); });
    });
  }

  void operator()(const ToolCallStarted& p) const {
    variant("ToolExecutionStarted", [&](JsonMembers& members) {
      members.text("call_id", p.call_id).text("tool_name", p.tool_name);
    });
  }

  void operator()(const ToolCallCompleted& p) const {
    if (!p.success)
      return failed_call(p.call_id, p.tool_name, p.error.empty() ? p.output : p.error,
                         p.duration_ms);
    variant("ToolExecutionFinished", [&](JsonMembers& members) {
      members.text("call_id", p.call_id)
          .text("tool_name", p.tool_name)
          .object("result",
                  [&](JsonMembers& result) {
                    result.object("Success",
                                  [&](JsonMembers& success) { success.text("output", p.output); });
                  })
          .number("duration_ms", count(p.duration_ms));
    });
  }
  void operator()(const ToolCallCancelled& p) const {
    failed_call(p.call_id, p.tool_name, p.reason, p.duration_ms);
  }
  void operator()(const ToolCallDenied& p) const {
    failed_call(p.call_id, p.tool_name, p.reason, 0);
  }

  void operator()(const MessageCommitted& p) const {
    if (p.message.role != Role::assistant && p.message.role != Role::tool) return;
    variant(p.message.role == Role::tool ? "ToolMessageCommitted" : "AssistantMessageCommitted",
            [&](JsonMembers& members) { members.text("message_id", uuid_of(p.message.id)); });
  }

  void operator()(const DoomLoopDetected& p) const {
    variant("DoomLoopDetected",
            [&](JsonMembers& members) { members.text("description", p.description); });
  }
  void operator()(const CompactionCircuitOpened& p) const {
    variant("CompactionCircuitOpened", [&](JsonMembers& members) {
      members.number("consecutive_failures", count(p.consecutive_failures));
    });
  }

  void operator()(const RunCompleted& p) const {
    variant("RunCompleted", [&](JsonMembers& members) {
      members.raw("finish_reason", finish_reason_json(p.finish_reason))
          .number("iterations", count(p.iterations));
    });
  }
  void operator()(const RunFailed& p) const {
    variant("RunFailed", [&](JsonMembers& members) { members.text("error", p.error); });
  }
  void operator()(const RunCancelled&) const {
    variant("RunCancelled", [](JsonMembers&) {});
  }
};

/// Every variant says its run, so a nested run is there as a run of its own.
class AgentEventDialect final : public Dialect {
 public:
  void append(std::string& out, const StreamEvent& event) override {
    if (event.run_id().empty()) return;
    const Writer writer{out, event};
    event.visit([&](const auto& payload) { writer(payload); });
  }
};

}  // namespace

std::unique_ptr<Dialect> make_agent_event_dialect() {
  return std::make_unique<AgentEventDialect>();
}

}  // namespace strandbus::detail
