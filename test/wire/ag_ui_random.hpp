#pragma once

#include "event/sample.hpp"
#include "wire/event_list.hpp"

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

}  // namespace strandbus::testing
