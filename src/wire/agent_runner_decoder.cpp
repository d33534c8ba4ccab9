#include "wire/dialect_decoders.hpp"
#include "wire/json_line_decoder.hpp"
#include "wire/line_members.hpp"
#include "wire/payload_object.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace strandbus::detail {
namespace {

/// agent-runner says neither runs nor turns nor requests: a run begins with what the user says, a
/// turn and its request with the status "thinking", and each lasts until the next one begins.
class AgentRunnerDecoder final : public JsonLineDecoder {
 public:
  explicit AgentRunnerDecoder(DialectDecoderOptions options)
      : JsonLineDecoder(std::move(options), TraceCompleter::Durations::of_tools) {}

 private:
  void read_object(const json::object& object) override {
    const LineMembers line(object);
    const std::string_view name = line.needed_text("type");
    const LineMembers data = line.needed_object("data");
    const Timestamp time = line.needed_time("ts");
    model_id_ = line.text("model_id");
    const auto id = parse_event_id(line.text("id"));
    const auto type = event_type_from(name);
    if (!type || !is_known(*type)) return;  // agent-runner has more types than it publishes
    if (*type == EventType::status_update && !is_status(data.text("status"))) return;
    if (ends_run(*type)) end_run();
    time_ = time;
    if (*type == EventType::user_message) run_id_ = run_id_for(id);
    trace().at(time);
    prepare(*type, data);
    trace().at(time, id.value_or(EventId()));
    if (*type == EventType::tool_call_completed && is_denied(data)) return add_denied(data);
    add(data.checked(event_of(*type, native_data(*type, data))));
  }

  void read_end() override { end_run(); }

  static bool is_known(EventType type) {
    switch (type) {
      case EventType::token_delta:
      case EventType::assistant_delta:
      case EventType::user_message:
      case EventType::assistant_message:
      case EventType::tool_call_started:
      case EventType::tool_output:
      case EventType::tool_call_completed:
      case EventType::status_update:
      case EventType::usage_update:
      case EventType::error:
      case EventType::agent_error:
      case EventType::compaction:
      case EventType::bash_started:
      case EventType::bash_executed:
      case EventType::execution_summary: return true;
      default:
        return scope_of(type) == Scope::session || scope_of(type) == Scope::file ||
               scope_of(type) == Scope::deploy;
    }
  }

  static bool is_status(std::string_view word) {
    const auto& names = enum_names<AgentStatus>;
    return std::ranges::find(names, word) != names.end();
  }

  static std::string digits(const EventId& id) {
    std::string text = to_string(id);
    std::erase(text, '-');
    return text;
  }

  std::string run_id_for(const std::optional<EventId>& id) {
    std::string run_id = id ? "run_" + digits(*id) : next_run_id();
    return trace().has_ended(run_id) ? next_run_id() : run_id;
  }

  std::string next_run_id() { return "run_" + std::to_string(++runs_); }

  /// Whether it is the first event behind a run.
  bool ends_run(EventType type) const {
    return type == EventType::user_message || scope_of(type) == Scope::session;
  }

  // Runs.

  std::shared_ptr<const RunContext> context() {
    if (context_ && context_->run_id == run_id_ && context_->model_id == model_id_) return context_;
    RunContext context;
    context.session_id = session_id();
    context.run_id = run_id_;
    context.model_id = model_id_;
    return context_ = std::make_shared<const RunContext>(std::move(context));
  }

  void add(StreamEvent event) {
    event.set_context(context());
    if (const auto* const p = event.get_if<AssistantMessage>()) answer_ = p->content;
    if (const auto* const p = event.get_if<Error>()) error_ = p->error;
    trace().add(std::move(event));
  }

  void end_run() {
    if (run_id_.empty()) return;
    trace().at(time_);
    complete_request(FinishReason::stop);
    const std::string untold = "the trace does not say how the run ended";
    if (answer_) {
      add(StreamEvent(RunCompleted{.output = *answer_}));
    } else {
      add(StreamEvent(RunFailed{.error = error_.empty() ? untold : error_,
                                .error_code = ErrorCode::interrupted}));
    }
    run_id_.clear();
    answer_.reset();
    error_.clear();
  }

  void complete_request(FinishReason reason, const Usage& usage = {}) {
    if (!trace().has_open_request(run_id_)) return;
    add(StreamEvent(ModelCompleted{.finish_reason = reason, .usage = usage}));
  }

  /// What the line tells besides of what it says.
  void prepare(EventType type, const LineMembers& data) {
    const Scope scope = scope_of(type);
    if (type == EventType::token_delta || type == EventType::assistant_delta ||
        scope == Scope::file || scope == Scope::deploy || scope == Scope::session) {
      if (scope == Scope::llm || scope == Scope::agent) need_run();
      return;
    }
    if (type != EventType::error) need_run();
    const std::string_view status =
        type == EventType::status_update ? data.text("status") : std::string_view();
    if (status == "retrying") {
      if (trace().has_open_request(run_id_))
        add(StreamEvent(ModelFailed{.error = std::string(data.text("detail")),
                                    .error_code = ErrorCode::interrupted}));
    } else if (type == EventType::assistant_message) {
      complete_request(FinishReason::stop, rest_of_usage(data));
    } else {
      complete_request(scope == Scope::tool ? FinishReason::tool_calls : FinishReason::stop);
    }
    if (status == "thinking") begin_turn();
    if (status == "idle") add(StreamEvent(TurnEnded{}));
  }

  void need_run() {
    if (run_id_.empty()) run_id_ = next_run_id();
  }

  void begin_turn() {
    const std::int64_t turn = trace().turns_of(run_id_) + 1;
    add(StreamEvent(TurnStarted{.turn = turn}));
    add(StreamEvent(ModelStarted{.model = model_id_, .iteration = turn}));
  }

  /// What the run has used is said with its answer: the last request gets what no other one has.
  Usage rest_of_usage(const LineMembers& data) {
    const LineMembers metadata = data.object("metadata");
    const Usage used = trace().usage_of(run_id_);
    const auto rest = [&](std::string_view key, std::int64_t known) {
      return std::max<std::int64_t>(metadata.integer(key) - known, 0);
    };
    Usage usage;
    usage.prompt = rest("input_tokens", used.prompt);
    usage.completion = rest("output_tokens", used.completion);
    usage.total = rest("total_tokens", used.total);
    return usage;
  }

  // Tools.

  /// A call that failed in no time and was never said to start did not run.
  bool is_denied(const LineMembers& data) {
    return data.value("success") == false && data.integer("duration_ms") == 0 &&
           !trace().has_open_call(run_id_, data.text("call_id"));
  }

  void add_denied(const LineMembers& data) {
    add(StreamEvent(ToolCallDenied{.tool_name = std::string(data.text("tool_name")),
                                   .call_id = std::string(data.text("call_id")),
                                   .reason = std::string(data.text("output"))}));
  }

  json::object native_data(EventType type, const LineMembers& data) {
    json::object native = data.all();
    switch (type) {
      case EventType::tool_output: native = with_keys(native, {{"output", "text"}}); break;
      case EventType::tool_call_completed:
        make_text(native, "output");
        if (data.value("success") == false) native = with_keys(native, {{"output", "error"}});
        break;
      case EventType::error:
        native = with_keys(native, {{"details", "detail"}});
        make_text(native, "detail");
        break;
      case EventType::bash_started:
      case EventType::bash_executed: {
        const std::string call = trace().newest_call(run_id_);
        native["call_id"] = call.empty() ? "bash" : call;
        break;
      }
      default: break;
    }
    drop_unknown_code(native);
    return native;
  }

  std::string model_id_;
  std::string run_id_;  // of the open run
  std::shared_ptr<const RunContext> context_;
  Timestamp time_{};
  std::optional<std::string> answer_;
  std::string error_;
  std::uint64_t runs_ = 0;
};

}  // namespace

std::unique_ptr<DialectDecoder> make_agent_runner_decoder(DialectDecoderOptions options) {
  return std::make_unique<AgentRunnerDecoder>(std::move(options));
}

}  // namespace strandbus::detail
