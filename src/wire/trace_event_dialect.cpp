#include "wire/dialects.hpp"
#include "wire/foreign_id.hpp"
#include "wire/json_members.hpp"
#include "wire/trace_event_form.hpp"

#include <boost/json/object.hpp>

#include <array>
#include <map>
#include <utility>

namespace strandbus::detail {
namespace {

std::string span_json(SpanId span) {
  if (span == 0) return "null";
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<char, 16> text{};
  for (auto place = text.rbegin(); place != text.rend(); ++place, span >>= 4)
    *place = digits[span & 15];
  return '"' + std::string(text.begin(), text.end()) + '"';
}

/// The message that an event speaks of by itself.
template <class T>
std::string_view message_of(const T& p) {
  if constexpr (std::is_same_v<T, MessageCommitted>) {
    return p.message.id;
  } else if constexpr (requires { p.message_id; }) {
    return p.message_id;
  } else {
    return {};
  }
}

/// One Tracer collects a root run with all runs below it: they share its run_id and its numbers,
/// and differ in depth, principal and spans.
class TraceEventDialect final : public Dialect {
 public:
  void append(std::string& out, const StreamEvent& event) override {
    if (event.run_id().empty()) return;
    enter(event);
    Iteration& iteration = iterations_[event.run_id()];
    note(event, iteration);
    if (event.is<ToolCallDenied>()) append_guardrail(out, event, iteration);
    if (const auto form = trace_event_form(event)) {
      append_line(out, event, to_string(event.id()), form->kind, iteration,
                  trace_event_payload(event, *form));
    }
    if (event.is<ModelCompleted>() || event.is<ModelFailed>()) iteration.message_id.clear();
    if (event.is_terminal()) iterations_.erase(event.run_id());
  }

 private:
  /// What the events of one iteration of a run share.
  struct Iteration {
    SpanId turn = 0;  // the span of its request
    std::string message_id{};
    std::string block_id{};
    std::string_view block_kind{};
  };

  void enter(const StreamEvent& event) {
    const RunContext& context = event.context();
    const bool root = context.depth <= 0;
    if (root && context.run_id != root_run_id_) {
      root_run_id_ = context.run_id;
      seq_ = 0;
    } else if (root_run_id_.empty()) {  // the stream begins inside of a nested run
      root_run_id_ = context.parent_run_id.empty() ? context.run_id : context.parent_run_id;
    }
  }

  static void note(const StreamEvent& event, Iteration& iteration) {
    if (event.is<TurnStarted>()) iteration = Iteration();
    // Further attempts have spans of their own, and belong to the same turn.
    const auto* const request = event.get_if<ModelStarted>();
    if (request && (request->attempt <= 1 || iteration.turn == 0)) iteration.turn = event.span_id();
    const std::string_view chunk_kind = trace_event_chunk_kind(event.type());
    if (chunk_kind.empty()) {
      iteration.block_kind = {};
    } else if (chunk_kind != iteration.block_kind) {
      iteration.block_kind = chunk_kind;
      iteration.block_id = to_string(event.id());
    }
    if (!chunk_kind.empty())
      event.visit([&](const auto& p) { iteration.message_id = message_of(p); });
  }

  /// A call that never ran was kept back by something; the call itself is told by the next line.
  void append_guardrail(std::string& out, const StreamEvent& event, const Iteration& iteration) {
    const auto& denied = *event.get_if<ToolCallDenied>();
    json::object payload;
    payload["target"] = "tool_call";
    payload["action"] = "block";
    payload["call_id"] = denied.call_id;
    payload["reason"] = denied.reason;
    append_line(out, event, uuid_of(to_string(event.id()) + " guardrail"), "guardrail", iteration,
                payload);
  }

  void append_line(std::string& out, const StreamEvent& event, std::string_view event_id,
                   std::string_view kind, const Iteration& iteration, const json::object& payload) {
    const std::string_view chunk_kind = trace_event_chunk_kind(event.type());
    append_json_object(out, [&](JsonMembers& line) {
      line.text("run_id", root_run_id_)
          .number("seq", seq_++)
          .text("event_id", event_id)
          .raw("span_id", span_json(event.span_id()))
          .raw("parent_span_id", span_json(event.parent_span_id()))
          .number("depth", event.context().depth)
          .text("principal", event.agent())
          .text("ts", to_rfc3339(event.ts(), 3))
          .text("kind", kind)
          .text_if("thread_id", event.session_id());
      if (iteration.turn != 0) line.raw("turn_id", span_json(iteration.turn));
      std::string_view message_id =
          event.visit([](const auto& p) -> std::string_view { return message_of(p); });
      if (message_id.empty() && scope_of(event.type()) == Scope::llm)
        message_id = iteration.message_id;
      line.text_if("message_id", message_id);
      if (!chunk_kind.empty())
        line.text("block_id", iteration.block_id).text("chunk_kind", chunk_kind);
      append_delta(line, event);
      line.value("payload", payload);
    });
    out += '\n';
  }

  static void append_delta(JsonMembers& line, const StreamEvent& event) {
    event.visit([&]<class T>(const T& p) {
      if constexpr (std::is_same_v<T, ToolCallDelta>) line.text("delta", p.delta);
      if constexpr (std::is_same_v<T, TokenDelta> || std::is_same_v<T, AssistantDelta> ||
                    std::is_same_v<T, ReasoningDelta> || std::is_same_v<T, StructuredDelta>)
        line.text("delta", p.text);
    });
  }

  std::string root_run_id_;
  std::int64_t seq_ = 0;
  std::map<std::string, Iteration, std::less<>> iterations_;  // of the runs that are open
};

}  // namespace

std::unique_ptr<Dialect> make_trace_event_dialect() {
  return std::make_unique<TraceEventDialect>();
}

}  // namespace strandbus::detail
