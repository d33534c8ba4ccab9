#include "strandbus/sink/chrome_trace.hpp"

#include "event/saturating_sum.hpp"
#include "sink/chrome_spans.hpp"
#include "strandbus/event/json_codec.hpp"

#include <utility>

namespace strandbus {

using detail::ChromeArgs;
using detail::ChromeLevel;
using detail::ChromeSpans;
using detail::ChromeWork;

class ChromeTrace::Encoder {
 public:
  explicit Encoder(ChromeTraceOptions options)
      : options_(std::move(options)), spans_(options_.max_open) {}

  void at(std::string& out, const StreamEvent& event) {
    if (!begun_) begin(out, event.ts());
    spans_.at(out, event.ts());
    ++events_;
  }

  void finish(std::string& out) {
    if (!begun_) begin(out, {});
    spans_.at_end(out);
    spans_.finish();
    out += "\n],\"otherData\":{";
    ChromeArgs data = args();
    data.text("session_id", options_.session_id).text("title", options_.title);
    data.text("began_at", to_rfc3339(zero_)).number("events", events_);
    if (spans_.left_out() > 0)
      data.number("left_out", static_cast<std::int64_t>(spans_.left_out()));
    out += data.members() + "}}\n";
  }

  ChromeArgs args() const { return ChromeArgs(options_.max_text_bytes); }
  ChromeSpans& spans() noexcept { return spans_; }

  void count(const Usage& usage) {
    detail::add_to(used_, usage);
    spans_.counter("tokens",
                   args().number("prompt", used_.prompt).number("completion", used_.completion));
  }

 private:
  void begin(std::string& out, Timestamp zero) {
    begun_ = true;
    zero_ = zero;
    out += R"({"displayTimeUnit":"ms","traceEvents":[)";
    std::string name = options_.session_id.empty() ? "strandbus" : options_.session_id;
    if (!options_.title.empty()) name += ": " + options_.title;
    append_chrome_mark(out, {'M', "process_name", {}, 0, 1, 0}, args().text("name", name));
    append_chrome_mark(out, {'M', "thread_name", {}, 0, 1, 0}, args().text("name", "session"));
  }

  const ChromeTraceOptions options_;
  ChromeSpans spans_;
  Usage used_{};  ///< of all requests
  Timestamp zero_{};
  std::int64_t events_ = 0;
  bool begun_ = false;
};

/// What each event says.
struct ChromeTrace::Visitor {
  Encoder& encoder;
  const StreamEvent& event;

  /// Deltas, and what says nothing about time.
  template <class T>
  void operator()(const T&) const {}

  // Runs.

  void operator()(const RunStarted& run) const {
    const RunContext& context = event.context();
    begin(ChromeLevel::run, context.agent.empty() ? "run" : "run of " + context.agent,
          args()
              .text("run_id", context.run_id)
              .text("parent_run_id", context.parent_run_id)
              .text("provider", run.provider)
              .text("model", run.model)
              .number("max_rounds", run.max_rounds)
              .texts("tools", run.tools));
  }
  void operator()(const RunCompleted& run) const {
    end(ChromeLevel::run, sums(run)
                              .text("outcome", "completed")
                              .name("finish_reason", run.finish_reason)
                              .text("output", run.output));
  }
  void operator()(const RunFailed& run) const {
    error("run failed", run.error, run.error_code);
    end(ChromeLevel::run, sums(run)
                              .text("outcome", "failed")
                              .name("error_code", run.error_code)
                              .text("error", run.error));
  }
  void operator()(const RunCancelled& run) const {
    end(ChromeLevel::run, sums(run).text("outcome", "cancelled").text("reason", run.reason));
  }

  void operator()(const TurnStarted& turn) const {
    begin(ChromeLevel::turn, "turn " + std::to_string(turn.turn),
          args().number("max_turns", turn.max_turns));
  }
  void operator()(const TurnEnded& turn) const {
    end(ChromeLevel::turn, args().name("stop_reason", turn.stop_reason).usage(turn.usage));
  }

  // Requests.

  void operator()(const ModelStarted& model) const {
    begin(ChromeLevel::model, model.model.empty() ? "model" : model.model,
          args()
              .text("provider", model.provider)
              .number("attempt", model.attempt)
              .number("messages", model.message_count)
              .value("parameters", model.parameters));
  }
  void operator()(const ModelCompleted& model) const {
    for (const ToolCall& call : model.tool_calls)
      encoder.spans().begin_flow(event.run_id(), call.call_id);
    end(ChromeLevel::model, args()
                                .name("finish_reason", model.finish_reason)
                                .usage(model.usage)
                                .number("first_token_ms", model.time_to_first_token_ms)
                                .number("tool_calls", size_of(model.tool_calls))
                                .text("content", model.content));
    encoder.count(model.usage);
  }
  void operator()(const ModelFailed& model) const {
    error("request failed", model.error, model.error_code);
    end(ChromeLevel::model, args()
                                .text("outcome", "failed")
                                .name("error_code", model.error_code)
                                .number("http_status", model.http_status)
                                .text("error", model.error));
  }
  void operator()(const Retry& retry) const {
    instant("retry", args()
                         .number("attempt", retry.attempt)
                         .number("delay_ms", retry.delay_ms)
                         .name("error_code", retry.error_code)
                         .text("reason", retry.reason)
                         .text("fallback_to", retry.fallback_to));
  }
  void operator()(const ContextBuilt& context) const {
    if (event.context().depth > 0) return;
    encoder.spans().counter("context", args().number("tokens", context.estimated_tokens));
  }

  // Tools.

  void operator()(const ToolCallStarted& call) const {
    begin_work(ChromeWork::tool, call.call_id, call.tool_name,
               args().text("call_id", call.call_id).value("arguments", call.arguments));
  }
  void operator()(const ToolCallCompleted& call) const {
    ChromeArgs result = args().flag("success", call.success);
    if (call.error_code) result.name("error_code", *call.error_code);
    result.text("error", call.error).text("output", call.output);
    end_work(ChromeWork::tool, call.call_id, result.texts("files_changed", call.files_changed));
  }
  void operator()(const ToolCallCancelled& call) const {
    end_work(ChromeWork::tool, call.call_id,
             args().text("outcome", "cancelled").text("reason", call.reason));
  }
  void operator()(const ToolCallDenied& call) const {
    const ChromeArgs why = args().name("error_code", call.error_code).text("reason", call.reason);
    encoder.spans().end_flow(event.run_id(), call.call_id);
    if (!end_work(ChromeWork::tool, call.call_id, why)) instant("denied: " + call.tool_name, why);
  }
  void operator()(const ApprovalRequested& approval) const {
    begin_work(ChromeWork::approval, approval.approval_id, "approval: " + approval.tool_name,
               args()
                   .text("call_id", approval.call_id)
                   .text("reason", approval.reason)
                   .value("arguments", approval.arguments));
  }
  void operator()(const ApprovalResolved& approval) const {
    end_work(ChromeWork::approval, approval.approval_id,
             args()
                 .name("decision", approval.decision)
                 .text("by", approval.by)
                 .text("reason", approval.reason));
  }

  // Other agents.

  void operator()(const SubagentStarted& agent) const {
    begin_work(ChromeWork::subagent, agent.child_run_id, agent.agent,
               args().text("child_run_id", agent.child_run_id).text("input", agent.input));
  }
  void operator()(const SubagentFinished& agent) const {
    end_work(ChromeWork::subagent, agent.child_run_id,
             args().name("outcome", agent.outcome).text("output", agent.output));
  }
  void operator()(const BackgroundTaskStarted& task) const {
    begin_session_work(ChromeWork::task, task.task_id, task.name,
                       args().text("child_run_id", task.child_run_id));
  }
  void operator()(const BackgroundTaskFinished& task) const {
    end_session_work(ChromeWork::task, task.task_id, args().name("outcome", task.outcome));
  }
  void operator()(const BackgroundTaskCancelled& task) const {
    end_session_work(ChromeWork::task, task.task_id,
                     args().text("outcome", "cancelled").text("reason", task.reason));
  }

  // Workflows.

  void operator()(const WorkflowStarted& workflow) const {
    begin_session_work(ChromeWork::workflow, event.context().workflow_id, workflow.workflow,
                       args().value("input", workflow.input));
  }
  void operator()(const WorkflowCompleted& workflow) const {
    end_workflow(args().value("output", workflow.output));
  }
  void operator()(const WorkflowFailed& workflow) const {
    error("workflow failed", workflow.error, workflow.error_code);
    end_workflow(args().name("error_code", workflow.error_code).text("error", workflow.error));
  }
  void operator()(const WorkflowCancelled& workflow) const {
    end_workflow(args().text("outcome", "cancelled").text("reason", workflow.reason));
  }
  void operator()(const WorkflowStepStarted& step) const {
    begin_session_work(ChromeWork::step, id_of(step), step.step_name,
                       args().name("type", step.step_type).value("input", step.input));
  }
  void operator()(const WorkflowStepCompleted& step) const {
    end_session_work(ChromeWork::step, id_of(step), args().value("output", step.output));
  }
  void operator()(const WorkflowStepFailed& step) const {
    end_session_work(ChromeWork::step, id_of(step),
                     args().name("error_code", step.error_code).text("error", step.error));
  }
  void operator()(const WorkflowStepCancelled& step) const {
    end_session_work(ChromeWork::step, id_of(step),
                     args().text("outcome", "cancelled").text("reason", step.reason));
  }

  // Moments.

  void operator()(const UserMessage& message) const {
    instant("user message", args().text("content", message.content));
  }
  void operator()(const MessageDiscarded& message) const {
    instant("message discarded", args().text("reason", message.reason));
  }
  void operator()(const Compaction& compaction) const {
    instant("compaction", args()
                              .number("messages_before", compaction.messages_before)
                              .number("messages_after", compaction.messages_after)
                              .number("tokens_saved", compaction.tokens_saved));
  }
  void operator()(const CompactionFailed& compaction) const {
    instant("compaction failed", args().text("error", compaction.error), "error");
  }
  void operator()(const DoomLoopDetected& loop) const {
    instant("doom loop", args().text("description", loop.description).name("action", loop.action),
            "error");
  }
  void operator()(const BudgetExceeded& budget) const {
    instant("budget exceeded", args().name("budget", budget.budget), "error");
  }
  void operator()(const GuardrailTriggered& guardrail) const {
    instant("guardrail: " + guardrail.guardrail,
            args().name("action", guardrail.action).text("reason", guardrail.reason));
  }
  void operator()(const Error& failure) const { error("error", failure.error, failure.error_code); }
  void operator()(const AgentError& failure) const {
    error("error of " + failure.agent, failure.error, failure.error_code);
  }
  void operator()(const FileCreated& file) const { file_changed("created", file.path); }
  void operator()(const FileModified& file) const { file_changed("modified", file.path); }
  void operator()(const FileDeleted& file) const { file_changed("deleted", file.path); }
  void operator()(const SessionRestored&) const { instant("session restored", args()); }
  void operator()(const SessionClosed& session) const {
    instant("session closed", args().text("reason", session.reason));
  }
  void operator()(const SystemNotice& notice) const {
    instant(notice.subsystem.empty() ? "notice" : notice.subsystem,
            args().text("message", notice.message));
  }

 private:
  ChromeArgs args() const { return encoder.args(); }

  template <class Run>
  ChromeArgs sums(const Run& run) const {
    return args()
        .usage(run.usage)
        .money("cost_usd", run.cost)
        .number("requests", run.llm_calls)
        .number("tool_calls", run.tool_calls);
  }
  static std::int64_t size_of(const std::vector<ToolCall>& calls) {
    return static_cast<std::int64_t>(calls.size());
  }
  template <class Step>
  std::string id_of(const Step& step) const {
    return event.context().workflow_id + '/' + std::to_string(step.step);
  }

  void begin(ChromeLevel level, const std::string& name, const ChromeArgs& args) const {
    encoder.spans().begin(event.run_id(), event.agent(), level, name, args);
  }
  void end(ChromeLevel level, const ChromeArgs& args) const {
    encoder.spans().end(event.run_id(), level, args);
  }
  void begin_work(ChromeWork kind, const std::string& id, const std::string& name,
                  const ChromeArgs& args) const {
    encoder.spans().begin_work(event.run_id(), kind, id, name, args);
  }
  bool end_work(ChromeWork kind, const std::string& id, const ChromeArgs& args) const {
    return encoder.spans().end_work(event.run_id(), kind, id, args);
  }
  void begin_session_work(ChromeWork kind, const std::string& id, const std::string& name,
                          const ChromeArgs& args) const {
    encoder.spans().begin_work({}, kind, id, name, args);
  }
  void end_session_work(ChromeWork kind, const std::string& id, const ChromeArgs& args) const {
    encoder.spans().end_work({}, kind, id, args);
  }
  void end_workflow(const ChromeArgs& args) const {
    end_session_work(ChromeWork::workflow, event.context().workflow_id, args);
  }
  void instant(const std::string& name, const ChromeArgs& args,
               std::string_view category = "event") const {
    encoder.spans().instant(event.run_id(), name, category, args);
  }
  void error(const std::string& name, const std::string& text, ErrorCode code) const {
    instant(name, args().name("error_code", code).text("error", text), "error");
  }
  void file_changed(const std::string& how, const std::string& path) const {
    instant("file " + how, args().text("path", path), "file");
  }
};

ChromeTrace::ChromeTrace(ChromeTraceOptions options)
    : encoder_(std::make_unique<Encoder>(std::move(options))) {}
ChromeTrace::ChromeTrace(ChromeTrace&&) noexcept = default;
ChromeTrace& ChromeTrace::operator=(ChromeTrace&&) noexcept = default;
ChromeTrace::~ChromeTrace() = default;

void ChromeTrace::add(std::string& out, const StreamEvent& event) {
  encoder_->at(out, event);
  event.visit(Visitor{*encoder_, event});
}

void ChromeTrace::finish(std::string& out) { encoder_->finish(out); }

}  // namespace strandbus
