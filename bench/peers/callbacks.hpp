#pragma once

#include "measure/machine.hpp"
#include "measure/measurement.hpp"
#include "measure/workload.hpp"

#include <memory>
#include <vector>

namespace strandbus::bench {

using EventPointer = std::shared_ptr<const StreamEvent>;

/// How many events a second get to callbacks that are added with `add` and called by `publish`, a
/// new event for each publish.
template <class Add, class Publish>
std::vector<Figure> measure_callbacks(std::size_t callbacks, std::uint64_t events, Add add,
                                      Publish publish) {
  std::vector<Tally> tallies(callbacks);
  for (Tally& tally : tallies) add([&tally](const EventPointer& event) { tally.count(*event); });
  EventSource source;
  const std::int64_t begin = now_ns();
  for (std::uint64_t seq = 1; seq <= events; ++seq) publish(source.next());
  const std::int64_t end = now_ns();
  for (const Tally& tally : tallies) tally.require(events);
  return {events_per_second(double(events), double(end - begin))};
}

}  // namespace strandbus::bench
