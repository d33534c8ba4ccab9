#include "strandbus/agent/workflow.hpp"
#include "strandbus/agent/workflow_checkpoint.hpp"
#include "strandbus/event/workflow_payloads.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace strandbus {
namespace {

/// Whether something stands for a secret in it.
bool is_redacted(const json::value& value) {
  std::string text;
  append_json(text, value);
  return text.find("[redacted-") != std::string::npos;
}

/// A workflow of the session, whatever it is inside of.
struct KnownWorkflow {
  std::string name{};
  std::string parent_id{};
  std::int64_t parent_step{};
  json::value input{};
  std::map<std::int64_t, WorkflowStepOutput> finished{};
  std::vector<std::int64_t> order{};
};

}  // namespace

struct WorkflowHistory::State {
  struct StepPlace {
    std::string workflow_id{};
    std::int64_t step{};
  };

  std::map<std::string, KnownWorkflow> workflows{};
  std::vector<std::string> begun{};  ///< their ids, in the order in which they began
  std::map<SpanId, StepPlace> open_steps{};
  std::string root{};
  std::optional<Outcome> outcome{};

  WorkflowCheckpoint checkpoint_of(const std::string& id, std::size_t depth = 1) const {
    const KnownWorkflow& known = workflows.at(id);
    WorkflowCheckpoint checkpoint;
    checkpoint.workflow = known.name;
    checkpoint.workflow_id = id;
    checkpoint.input = known.input;
    checkpoint.parent_step = known.parent_step;
    for (const std::int64_t step : known.order) checkpoint.steps.push_back(known.finished.at(step));
    if (depth == max_workflow_depth) return checkpoint;
    for (const std::string& inner_id : begun) {
      const KnownWorkflow& inner = workflows.at(inner_id);
      if (inner.parent_id == id && !known.finished.contains(inner.parent_step))
        checkpoint.nested.push_back(checkpoint_of(inner_id, depth + 1));
    }
    return checkpoint;
  }

  struct Visitor {
    State& state;
    const StreamEvent& event;

    template <class Payload>
    void operator()(const Payload&) const {}

    void operator()(const WorkflowStarted& p) const {
      const RunContext& context = event.context();
      if (context.workflow_id.empty() ||
          (context.workflow_id == state.root && !context.parent_workflow_id.empty()))
        return;  // of no workflow of ours
      const auto [place, is_new] = state.workflows.try_emplace(context.workflow_id);
      if (is_new) state.begun.push_back(context.workflow_id);
      KnownWorkflow& known = place->second;
      known.name = p.workflow;
      known.input = p.input;
      known.parent_id = context.parent_workflow_id;
      if (known.parent_id.empty()) {
        state.begin(context.workflow_id);
      } else if (const auto step = state.open_steps.find(event.parent_span_id());
                 step != state.open_steps.end()) {
        known.parent_step = step->second.step;
      }
    }
    void operator()(const WorkflowCompleted&) const { end(Outcome::completed); }
    void operator()(const WorkflowFailed&) const { end(Outcome::failed); }
    void operator()(const WorkflowCancelled&) const { end(Outcome::cancelled); }

    void end(Outcome how) const {
      if (event.context().workflow_id == state.root) state.outcome = how;
    }

    void operator()(const WorkflowStepStarted& p) const {
      state.open_steps[event.span_id()] = {event.context().workflow_id, p.step};
    }
    void operator()(const WorkflowStepCompleted& p) const {
      state.open_steps.erase(event.span_id());
      const auto known = state.workflows.find(event.context().workflow_id);
      if (known == state.workflows.end() || is_redacted(p.output)) return;
      const auto [place, is_new] = known->second.finished.insert_or_assign(
          p.step, WorkflowStepOutput{.step = p.step, .name = p.step_name, .output = p.output});
      if (is_new) known->second.order.push_back(p.step);
    }
    void operator()(const WorkflowStepFailed&) const { state.open_steps.erase(event.span_id()); }
    void operator()(const WorkflowStepCancelled&) const { state.open_steps.erase(event.span_id()); }
  };

  /// A workflow that is inside no other begins: those before it do not count any more.
  void begin(const std::string& id) {
    outcome.reset();
    open_steps.clear();
    if (std::exchange(root, id) == id) return;
    auto kept = workflows.extract(id);
    workflows.clear();
    workflows.insert(std::move(kept));
    begun = {id};
  }
};

WorkflowHistory::WorkflowHistory() : state_(std::make_unique<State>()) {}
WorkflowHistory::WorkflowHistory(WorkflowHistory&&) noexcept = default;
WorkflowHistory& WorkflowHistory::operator=(WorkflowHistory&&) noexcept = default;
WorkflowHistory::~WorkflowHistory() = default;

void WorkflowHistory::add(const StreamEvent& event) { event.visit(State::Visitor{*state_, event}); }

std::optional<WorkflowCheckpoint> WorkflowHistory::checkpoint() const {
  if (state_->root.empty()) return std::nullopt;
  return state_->checkpoint_of(state_->root);
}

std::optional<Outcome> WorkflowHistory::outcome() const { return state_->outcome; }

bool WorkflowHistory::input_is_redacted() const {
  const auto root = state_->workflows.find(state_->root);
  return root != state_->workflows.end() && is_redacted(root->second.input);
}

}  // namespace strandbus
