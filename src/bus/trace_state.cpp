#include "trace_state.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::string_view workflow_part = "workflow";
constexpr std::string_view step_part = "workflow step";
constexpr std::string_view task_part = "background task";

std::string workflow_id(const StreamEvent& event, const std::string& workflow) {
  const std::string& id = event.context().workflow_id;
  return id.empty() ? workflow : workflow + " (" + id + ")";
}

/// People count steps from 1, as everything else.
template <class Step>
std::string step_id(const StreamEvent& event, const Step& step) {
  return std::to_string(static_cast<std::uint64_t>(step.step) + 1) + " of " +
         workflow_id(event, step.workflow);
}

template <class T>
concept PartOfRun = requires(TraceRun& run, const T& payload, const StreamEvent& event,
                             TraceFindings& findings) {
  run(payload, event, findings);
};

/// Pieces of an answer and of a tool belong to a run; without one they are nowhere.
template <class T>
constexpr bool needs_run =
    PartOfRun<T> && !std::is_same_v<T, UsageUpdate> && !std::is_same_v<T, MessageCommitted> &&
    !std::is_same_v<T, AssistantMessage>;

}  // namespace

bool TraceIds::insert(const EventId& id) {
  if (growing_.empty() || growing_.back() < id) {
    growing_.push_back(id);
    return true;
  }
  if (std::ranges::binary_search(growing_, id)) return false;
  return others_.emplace(id, true).second;
}

/// What one event means for what is open.
struct TraceState::Visitor {
  TraceState& state;
  const StreamEvent& event;
  TraceRun* run;  // null when the event belongs to none

  TraceFindings& findings() const { return state.findings_; }

  template <class T>
  void operator()(const T& p) const {
    if constexpr (PartOfRun<T>) {
      if (run) {
        (*run)(p, event, findings());
      } else if (event.run_id().empty() && needs_run<T>) {
        findings().add(TraceRule::place, "it belongs to no run", "a run_id");
      }
    }
    if constexpr (std::is_same_v<T, SubagentFinished>)
      state.expect_child(p.child_run_id, p.outcome);
  }

  void operator()(const SessionRestored&) const { state.interrupt_runs(event); }

  void operator()(const WorkflowStarted& p) const {
    const std::string& parent = event.context().parent_workflow_id;
    if (!parent.empty() && !state.workflows_.contains(parent)) {
      findings().add(TraceRule::parent, "the parent_workflow_id " + parent + " is unknown",
                     "workflow_started of the parent before this");
    }
    state.workflows_.insert(event.context().workflow_id);
    state.work_.start(workflow_part, workflow_id(event, p.workflow), "", event, findings());
  }
  void operator()(const WorkflowCompleted& p) const { end_workflow(p.workflow); }
  void operator()(const WorkflowFailed& p) const { end_workflow(p.workflow); }
  void operator()(const WorkflowCancelled& p) const { end_workflow(p.workflow); }

  void end_workflow(const std::string& workflow) const {
    const std::string id = workflow_id(event, workflow);
    for (const TraceParts::Part& part : state.work_.list()) {
      if (part.kind != step_part || !part.id.ends_with(" of " + id)) continue;
      findings().add(TraceRule::pairing,
                     "the workflow " + id + " ends while its step " + part.id + " is open",
                     "the end of the step before this");
    }
    state.work_.end(workflow_part, id, "", event, findings());
  }

  void operator()(const WorkflowStepStarted& p) const {
    if (!state.work_.find(workflow_part, workflow_id(event, p.workflow))) {
      findings().add(
          TraceRule::place,
          "a step of the workflow " + workflow_id(event, p.workflow) + ", which is not open",
          "it between the start and the end of its workflow");
    }
    state.work_.start(step_part, step_id(event, p), p.step_name, event, findings());
  }
  void operator()(const WorkflowStepCompleted& p) const { end_step(p); }
  void operator()(const WorkflowStepFailed& p) const { end_step(p); }
  void operator()(const WorkflowStepCancelled& p) const { end_step(p); }

  template <class Step>
  void end_step(const Step& p) const {
    state.work_.end(step_part, step_id(event, p), p.step_name, event, findings());
  }

  void operator()(const BackgroundTaskStarted& p) const {
    state.work_.start(task_part, p.task_id, p.name, event, findings());
    state.tasks_[p.task_id] = event.run_id();
  }
  void operator()(const BackgroundTaskFinished& p) const {
    end_task(p);
    if (const auto outcome = to_outcome(p.outcome)) state.expect_child(p.child_run_id, *outcome);
  }
  void operator()(const BackgroundTaskCancelled& p) const { end_task(p); }

  template <class End>
  void end_task(const End& p) const {
    state.work_.end(task_part, p.task_id, p.name, event, findings());
    state.tasks_.erase(p.task_id);
  }

  void operator()(const ExecutionSummary& p) const {
    for (const AgentSummary& agent : p.agents) {
      if (agent.run_id != event.run_id()) state.expect_child(agent.run_id, agent.outcome);
    }
  }
};

void TraceState::add(const StreamEvent& event, std::size_t line) {
  ++events_;
  findings_.at(event, line);
  check_seq(event);
  check_stamp(event);
  check_session(event);
  if (event.is<RunStarted>()) start_run(event);
  TraceRun* const run = run_of(event);
  check_span(event);
  event.visit(Visitor{*this, event, run});
  if (!event.is_terminal()) return;
  expect_tasks_over(event.run_id());
  if (run) end_run(event);
}

void TraceState::check_seq(const StreamEvent& event) {
  const std::uint64_t expected = last_seq_ + 1;
  if (event.seq() == expected) {
    last_seq_ = expected;
    return;
  }
  std::string problem = "the seq does not grow";
  if (event.seq() == expected + 1) {
    problem = "the event before it is missing";
  } else if (event.seq() > expected) {
    problem = "the " + std::to_string(event.seq() - expected) + " events before it are missing";
  }
  findings_.add(TraceRule::seq, std::move(problem), "seq " + std::to_string(expected));
  last_seq_ = std::max(last_seq_, event.seq());
  for (const auto& [id, run] : runs_) run->forget_sums();
}

void TraceState::check_stamp(const StreamEvent& event) {
  if (event.ts() < last_ts_) {
    findings_.add(TraceRule::time, "the time goes back to " + to_rfc3339(event.ts()),
                  to_rfc3339(last_ts_) + " or later");
  }
  last_ts_ = std::max(last_ts_, event.ts());
  if (!ids_.insert(event.id())) {
    findings_.add(TraceRule::id, "another event has its id " + to_string(event.id()),
                  "an id of its own for each event");
  }
}

void TraceState::check_session(const StreamEvent& event) {
  const std::string& id = event.session_id();
  if (event.seq() < own_from_seq_) origins_.insert(id);
  if (origins_.count(id) > 0) return;
  if (session_id_.empty()) session_id_ = id;
  if (id.empty() || id == session_id_) return;
  findings_.add(TraceRule::session, "it belongs to the session " + id,
                "the session " + session_id_ + ", for one bus serves one session");
}

void TraceState::check_span(const StreamEvent& event) {
  const SpanId parent = event.parent_span_id();
  if (event.span_id() == 0) return;
  const auto [known, is_new] = spans_.try_emplace(event.span_id(), parent);
  if (!is_new) {
    if (known->second == parent) return;
    findings_.add(TraceRule::span,
                  "span " + span_text(event.span_id()) + " has the parent " + span_text(parent),
                  "its parent " + span_text(known->second) + ", which it had before");
    return;
  }
  // What begins a root run, and what is no part of a run, may belong to a span of the application.
  const bool may_be_foreign =
      event.run_id().empty() || (event.is<RunStarted>() && event.context().depth == 0);
  if (parent == 0 || may_be_foreign || spans_.contains(parent)) return;
  findings_.add(TraceRule::parent, "the parent span " + span_text(parent) + " is unknown",
                "a span that an earlier event has begun");
}

/// The run of an event that is open. An unknown one is taken to be open from now on.
TraceRun* TraceState::run_of(const StreamEvent& event) {
  if (event.run_id().empty()) return nullptr;
  if (const auto open = runs_.find(event.run_id()); open != runs_.end()) {
    open->second->check_context(event, findings_);
    return open->second.get();
  }
  if (const auto ended = ended_.find(event.run_id()); ended != ended_.end()) {
    if (!event.is<RunStarted>()) {
      findings_.add(
          TraceRule::run, "it comes after the end of its run",
          "nothing after seq " + std::to_string(ended->second.seq) + ", where the run has ended");
    }
    return nullptr;
  }
  findings_.add(TraceRule::run, "its run has not started", "run_started first");
  auto& run = runs_[event.run_id()];
  run = std::make_unique<TraceRun>(event);
  return run.get();
}

void TraceState::start_run(const StreamEvent& event) {
  ++runs_started_;
  if (event.run_id().empty()) {
    findings_.add(TraceRule::run, "a run starts without a run_id", "a run_id");
    return;
  }
  if (ended_.contains(event.run_id()) || runs_.contains(event.run_id())) {
    findings_.add(TraceRule::run, "the run starts a second time",
                  "one run_started for each run_id, before everything else of the run");
    return;
  }
  check_parent_run(event);
  runs_.emplace(event.run_id(), std::make_unique<TraceRun>(event));
}

void TraceState::check_parent_run(const StreamEvent& event) {
  const RunContext& context = event.context();
  std::int32_t depth = 0;
  if (!context.parent_run_id.empty()) {
    const auto open = runs_.find(context.parent_run_id);
    const auto ended = ended_.find(context.parent_run_id);
    if (open == runs_.end() && ended == ended_.end()) {
      findings_.add(TraceRule::parent, "the parent run " + context.parent_run_id + " is unknown",
                    "run_started of the parent before this");
      return;
    }
    depth = 1 + (open != runs_.end() ? open->second->depth() : ended->second.depth);
  }
  if (context.depth == depth) return;
  findings_.add(TraceRule::parent, "the depth is " + std::to_string(context.depth),
                std::to_string(depth) + (depth == 0 ? ", for the run has no parent"
                                                    : ", one more than that of the parent run"));
}

void TraceState::end_run(const StreamEvent& event) {
  const Outcome outcome = event.is<RunCompleted>()   ? Outcome::completed
                          : event.is<RunCancelled>() ? Outcome::cancelled
                                                     : Outcome::failed;
  ended_[event.run_id()] = {event.seq(), event.context().depth, outcome};
  runs_.erase(event.run_id());
}

/// The process that ran them is gone.
void TraceState::interrupt_runs(const StreamEvent& event) {
  for (const auto& [id, run] : runs_) ended_[id] = {event.seq(), run->depth(), Outcome::failed};
  runs_.clear();
}

/// A nested run must have ended, in this way, before whoever has started it says so.
void TraceState::expect_child(const std::string& run_id, Outcome outcome) {
  if (runs_.contains(run_id)) {
    findings_.add(TraceRule::pairing, "the run " + run_id + " is said to be over and is open",
                  "its terminal event before this");
    return;
  }
  const auto ended = ended_.find(run_id);
  if (ended == ended_.end() || ended->second.outcome == outcome) return;
  findings_.add(TraceRule::pairing,
                "the run " + run_id + " is said to be " + std::string(wire_name(outcome)),
                std::string(wire_name(ended->second.outcome)) + ", as it ended at seq " +
                    std::to_string(ended->second.seq));
}

/// What a run has started in the background is over, or goes on without it, when the run ends.
void TraceState::expect_tasks_over(const std::string& run_id) {
  for (auto task = tasks_.begin(); task != tasks_.end();) {
    if (task->second != run_id) {
      ++task;
      continue;
    }
    findings_.add(TraceRule::pairing,
                  "the run ends while its " + part_name(task_part, task->first) + " is open",
                  "the end of the task before this, or its outcome detached");
    task = tasks_.erase(task);
  }
}

std::vector<TraceOpenRun> TraceState::open_runs() const {
  std::vector<TraceOpenRun> open;
  for (const auto& [id, run] : runs_)
    open.push_back({.run_id = id, .since_seq = run->first_seq(), .inside = run->parts().names()});
  std::ranges::sort(open, {}, &TraceOpenRun::since_seq);
  return open;
}

}  // namespace strandbus::detail
