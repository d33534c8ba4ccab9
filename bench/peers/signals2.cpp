// Boost.Signals2 as it comes: thread-safe, slots in a list.

#include "measure/machine.hpp"
#include "measure/measurement.hpp"
#include "measure/workload.hpp"

#include <boost/signals2/signal.hpp>

#include <vector>

namespace strandbus::bench {
namespace {

using EventPointer = std::shared_ptr<const StreamEvent>;

struct Publish {
  std::size_t callbacks;
  std::uint64_t events;

  std::vector<Figure> operator()() const {
    boost::signals2::signal<void(const EventPointer&)> signal;
    std::vector<Tally> tallies(callbacks);
    for (Tally& tally : tallies)
      signal.connect([&tally](const EventPointer& event) { tally.count(*event); });
    EventSource source;
    const std::int64_t begin = now_ns();
    for (std::uint64_t seq = 1; seq <= events; ++seq) signal(source.next());
    const std::int64_t end = now_ns();
    for (const Tally& tally : tallies) tally.require(events);
    return {events_per_second(double(events), double(end - begin))};
  }
};

constexpr std::string_view name = "Boost.Signals2";

const Measurement measurements[] = {
    {"P6.1", name, Publish{1, 2'000'000}},
    {"P6.4", name, Publish{4, 1'500'000}},
    {"P6.16", name, Publish{16, 700'000}},
};

}  // namespace
}  // namespace strandbus::bench

int main(int argc, char** argv) {
  return strandbus::bench::run_measurements(argc, argv, strandbus::bench::measurements);
}
