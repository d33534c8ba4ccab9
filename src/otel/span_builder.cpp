#include "otel/span_builder.hpp"

#include "event/trace_parent.hpp"
#include "otel/genai_names.hpp"
#include "otel/span_content.hpp"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::size_t max_message = 1024;
constexpr std::size_t max_name = 256;
constexpr double ms_per_second = 1000;
constexpr double nano = 1e9;

/// Different lists make different keys.
std::string key_of(char kind, std::initializer_list<std::string_view> parts) {
  std::string key(1, kind);
  for (const std::string_view part : parts) key.append(1, '\0').append(part);
  return key;
}

std::string short_text(std::string_view text) { return cut_text(text, max_message); }

std::string span_name(std::string_view operation, std::string_view what) {
  std::string name(operation);
  if (!what.empty()) name.append(1, ' ').append(cut_text(what, max_name));
  return name;
}

void add_text(Attributes& attributes, std::string_view key, std::string_view text) {
  if (!text.empty()) attributes.push_back({key, short_text(text)});
}

void add_usage(Attributes& attributes, const Usage& usage) {
  attributes.push_back({genai::input_tokens, usage.prompt});
  attributes.push_back({genai::output_tokens, usage.completion});
  if (usage.cached) attributes.push_back({genai::cache_read_tokens, *usage.cached});
  if (usage.cache_write) attributes.push_back({genai::cache_write_tokens, *usage.cache_write});
  if (usage.reasoning) attributes.push_back({genai::reasoning_tokens, *usage.reasoning});
}

void add_number(Attributes& attributes, std::string_view key, const json::object& from,
                std::string_view name) {
  const json::value* const value = from.if_contains(name);
  if (!value || !value->is_number()) return;
  if (value->is_int64()) {
    attributes.push_back({key, value->get_int64()});
  } else {
    attributes.push_back({key, value->to_number<double>()});
  }
}

void fail(Span& span, std::string_view type, std::string_view message) {
  span.status = SpanStatus::error;
  span.status_message = short_text(message);
  span.attributes.push_back({genai::error_type, std::string(type)});
}

}  // namespace

/// What each event says.
struct SpanBuilder::Visitor {
  using Handle = SpanTree::Handle;

  SpanBuilder& builder;
  const StreamEvent& event;
  std::vector<Span>& ended;

  /// What is no span, and no moment of one.
  template <class T>
  void operator()(const T&) const {}

  // Runs.

  void operator()(const RunStarted& run) const {
    Span* const span = tree().span(begin_run());
    if (!span) return;
    span->attributes.push_back(
        {genai::provider_name, std::string(genai::provider_of(run.provider))});
    add_text(span->attributes, genai::request_model, run.model);
  }
  void operator()(const RunCompleted& run) const {
    end_run(run, "completed", [&](Span& span) {
      span.attributes.push_back({genai::finish_reasons, std::vector<std::string>{std::string(
                                                            wire_name(run.finish_reason))}});
    });
  }
  void operator()(const RunFailed& run) const {
    end_run(run, "failed", [&](Span& span) { fail(span, wire_name(run.error_code), run.error); });
  }
  void operator()(const RunCancelled& run) const {
    end_run(run, "cancelled", [&](Span& span) { fail(span, "cancelled", run.reason); });
  }

  // Requests.

  void operator()(const ModelStarted& model) const {
    Span span = make(span_name(genai::chat, model.model), 'c');
    span.kind = SpanKind::client;
    Attributes& attributes = span.attributes;
    attributes.push_back({genai::operation_name, std::string(genai::chat)});
    attributes.push_back({genai::provider_name, std::string(genai::provider_of(model.provider))});
    add_text(attributes, genai::request_model, model.model);
    attributes.push_back({genai::request_stream, model.stream});
    if (model.attempt > 1) attributes.push_back({genai::attempt, model.attempt});
    if (const json::object* const parameters = model.parameters.if_object()) {
      add_number(attributes, genai::request_max_tokens, *parameters, "max_tokens");
      add_number(attributes, genai::request_temperature, *parameters, "temperature");
      add_number(attributes, genai::request_top_p, *parameters, "top_p");
      add_number(attributes, genai::request_seed, *parameters, "seed");
    }
    add_common(attributes);
    if (shows_content()) {
      add_content(attributes, genai::system_instructions, system_instructions(model.messages));
      if (!model.messages.empty())
        add_content(attributes, genai::input_messages, input_messages(model.messages));
    }
    begin_part(std::move(span), key_of('c', {event.session_id(), event.run_id()}));
  }
  void operator()(const ModelCompleted& model) const {
    const Handle handle = request();
    Span* const span = tree().span(handle);
    const ModelRequestFacts facts{text_of(span, genai::provider_name), model_of(span), {}};
    record(facts, model);
    if (!span) return;
    Attributes& attributes = span->attributes;
    add_text(attributes, genai::response_model, event.model_id());
    add_text(attributes, genai::response_id, model.response_id);
    attributes.push_back({genai::finish_reasons,
                          std::vector<std::string>{std::string(wire_name(model.finish_reason))}});
    if (model.time_to_first_token_ms > 0)
      attributes.push_back({genai::time_to_first_chunk,
                            static_cast<double>(model.time_to_first_token_ms) / ms_per_second});
    add_usage(attributes, model.usage);
    if (shows_content())
      add_content(attributes, genai::output_messages,
                  output_messages(model.content, model.reasoning, model.tool_calls,
                                  wire_name(model.finish_reason)));
    tree().end(handle, event.ts(), ended);
  }
  void operator()(const ModelFailed& model) const {
    const Handle handle = request();
    Span* const span = tree().span(handle);
    const std::string_view code = wire_name(model.error_code);
    builder.metrics_.record_duration({text_of(span, genai::provider_name), model_of(span), code},
                                     model.duration_ms, event.ts());
    if (!span) return;
    fail(*span, code, model.error);
    tree().end(handle, event.ts(), ended);
  }

  // Tools.

  void operator()(const ToolCallStarted& call) const {
    begin_tool(call.tool_name, call.call_id);
    Span* const span = tree().span(tool(call.call_id));
    if (span && shows_content())
      add_content(span->attributes, genai::tool_arguments, call.arguments);
  }
  void operator()(const ToolCallCompleted& call) const {
    end_tool(call.call_id, [&](Span& span) {
      if (shows_content())
        add_content(span.attributes, genai::tool_result, json::value(call.output));
      if (call.success) return;
      const ErrorCode code = call.error_code.value_or(ErrorCode::none);
      const std::string_view type = code == ErrorCode::none ? "_OTHER" : wire_name(code);
      fail(span, type, shows_content() ? std::string_view(call.error) : type);
    });
  }
  void operator()(const ToolCallCancelled& call) const {
    end_tool(call.call_id, [&](Span& span) { fail(span, "cancelled", call.reason); });
  }
  void operator()(const ToolCallDenied& call) const {
    if (tool(call.call_id) == 0) begin_tool(call.tool_name, call.call_id);
    end_tool(call.call_id,
             [&](Span& span) { fail(span, wire_name(call.error_code), call.reason); });
  }

  // Other agents.

  void operator()(const SubagentStarted& agent) const {
    const Handle call = agent.call_id.empty() ? 0 : tool(agent.call_id);
    expect(agent.child_run_id, call != 0 ? call : parent_of_part());
  }
  void operator()(const SubagentFinished& agent) const { forget(agent.child_run_id); }
  void operator()(const BackgroundTaskStarted& task) const {
    expect(task.child_run_id, tree().find(run_key()));
  }
  void operator()(const BackgroundTaskFinished& task) const { forget(task.child_run_id); }
  void operator()(const BackgroundTaskCancelled& task) const { forget(task.child_run_id); }

  // Workflows.

  void operator()(const WorkflowStarted& workflow) const {
    const std::string& id = event.context().workflow_id;
    Span span = make(span_name(genai::invoke_workflow, workflow.workflow), 'w');
    span.attributes.push_back({genai::operation_name, std::string(genai::invoke_workflow)});
    add_text(span.attributes, genai::workflow_name, workflow.workflow);
    add_text(span.attributes, genai::workflow_id, id);
    add_common(span.attributes);
    Handle parent = known_parent();
    if (parent == 0 && !event.context().parent_workflow_id.empty())
      parent = tree().find(workflow_key(event.context().parent_workflow_id));
    if (parent == 0) parent = tree().find(run_key());
    begin_whole(std::move(span), parent, workflow_key(id));
  }
  void operator()(const WorkflowCompleted&) const {
    end_workflow([](Span&) {});
  }
  void operator()(const WorkflowFailed& workflow) const {
    end_workflow([&](Span& span) { fail(span, wire_name(workflow.error_code), workflow.error); });
  }
  void operator()(const WorkflowCancelled& workflow) const {
    end_workflow([&](Span& span) { fail(span, "cancelled", workflow.reason); });
  }
  void operator()(const WorkflowStepStarted& step) const {
    const std::string& id = event.context().workflow_id;
    Span span = make(span_name("workflow_step", step.step_name), 's');
    add_text(span.attributes, genai::workflow_name, step.workflow);
    add_text(span.attributes, genai::workflow_id, id);
    span.attributes.push_back({genai::step, step.step});
    add_text(span.attributes, genai::step_name, step.step_name);
    add_text(span.attributes, genai::step_type, wire_name(step.step_type));
    add_common(span.attributes);
    Handle parent = known_parent();
    if (parent == 0) parent = tree().find(workflow_key(id));
    begin(std::move(span), parent, step_key(step.step), SpanTree::Kind::part);
  }
  void operator()(const WorkflowStepCompleted& step) const {
    end_with(tree().find(step_key(step.step)), [](Span&) {});
  }
  void operator()(const WorkflowStepFailed& step) const {
    end_with(tree().find(step_key(step.step)),
             [&](Span& span) { fail(span, wire_name(step.error_code), step.error); });
  }
  void operator()(const WorkflowStepCancelled& step) const {
    end_with(tree().find(step_key(step.step)),
             [&](Span& span) { fail(span, "cancelled", step.reason); });
  }

  // Moments of a run.

  void operator()(const Retry& retry) const {
    Attributes attributes = error_type(retry.error_code);
    attributes.push_back({genai::attempt, retry.attempt});
    moment(std::move(attributes));
  }
  void operator()(const Error& error) const { moment(error_type(error.error_code)); }
  void operator()(const AgentError& error) const { moment(error_type(error.error_code)); }
  void operator()(const ApprovalRequested& approval) const {
    moment(call_of(approval.tool_name, approval.call_id));
  }
  void operator()(const ApprovalResolved& approval) const {
    Attributes attributes = call_of({}, approval.call_id);
    attributes.push_back({genai::outcome, std::string(wire_name(approval.decision))});
    moment(std::move(attributes));
  }
  void operator()(const MessageDiscarded&) const { moment({}); }
  void operator()(const Compaction&) const { moment({}); }
  void operator()(const CompactionFailed&) const { moment({}); }
  void operator()(const GuardrailTriggered&) const { moment({}); }
  void operator()(const DoomLoopDetected&) const { moment({}); }
  void operator()(const BudgetExceeded&) const { moment({}); }

 private:
  SpanTree& tree() const { return builder.tree_; }
  bool shows_content() const { return builder.content_ == OtlpContent::on; }

  std::string run_key() const { return key_of('r', {event.session_id(), event.run_id()}); }
  std::string run_key(std::string_view id) const { return key_of('r', {event.session_id(), id}); }
  std::string workflow_key(std::string_view id) const {
    return key_of('w', {event.session_id(), id});
  }
  std::string step_key(std::int64_t step) const {
    return key_of('s', {event.session_id(), event.context().workflow_id, std::to_string(step)});
  }
  std::string span_key(SpanId id) const { return key_of('#', {event.session_id(), to_hex(id)}); }
  std::string tool_key(std::string_view call_id) const {
    return key_of('t', {event.session_id(), event.run_id(), call_id});
  }
  static std::string to_hex(SpanId id) {
    std::string text;
    append_hex(text, id);
    return text;
  }
  Handle tool(std::string_view call_id) const { return tree().find(tool_key(call_id)); }

  /// A span that begins now.
  Span make(std::string name, char kind) const {
    Span span;
    span.name = std::move(name);
    span.start = event.ts();
    span.id = event.span_id();
    if (span.id == 0) span.id = own_id(kind);
    return span;
  }

  /// Of a span whose event has none.
  SpanId own_id(char kind) const {
    return span_of(key_of(kind, {event.session_id(), event.run_id(), std::to_string(event.seq())}));
  }

  void add_common(Attributes& attributes) const {
    add_text(attributes, genai::conversation_id, event.session_id());
    if (event.turn() > 0) attributes.push_back({genai::turn, std::int64_t{event.turn()}});
  }
  void add_content(Attributes& attributes, std::string_view key, json::value value) const {
    if (value.is_null()) return;
    attributes.push_back({key, content_json(std::move(value), builder.max_content_)});
  }

  // What is below what.

  Handle known_parent() const {
    const SpanId parent = event.parent_span_id();
    return parent == 0 || parent == event.span_id() ? 0 : tree().find(span_key(parent));
  }
  /// For a request or a call. A run whose start is missing begins here.
  Handle parent_of_part() const {
    if (const Handle parent = known_parent(); parent != 0) return parent;
    if (const Handle run = tree().find(run_key()); run != 0 || event.run_id().empty()) return run;
    return begin_run_without_start();
  }
  Handle parent_of_run() const {
    if (const Handle parent = known_parent(); parent != 0) return parent;
    const auto expected = builder.expected_.find(run_key());
    if (expected != builder.expected_.end() && tree().span(expected->second))
      return expected->second;
    const RunContext& context = event.context();
    if (!context.parent_run_id.empty()) {
      if (const Handle run = tree().find(run_key(context.parent_run_id)); run != 0) return run;
    }
    return context.workflow_id.empty() ? 0 : tree().find(workflow_key(context.workflow_id));
  }

  Handle begin(Span span, Handle parent, std::string key, SpanTree::Kind kind) const {
    SpanTree::Beginning beginning;
    beginning.keys.push_back(std::move(key));
    if (event.span_id() != 0 && span.id == event.span_id())
      beginning.keys.push_back(span_key(span.id));
    beginning.parent = parent;
    beginning.kind = kind;
    const TraceParent root = root_trace(event.context());
    span.trace = root.trace;
    if (parent == 0) {
      span.parent = root.span;
      beginning.sampled = root.sampled;
    }
    beginning.span = std::move(span);
    return tree().begin(std::move(beginning), ended);
  }
  Handle begin_whole(Span span, Handle parent, std::string key) const {
    return begin(std::move(span), parent, std::move(key), SpanTree::Kind::whole);
  }
  void begin_part(Span span, std::string key) const {
    const Handle parent = parent_of_part();
    begin(std::move(span), parent, std::move(key), SpanTree::Kind::part);
  }

  // Runs.

  Handle begin_run() const {
    const RunContext& context = event.context();
    const Handle parent = parent_of_run();
    builder.expected_.erase(run_key());
    Span span = make(span_name(genai::invoke_agent, context.agent), 'r');
    add_run(span.attributes);
    return begin_whole(std::move(span), parent, run_key());
  }
  Handle begin_run_without_start() const {
    Span span;
    span.name = span_name(genai::invoke_agent, event.agent());
    span.start = event.ts();
    span.id = own_id('m');
    span.attributes.push_back({genai::start_missing, true});
    add_run(span.attributes);
    const std::string& parent_run = event.context().parent_run_id;
    const Handle parent = parent_run.empty() ? 0 : tree().find(run_key(parent_run));
    return begin_whole(std::move(span), parent, run_key());
  }
  void add_run(Attributes& attributes) const {
    attributes.push_back({genai::operation_name, std::string(genai::invoke_agent)});
    add_text(attributes, genai::agent_name, event.agent());
    add_text(attributes, genai::conversation_id, event.session_id());
    add_text(attributes, genai::run_id, event.run_id());
  }
  template <class Run, class F>
  void end_run(const Run& run, std::string_view outcome, F add) const {
    end_with(tree().find(run_key()), [&](Span& span) {
      span.attributes.push_back({genai::outcome, std::string(outcome)});
      add_usage(span.attributes, run.usage);
      if (run.cost)
        span.attributes.push_back({genai::cost_usd, static_cast<double>(run.cost->value) / nano});
      span.attributes.push_back({genai::requests, run.llm_calls});
      span.attributes.push_back({genai::tool_calls, run.tool_calls});
      add(span);
    });
  }
  void expect(const std::string& run_id, Handle parent) const {
    constexpr std::size_t most = 4096;
    if (parent != 0 && builder.expected_.size() < most) builder.expected_[run_key(run_id)] = parent;
  }
  void forget(const std::string& run_id) const { builder.expected_.erase(run_key(run_id)); }

  // Requests.

  Handle request() const {
    if (event.span_id() != 0) {
      if (const Handle own = tree().find(span_key(event.span_id())); own != 0) return own;
    }
    return tree().find(key_of('c', {event.session_id(), event.run_id()}));
  }
  static std::string_view text_of(const Span* span, std::string_view key) {
    if (!span) return {};
    for (const Attribute& attribute : span->attributes) {
      if (attribute.key != key) continue;
      const auto* const text = std::get_if<std::string>(&attribute.value);
      return text ? std::string_view(*text) : std::string_view();
    }
    return {};
  }
  std::string_view model_of(const Span* span) const {
    const std::string_view model = text_of(span, genai::request_model);
    return model.empty() ? std::string_view(event.model_id()) : model;
  }
  void record(const ModelRequestFacts& facts, const ModelCompleted& model) const {
    GenAiMetrics& metrics = builder.metrics_;
    metrics.record_duration(facts, model.duration_ms, event.ts());
    metrics.record_tokens(facts, "input", model.usage.prompt, event.ts());
    metrics.record_tokens(facts, "output", model.usage.completion, event.ts());
    if (model.time_to_first_token_ms > 0)
      metrics.record_first_chunk(facts, model.time_to_first_token_ms, event.ts());
  }

  // Tools.

  void begin_tool(std::string_view name, const std::string& call_id) const {
    Span span = make(span_name(genai::execute_tool, name), 't');
    span.attributes.push_back({genai::operation_name, std::string(genai::execute_tool)});
    add_text(span.attributes, genai::tool_name, name);
    add_text(span.attributes, genai::tool_call_id, call_id);
    span.attributes.push_back({genai::tool_type, std::string("function")});
    add_text(span.attributes, genai::agent_name, event.agent());
    add_common(span.attributes);
    begin_part(std::move(span), tool_key(call_id));
  }
  template <class F>
  void end_tool(const std::string& call_id, F add) const {
    end_with(tool(call_id), add);
  }
  static Attributes call_of(std::string_view name, std::string_view call_id) {
    Attributes attributes;
    add_text(attributes, genai::tool_name, name);
    add_text(attributes, genai::tool_call_id, call_id);
    return attributes;
  }

  template <class F>
  void end_workflow(F add) const {
    end_with(tree().find(workflow_key(event.context().workflow_id)), add);
  }
  template <class F>
  void end_with(Handle handle, F add) const {
    Span* const span = tree().span(handle);
    if (!span) return;
    add(*span);
    tree().end(handle, event.ts(), ended);
  }

  static Attributes error_type(ErrorCode code) {
    Attributes attributes;
    attributes.push_back({genai::error_type, std::string(wire_name(code))});
    return attributes;
  }
  void moment(Attributes attributes) const {
    SpanMoment moment;
    moment.time = event.ts();
    moment.name = to_string(event.type());
    moment.attributes = std::move(attributes);
    tree().add(tree().find(run_key()), std::move(moment));
  }
};

void SpanBuilder::add(const StreamEvent& event, std::vector<Span>& ended) {
  if (is_delta(event.type())) return;
  last_ = std::max(last_, event.ts());
  event.visit(Visitor{*this, event, ended});
}

void SpanBuilder::finish(std::vector<Span>& ended) {
  tree_.end_all(last_, ended);
  expected_.clear();
}

}  // namespace strandbus::detail
