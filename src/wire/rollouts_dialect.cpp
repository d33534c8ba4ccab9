#include "wire/dialects.hpp"
#include "wire/json_members.hpp"

#include <chrono>

namespace strandbus::detail {
namespace {

/// Seconds since 1970 with six decimals, without a detour through double.
std::string seconds_text(Timestamp time) {
  const auto micro = std::chrono::floor<std::chrono::microseconds>(time).time_since_epoch().count();
  constexpr std::int64_t million = 1'000'000;
  std::int64_t seconds = micro / million;
  std::int64_t fraction = micro % million;
  if (fraction < 0) {
    fraction += million;
    --seconds;
  }
  std::string text;
  if (seconds < 0) {  // before 1970: -0.25 is floor -1 plus 0.75
    text = "-";
    seconds = fraction > 0 ? -seconds - 1 : -seconds;
    fraction = fraction > 0 ? 1'000'000 - fraction : 0;
  }
  const std::string decimals = std::to_string(fraction);
  text += std::to_string(seconds) + "." + std::string(6 - decimals.size(), '0') + decimals;
  return text;
}

/// Turns are counted from 1 here and from 0 there.
std::int64_t from_zero(std::int64_t turn) { return turn > 0 ? turn - 1 : 0; }

class RolloutsDialect final : public Dialect {
 public:
  void append(std::string& out, const StreamEvent& event) override {
    if (event.context().depth > 0) return;
    if (event.turn() > 0) turn_ = event.turn();
    const Writer writer{out, event, *this};
    event.visit([&](const auto& payload) { writer(payload); });
  }

 private:
  struct Writer {
    std::string& out;
    const StreamEvent& event;
    RolloutsDialect& dialect;

    template <class F>
    void chunk(std::string_view kind, const F& fill_data) const {
      append_json_object(out, [&](JsonMembers& object) {
        object.text("kind", kind)
            .object("data", fill_data)
            .raw("timestamp", seconds_text(event.ts()))
            .raw("turn", dialect.turn_ > 0 ? std::to_string(from_zero(dialect.turn_)) : "null");
      });
      out += '\n';
    }

    void text(std::string_view kind, std::string_view key, std::string_view value) const {
      chunk(kind, [&](JsonMembers& data) { data.text(key, value); });
    }

    void tool_result(std::string_view name, bool ok, std::string_view content) const {
      chunk("tool_result", [&](JsonMembers& data) {
        data.text("name", name).boolean("ok", ok).text("content", content);
      });
    }

    void file_changed(std::string_view path, std::string_view change) const {
      chunk("file_changed",
            [&](JsonMembers& data) { data.text("path", path).text("change", change); });
    }

    void files_changed(const std::vector<std::string>& paths, std::string_view change) const {
      for (const std::string& path : paths) file_changed(path, change);
    }

    /// What StreamChunk has no kind for.
    template <class T>
    void operator()(const T&) const {}

    void operator()(const RunStarted&) const { dialect.turn_ = 0; }

    void operator()(const TurnStarted& p) const {
      dialect.turn_ = p.turn;
      chunk("turn_start", [&](JsonMembers& data) {
        data.number("turn", from_zero(p.turn)).number("max_turns", p.max_turns);
      });
    }

    void operator()(const TurnEnded& p) const {
      dialect.turn_ = p.turn;
      chunk("usage_update", [&](JsonMembers& data) {
        data.number("prompt_tokens", p.usage.prompt)
            .number("completion_tokens", p.usage.completion)
            .number("total_tokens", p.usage.total);
      });
      chunk("turn_end", [&](JsonMembers& data) {
        data.number("turn", from_zero(p.turn)).text("stop_reason", to_string(p.stop_reason));
      });
    }

    void operator()(const StatusUpdate& p) const {
      if (p.status != AgentStatus::idle) text("status_update", "status", to_string(p.status));
    }

    void operator()(const TokenDelta& p) const { text("token", "text", p.text); }
    void operator()(const AssistantDelta& p) const { text("token", "text", p.text); }
    void operator()(const StructuredDelta& p) const { text("token", "text", p.text); }
    void operator()(const ReasoningDelta& p) const { text("thinking", "text", p.text); }

    void operator()(const ToolCallReady& p) const {
      chunk("tool_call_complete",
            [&](JsonMembers& data) { data.text("name", p.tool_name).value("args", p.arguments); });
    }

    void operator()(const ToolCallCompleted& p) const {
      tool_result(p.tool_name, p.success, p.output.empty() ? p.error : p.output);
    }
    void operator()(const ToolCallCancelled& p) const { tool_result(p.tool_name, false, p.reason); }
    void operator()(const ToolCallDenied& p) const { tool_result(p.tool_name, false, p.reason); }

    void operator()(const Error& p) const { text("error", "error", p.error); }
    void operator()(const AgentError& p) const { text("error", "error", p.error); }

    void operator()(const FileCreated& p) const { file_changed(p.path, "created"); }
    void operator()(const FileModified& p) const { file_changed(p.path, "modified"); }
    void operator()(const FileDeleted& p) const { file_changed(p.path, "deleted"); }
    void operator()(const FileTreeUpdate& p) const {
      files_changed(p.created, "created");
      files_changed(p.modified, "modified");
      files_changed(p.deleted, "deleted");
    }
  };

  std::int64_t turn_ = 0;  // ours count from 1; 0 = none yet
};

}  // namespace

std::unique_ptr<Dialect> make_rollouts_dialect() { return std::make_unique<RolloutsDialect>(); }

}  // namespace strandbus::detail
