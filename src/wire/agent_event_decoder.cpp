#include "wire/dialect_decoders.hpp"
#include "wire/json_line_decoder.hpp"
#include "wire/line_fault.hpp"
#include "wire/line_members.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

namespace strandbus::detail {
namespace {

/// What its committed messages hold is not in the trace: it is put together from what was streamed
/// and from what the tools gave back.
class AgentEventDecoder final : public JsonLineDecoder {
 public:
  explicit AgentEventDecoder(DialectDecoderOptions options)
      : JsonLineDecoder(std::move(options), TraceCompleter::Durations::of_tools) {}

 private:
  struct RunNotes {
    std::int64_t iteration = 0;
    std::int64_t attempt = 1;
    std::string content{};
    std::vector<ToolCall> calls{};
    std::deque<std::string> unanswered{};
    std::map<std::string, std::string, std::less<>> results{};
  };
  using Read = void (AgentEventDecoder::*)(const LineMembers&);
  struct Variant {
    std::string_view name;
    Read read;
  };

  void read_object(const json::object& object) override {
    if (object.size() != 1)
      fail_line("expected one variant of AgentEvent, as in {\"RunStarted\":{…}}");
    const auto& variant = *object.begin();
    const std::string_view name(variant.key().data(), variant.key().size());
    const LineMembers members = LineMembers(object).needed_object(name);
    static constexpr Variant variants[] = {
        {"RunStarted", &AgentEventDecoder::run_started},
        {"ContextBuilt", &AgentEventDecoder::context_built},
        {"ModelStarted", &AgentEventDecoder::model_started},
        {"TextDelta", &AgentEventDecoder::text_delta},
        {"ToolCallStarted", &AgentEventDecoder::tool_call_started},
        {"ToolCallDelta", &AgentEventDecoder::tool_call_delta},
        {"ToolCallCompleted", &AgentEventDecoder::tool_call_completed},
        {"ToolExecutionStarted", &AgentEventDecoder::execution_started},
        {"ToolExecutionFinished", &AgentEventDecoder::execution_finished},
        {"AssistantMessageCommitted", &AgentEventDecoder::assistant_committed},
        {"ToolMessageCommitted", &AgentEventDecoder::tool_committed},
        {"UsageRecorded", &AgentEventDecoder::usage_recorded},
        {"RunCompleted", &AgentEventDecoder::run_completed},
        {"RunFailed", &AgentEventDecoder::run_failed},
        {"RunCancelled", &AgentEventDecoder::run_cancelled},
        {"DoomLoopDetected", &AgentEventDecoder::doom_loop_detected},
        {"CompactionCircuitOpened", &AgentEventDecoder::circuit_opened},
    };
    const auto* const known = std::ranges::find(variants, name, &Variant::name);
    if (known == std::end(variants)) return;  // of a newer version
    run_id_ = members.needed_text("run_id");
    if (run_id_.empty()) members.fail("run_id", "the id of a run");
    trace().at(members.needed_time("timestamp"));
    (this->*known->read)(members);
  }

  template <class T>
  void add(T payload, std::string_view model = {}) {
    RunContext context;
    context.session_id = session_id();
    context.run_id = run_id_;
    context.model_id = model;
    // Of runs that overlap, the later one works for the earlier one.
    const RunContext* const around = trace().newest_run();
    if (around && !trace().is_open(run_id_)) context.parent_run_id = around->run_id;
    trace().add(
        StreamEvent(std::move(payload), std::make_shared<const RunContext>(std::move(context))));
  }

  RunNotes& notes() { return notes_[run_id_]; }

  void run_started(const LineMembers& members) {
    say_session(members.text("session_id"));
    const std::string model(members.text("model"));
    add(RunStarted{.provider = std::string(members.text("provider")), .model = model}, model);
  }

  void context_built(const LineMembers& members) {
    add(ContextBuilt{.message_count = members.integer("message_count")});
  }

  void model_started(const LineMembers& members) {
    RunNotes& run = notes();
    const std::int64_t iteration = members.integer("iteration");
    const bool again = trace().has_open_request(run_id_) && iteration == run.iteration;
    run.attempt = again ? run.attempt + 1 : 1;
    run.iteration = iteration;
    run.content.clear();
    run.calls.clear();
    const std::string model(members.text("model"));
    add(ModelStarted{.provider = std::string(members.text("provider")),
                     .model = model,
                     .iteration = iteration,
                     .attempt = run.attempt},
        model);
  }

  void text_delta(const LineMembers& members) {
    const std::string text(members.needed_text("delta"));
    notes().content += text;
    add(TokenDelta{.text = text});
  }

  void tool_call_started(const LineMembers& members) {
    add(ToolCallBegin{.call_id = std::string(members.needed_text("call_id")),
                      .tool_name = std::string(members.needed_text("tool_name"))});
  }
  void tool_call_delta(const LineMembers& members) {
    add(ToolCallDelta{.call_id = std::string(members.needed_text("call_id")),
                      .delta = std::string(members.needed_text("delta"))});
  }
  void tool_call_completed(const LineMembers& members) {
    const LineMembers call = members.needed_object("call");
    ToolCallReady ready{.call_id = std::string(call.needed_text("id")),
                        .tool_name = std::string(call.needed_text("name")),
                        .arguments = call.value("arguments")};
    notes().calls.push_back({ready.call_id, ready.tool_name, ready.arguments});
    add(std::move(ready));
  }

  void usage_recorded(const LineMembers& members) {
    const LineMembers said = members.needed_object("usage");
    Usage usage;
    usage.prompt = said.integer("input_tokens");
    usage.completion = said.integer("output_tokens");
    usage.total = said.integer("total_tokens");
    add(ModelCompleted{
        .finish_reason = notes().calls.empty() ? FinishReason::stop : FinishReason::tool_calls,
        .usage = usage});
  }

  void execution_started(const LineMembers& members) {
    add(ToolCallStarted{.tool_name = std::string(members.needed_text("tool_name")),
                        .call_id = std::string(members.needed_text("call_id"))});
  }

  void execution_finished(const LineMembers& members) {
    const std::string call_id(members.needed_text("call_id"));
    const std::string tool_name(members.needed_text("tool_name"));
    const std::int64_t duration_ms = members.integer("duration_ms");
    const LineMembers result = members.needed_object("result");
    ToolCallCompleted completed{
        .tool_name = tool_name, .call_id = call_id, .duration_ms = duration_ms};
    if (result.has("Success")) {
      const json::value& output = result.object("Success").value("output");
      completed.success = true;
      if (output.is_string()) {
        completed.output = std::string_view(output.get_string());
      } else {
        append_json(completed.output, output);
      }
    } else {
      completed.error = result.needed_object("Failure").needed_text("error");
    }
    notes().results[call_id] = completed.success ? completed.output : completed.error;
    const bool never_ran =
        !completed.success && duration_ms == 0 && !trace().has_open_call(run_id_, call_id);
    if (!never_ran) return add(std::move(completed));
    add(ToolCallDenied{.tool_name = tool_name, .call_id = call_id, .reason = completed.error});
  }

  void assistant_committed(const LineMembers& members) {
    RunNotes& run = notes();
    Message message;
    message.id = members.needed_text("message_id");
    message.role = Role::assistant;
    message.content = run.content;
    message.tool_calls = run.calls;
    run.unanswered.clear();
    for (const ToolCall& call : run.calls) run.unanswered.push_back(call.call_id);
    add(MessageCommitted{.message = std::move(message)});
  }

  void tool_committed(const LineMembers& members) {
    RunNotes& run = notes();
    Message message;
    message.id = members.needed_text("message_id");
    message.role = Role::tool;
    if (!run.unanswered.empty()) {
      message.tool_call_id = run.unanswered.front();
      message.content = run.results[message.tool_call_id];
      run.unanswered.pop_front();
    }
    add(MessageCommitted{.message = std::move(message)});
  }

  void doom_loop_detected(const LineMembers& members) {
    add(DoomLoopDetected{.description = std::string(members.text("description"))});
  }
  void circuit_opened(const LineMembers& members) {
    add(CompactionCircuitOpened{.consecutive_failures = members.integer("consecutive_failures")});
  }

  /// A word, or {"unknown":"…"}.
  static FinishReason finish_reason(const LineMembers& members) {
    const json::value& said = members.value("finish_reason");
    const std::string_view word = said.is_object() ? members.object("finish_reason").text("unknown")
                                                   : members.text("finish_reason");
    const auto& names = enum_names<FinishReason>;
    const auto found = std::ranges::find(names, word);
    return found == names.end() ? FinishReason::stop
                                : static_cast<FinishReason>(found - names.begin());
  }

  void run_completed(const LineMembers& members) {
    const std::string output = notes().content;
    end_run(RunCompleted{.finish_reason = finish_reason(members),
                         .iterations = members.integer("iterations"),
                         .output = output});
  }
  void run_failed(const LineMembers& members) {
    end_run(RunFailed{.error = std::string(members.text("error"))});
  }
  void run_cancelled(const LineMembers&) { end_run(RunCancelled{}); }

  template <class Terminal>
  void end_run(Terminal terminal) {
    notes_.erase(run_id_);
    add(std::move(terminal));
  }

  std::string run_id_;  // of the line
  std::map<std::string, RunNotes, std::less<>> notes_;
};

}  // namespace

std::unique_ptr<DialectDecoder> make_agent_event_decoder(DialectDecoderOptions options) {
  return std::make_unique<AgentEventDecoder>(std::move(options));
}

}  // namespace strandbus::detail
