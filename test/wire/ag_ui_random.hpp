#pragma once

#include "event/sample.hpp"
#include "wire/ag_ui_runs.hpp"
#include "wire/event_list.hpp"

#include <iterator>
#include <random>
#include <utility>

namespace strandbus::testing {

/// Events of all types in any order, of a run and of two runs below it, with ids that meet.
inline EventList random_events(std::mt19937_64& random, int count) {
  NamedValues values;
  const auto types = all_event_types();
  const auto pick = [&](std::size_t size) { return static_cast<std::size_t>(random() % size); };
  EventList list;
  list.add(RunStarted{});
  for (int i = 0; i < count; ++i) {
    const std::size_t whose = pick(4);
    list.in(whose == 0   ? EventList::nested_context("child_run_id", "agent")
            : whose == 1 ? EventList::nested_context("other", "agent")
                         : EventList::run_context());
    // The run itself does not end: nothing would come after it.
    const StreamEvent event = make_sample(types[pick(types.size())], values);
    if (whose >= 2 && (event.is_terminal() || event.is<RunStarted>())) continue;
    event.visit([&](const auto& payload) { list.add(payload); });
  }
  return list;
}

/// The same of a workflow with another one inside, runs of their steps and one below such a run.
inline EventList random_workflow_events(std::mt19937_64& random, int count) {
  NamedValues values;
  const auto types = all_event_types();
  const auto pick = [&](std::size_t size) { return static_cast<std::size_t>(random() % size); };
  const RunContext outer = workflow_context();
  const RunContext inner = workflow_context("inner", "release");
  const RunContext contexts[] = {EventList::nested_context("child_run_id", "agent"),
                                 step_context("a"), step_context("b", inner), inner, outer};
  EventList list(outer);
  list.add(WorkflowStarted{.workflow = "workflow"});
  for (int i = 0; i < count; ++i) {
    const std::size_t whose = pick(std::size(contexts));
    const StreamEvent event = make_sample(types[pick(types.size())], values);
    // Events of a workflow belong to no run, all others to one; the workflow itself does not end.
    const bool speaks_of_workflow =
        scope_of(event.type()) == Scope::workflow || scope_of(event.type()) == Scope::workflow_step;
    if (speaks_of_workflow != (whose >= 3)) continue;
    if (whose == 4 && scope_of(event.type()) == Scope::workflow &&
        event.type() != EventType::workflow_progress)
      continue;
    list.in(contexts[whose]);
    event.visit([&](const auto& payload) { list.add(payload); });
  }
  return list;
}

}  // namespace strandbus::testing
