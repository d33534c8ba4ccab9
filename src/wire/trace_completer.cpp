#include "wire/trace_completer.hpp"

#include "wire/completer_step.hpp"
#include "wire/line_fault.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::string_view untold = "the trace does not say how this ended";

bool is_zero(const Usage& usage) {
  return usage.prompt == 0 && usage.completion == 0 && usage.total == 0;
}

// No trace of an agent comes near these; a hostile one does not get further.
constexpr std::int32_t max_run_depth = 100;
constexpr std::size_t max_open_runs = 4096;
constexpr std::size_t max_open_parts = 4096;  // of one run

/// What begins, ends or is a piece of something in a run.
bool needs_run(EventType type) {
  switch (type) {
    case EventType::turn_started:
    case EventType::turn_ended:
    case EventType::assistant_delta:
    case EventType::message_discarded:
    case EventType::guardrail_triggered:
    case EventType::subagent_started:
    case EventType::subagent_finished:
    case EventType::background_task_started:
    case EventType::background_task_finished:
    case EventType::background_task_cancelled:
    case EventType::run_started: return true;
    default:
      return is_terminal(type) || scope_of(type) == Scope::llm || scope_of(type) == Scope::tool;
  }
}

/// A copy with another model.
std::shared_ptr<const RunContext> with_model(const RunContext& context, const std::string& model) {
  RunContext changed = context;
  changed.model_id = model;
  return std::make_shared<const RunContext>(std::move(changed));
}

}  // namespace

void TraceCompleter::add(StreamEvent event) {
  Run* run = nullptr;
  if (!event.run_id().empty()) {
    if (event.is<RunStarted>()) {
      start_run(event, true);
      return;
    }
    run = &open_run(event);
  } else if (needs_run(event.type())) {
    fail_line("it belongs to no run");
  }
  event.visit([&](const auto& payload) { Step{*this, event, run}(payload); });
}

// Runs.

TraceCompleter::Run& TraceCompleter::open_run(const StreamEvent& event) {
  const auto open = runs_.find(event.run_id());
  if (open == runs_.end()) {
    if (has_ended(event.run_id()))
      fail_line("it belongs to the run " + event.run_id() + ", which has ended before");
    StreamEvent start(RunStarted{.model = event.model_id()}, event.shared_context());
    return start_run(start, false);
  }
  Run& run = open->second;
  if (!event.model_id().empty() && event.model_id() != run.context->model_id)
    run.context = with_model(*run.context, event.model_id());
  return run;
}

TraceCompleter::Run& TraceCompleter::start_run(const StreamEvent& event, bool said) {
  if (is_open(event.run_id()) || has_ended(event.run_id()))
    fail_line("the run " + event.run_id() + " starts a second time");
  RunContext context = event.context();
  Place place;
  place.span = event.span_id() != 0 ? event.span_id() : fresh_span();
  place.parent = event.parent_span_id();
  for (const auto& [id, run] : runs_) {  // whoever has announced it has started it
    const auto announced = std::ranges::find(run.subagents, context.run_id, &Part::id);
    if (announced != run.subagents.end()) context.parent_run_id = id;
  }
  const auto parent = runs_.find(context.parent_run_id);
  const auto ended = ended_.find(context.parent_run_id);
  context.depth = 0;
  if (parent != runs_.end()) {
    context.depth = parent->second.context->depth + 1;
    if (place.parent == 0) place.parent = parent->second.place.span;
    for (const Part& part : parent->second.subagents) {
      if (part.id == context.run_id && event.span_id() == 0) place.parent = part.place.span;
    }
  } else if (ended != ended_.end()) {
    context.depth = ended->second.depth + 1;
  } else {
    context.parent_run_id.clear();  // of a run that the trace does not show
  }
  if (runs_.size() >= max_open_runs)
    fail_line("more than " + std::to_string(max_open_runs) + " runs are open");
  if (context.depth > max_run_depth)
    fail_line("runs are nested deeper than " + std::to_string(max_run_depth));
  Run run;
  run.context = std::make_shared<const RunContext>(std::move(context));
  run.place = place;
  run.order = ++runs_started_;
  Run& kept = runs_.emplace(event.run_id(), std::move(run)).first->second;
  emit(event, kept.context, place, said);
  return kept;
}

/// Refuses a run that `run` cannot have started.
void TraceCompleter::expect_child(const Run& run, const std::string& run_id) const {
  const auto open = runs_.find(run_id);
  if (open == runs_.end() || open->second.context->parent_run_id == run.context->run_id) return;
  fail_line("it speaks of the run " + run_id + ", which another one has started");
}

/// The run of a sub-agent that is said to be over and is not.
void TraceCompleter::end_child(const std::string& run_id, Outcome outcome) {
  const auto open = runs_.find(run_id);
  if (open == runs_.end()) return;
  Run& run = open->second;
  switch (outcome) {
    case Outcome::completed: return end_run(run, StreamEvent(), RunCompleted{}, false);
    case Outcome::cancelled:
      return end_run(run, StreamEvent(), RunCancelled{.reason = std::string(untold)}, false);
    default: break;
  }
  end_run(run, StreamEvent(),
          RunFailed{.error = std::string(untold), .error_code = ErrorCode::interrupted}, false);
}

template <class Terminal>
void TraceCompleter::end_run(Run& run, StreamEvent event, Terminal terminal, bool said) {
  close_parts(run);
  while (!run.tasks.empty()) close_task(run, Part(run.tasks.back()));
  end_turn(run);
  if (is_zero(terminal.usage)) terminal.usage = run.usage;
  if (terminal.iterations == 0) terminal.iterations = run.turns;
  if (terminal.llm_calls == 0) terminal.llm_calls = run.llm_calls;
  if (terminal.tool_calls == 0) terminal.tool_calls = run.tool_calls;
  const std::string id = run.context->run_id;
  const Outcome outcome = std::is_same_v<Terminal, RunCompleted>   ? Outcome::completed
                          : std::is_same_v<Terminal, RunCancelled> ? Outcome::cancelled
                                                                   : Outcome::failed;
  set_payload(event, std::move(terminal));
  emit(std::move(event), run.context, run.place, said);
  ended_[id] = {run.context->depth, outcome};
  runs_.erase(id);
}

void TraceCompleter::Step::operator()(const RunCompleted& p) const {
  self.end_run(*run, event, p, true);
}
void TraceCompleter::Step::operator()(const RunFailed& p) const {
  self.end_run(*run, event, p, true);
}
void TraceCompleter::Step::operator()(const RunCancelled& p) const {
  self.end_run(*run, event, p, true);
}

/// The process that ran them is gone.
void TraceCompleter::Step::operator()(const SessionRestored&) const {
  for (const auto& [id, open] : self.runs_)
    self.ended_[id] = {open.context->depth, Outcome::failed};
  self.runs_.clear();
  self.emit(event, event.shared_context(), {}, true);
}

// Turns.

void TraceCompleter::start_turn(Run& run, std::int64_t iteration) {
  end_turn(run);
  Turn turn;
  turn.number = ++run.turns;
  turn.iteration = iteration;
  turn.place = {fresh_span(), run.place.span, static_cast<std::int32_t>(turn.number)};
  run.turn = turn;
  put(run, TurnStarted{.turn = turn.number}, turn.place);
}

void TraceCompleter::end_turn(Run& run) {
  if (!run.turn) return;
  close_parts(run);
  const Turn turn = *std::exchange(run.turn, std::nullopt);
  put(run,
      TurnEnded{.turn = turn.number,
                .stop_reason = run.asked.empty() ? FinishReason::stop : FinishReason::tool_calls,
                .usage = turn.usage},
      turn.place);
}

void TraceCompleter::Step::operator()(const TurnStarted& p) const {
  self.end_turn(*run);
  constexpr std::int64_t most = 1'000'000'000;
  TurnStarted started = p;
  ++run->turns;
  if (started.turn < 1 || started.turn > most) started.turn = run->turns;
  Turn turn;
  turn.number = started.turn;
  turn.iteration = started.turn;
  turn.said = true;
  turn.place = self.fresh_place(*run, &event);
  turn.place.turn = static_cast<std::int32_t>(turn.number);
  run->turn = turn;
  say(std::move(started), turn.place);
}

void TraceCompleter::Step::operator()(const TurnEnded& p) const {
  if (!run->turn) return;
  self.close_parts(*run);
  const Turn turn = *std::exchange(run->turn, std::nullopt);
  TurnEnded ended = p;
  ended.turn = turn.number;
  if (is_zero(ended.usage)) ended.usage = turn.usage;
  say(std::move(ended), turn.place);
}

// Questions.

const RunContext* TraceCompleter::newest_run() const {
  const Run* newest = nullptr;
  for (const auto& [id, run] : runs_) {
    if (!newest || run.order > newest->order) newest = &run;
  }
  return newest ? newest->context.get() : nullptr;
}

bool TraceCompleter::has_open_request(std::string_view run_id) const {
  const auto run = runs_.find(run_id);
  return run != runs_.end() && run->second.request;
}

bool TraceCompleter::has_open_call(std::string_view run_id, std::string_view call_id) const {
  const auto run = runs_.find(run_id);
  if (run == runs_.end()) return false;
  const Parts& calls = run->second.calls;
  return std::ranges::find(calls, call_id, &Part::id) != calls.end();
}

std::string TraceCompleter::newest_call(std::string_view run_id) const {
  const auto run = runs_.find(run_id);
  if (run == runs_.end() || run->second.calls.empty()) return {};
  return run->second.calls.back().id;
}

Usage TraceCompleter::usage_of(std::string_view run_id) const {
  const auto run = runs_.find(run_id);
  return run == runs_.end() ? Usage() : run->second.usage;
}

std::int64_t TraceCompleter::turns_of(std::string_view run_id) const {
  const auto run = runs_.find(run_id);
  return run == runs_.end() ? 0 : run->second.turns;
}

// Writing.

TraceCompleter::Place TraceCompleter::place_in(const Run& run) const {
  return run.turn ? run.turn->place : run.place;
}

/// A place below the turn or the run, with the spans that the trace says.
TraceCompleter::Place TraceCompleter::fresh_place(const Run& run, const StreamEvent* event) {
  const std::size_t open =
      run.calls.size() + run.approvals.size() + run.subagents.size() + run.tasks.size();
  if (open >= max_open_parts)
    fail_line("more than " + std::to_string(max_open_parts) + " things have no end in the run " +
              run.context->run_id);
  Place place = place_in(run);
  place.parent = place.span;
  place.span = 0;
  if (event && event->span_id() != 0) {
    place.span = event->span_id();
    place.parent = event->parent_span_id();
  }
  if (place.span == 0) place.span = fresh_span();
  return place;
}

SpanId TraceCompleter::fresh_span() {
  do ++last_span_;
  while (spans_.contains(last_span_));
  return last_span_;
}

/// The parent that the span has, or may have: one that is known.
SpanId TraceCompleter::known_parent(SpanId span, SpanId parent, bool may_be_foreign) {
  if (span == 0) return parent;
  if (const auto known = spans_.find(span); known != spans_.end()) return known->second;
  if (parent != 0 && !may_be_foreign && !spans_.contains(parent)) parent = 0;
  spans_.emplace(span, parent);
  return parent;
}

EventId TraceCompleter::id_for(Timestamp time, bool said) {
  if (said && !id_.is_nil()) {
    const EventId id = std::exchange(id_, EventId());
    if (used_ids_.insert(id).second) return id;
  }
  for (;;) {
    const EventId id = ids_.next(time);
    if (used_ids_.insert(id).second) return id;
  }
}

/// How long what ends here took, if the trace does not say such things.
void TraceCompleter::measure(StreamEvent& event, SpanId span) {
  if (durations_said_ == Durations::of_everything || span == 0) return;
  const Timestamp started = started_.try_emplace(span, last_ts_).first->second;
  if (durations_said_ == Durations::of_tools && scope_of(event.type()) == Scope::tool) return;
  const Stage stage = stage_of(event.type());
  if ((stage == Stage::started || stage == Stage::progress) && !event.is<TurnEnded>()) return;
  const StreamEvent ended = event;
  ended.visit([&](const auto& payload) {
    if constexpr (requires { payload.duration_ms; }) {
      auto measured = payload;
      if (measured.duration_ms != 0) return;
      measured.duration_ms =
          std::chrono::duration_cast<std::chrono::milliseconds>(last_ts_ - started).count();
      set_payload(event, std::move(measured));
    }
  });
}

void TraceCompleter::emit(StreamEvent event, std::shared_ptr<const RunContext> context, Place place,
                          bool said) {
  last_ts_ = seq_ == 0 ? now_ : std::max(last_ts_, now_);
  const bool root = event.is<RunStarted>() && context && context->depth == 0;
  const bool no_run = !context || context->run_id.empty();
  place.parent = known_parent(place.span, place.parent, root || no_run);
  event.set_context(std::move(context))
      .set_turn(place.turn)
      .set_span(place.span, place.parent)
      .set_stamp(++seq_, id_for(last_ts_, said), last_ts_);
  measure(event, place.span);
  out_.push_back(std::move(event));
}

// What is open.

/// All but background tasks, which go on when a turn ends.
void TraceCompleter::close_parts(Run& run) {
  fail_request(run);
  while (!run.subagents.empty()) close_subagent(run, Part(run.subagents.back()));
  while (!run.approvals.empty()) close_approval(run, Part(run.approvals.back()));
  while (!run.calls.empty()) close_call(run, Part(run.calls.back()));
}

namespace {

void remove(auto& parts, const std::string& id) {
  std::erase_if(parts, [&](const auto& part) { return part.id == id; });
}

}  // namespace

void TraceCompleter::close_call(Run& run, const Part& call) {
  remove(run.calls, call.id);
  put(run,
      ToolCallCancelled{.tool_name = call.name, .call_id = call.id, .reason = std::string(untold)},
      call.place);
}

void TraceCompleter::close_approval(Run& run, const Part& approval) {
  remove(run.approvals, approval.id);
  put(run,
      ApprovalResolved{.approval_id = approval.id,
                       .call_id = approval.name,
                       .decision = ApprovalDecision::cancelled,
                       .reason = std::string(untold)},
      approval.place);
}

void TraceCompleter::close_subagent(Run& run, const Part& subagent) {
  remove(run.subagents, subagent.id);
  end_child(subagent.id, Outcome::cancelled);
  const auto ended = ended_.find(subagent.id);
  put(run,
      SubagentFinished{
          .agent = subagent.name,
          .child_run_id = subagent.id,
          .outcome = ended == ended_.end() ? Outcome::cancelled : ended->second.outcome,
          .output = std::string(untold)},
      subagent.place);
}

void TraceCompleter::close_task(Run& run, const Part& task) {
  remove(run.tasks, task.id);
  put(run,
      BackgroundTaskCancelled{.task_id = task.id, .name = task.name, .reason = std::string(untold)},
      task.place);
}

// The model.

void TraceCompleter::start_request(Run& run) {
  if (!run.turn) start_turn(run, run.turns + 1);
  Request request;
  request.place = fresh_place(run);
  run.request = request;
  run.asked.clear();
  run.discardable.clear();
  ++run.llm_calls;
  put(run, ModelStarted{.model = run.context->model_id, .iteration = run.turn->number},
      request.place);
}

void TraceCompleter::fail_request(Run& run) {
  if (!run.request) return;
  const Request request = *std::exchange(run.request, std::nullopt);
  if (!request.content.empty()) run.discardable = request.message_id;
  put(run, ModelFailed{.error = std::string(untold), .error_code = ErrorCode::interrupted},
      request.place);
}

void TraceCompleter::complete_request(Run& run) {
  if (!run.request) return;
  StreamEvent event(ModelCompleted{
      .finish_reason = run.request->calls.empty() ? FinishReason::stop : FinishReason::tool_calls});
  event.set_context(run.context);
  Step{*this, event, &run}.finish_request(*event.get_if<ModelCompleted>(), false);
}

}  // namespace strandbus::detail
