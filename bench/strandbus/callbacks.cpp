// Callbacks in the publishing thread.

#include "measure/machine.hpp"
#include "measure/measurement.hpp"
#include "measure/workload.hpp"
#include "strandbus/bus/event_bus.hpp"

#include <boost/asio/io_context.hpp>

#include <vector>

namespace strandbus::bench {
namespace {

struct Callbacks {
  std::size_t callbacks;
  std::uint64_t events;

  std::vector<Figure> operator()() const {
    asio::io_context io;
    EventBus bus(io.get_executor());
    std::vector<Tally> tallies(callbacks);
    std::vector<Subscription> subscriptions;
    for (Tally& tally : tallies) {
      subscriptions.push_back(
          bus.subscribe([&tally](const StreamEvent& event) { tally.count(event); }));
    }
    const Publisher publisher = bus.publisher(*context());
    const std::int64_t begin = now_ns();
    for (std::uint64_t seq = 1; seq <= events; ++seq) keep(publisher.publish(token(seq)));
    const std::int64_t end = now_ns();
    for (const Tally& tally : tallies) tally.require(events);
    return {events_per_second(double(events), double(end - begin))};
  }
};

const Measurement measurements[] = {
    {"P6.1", "strandbus", Callbacks{1, 2'000'000}},
    {"P6.4", "strandbus", Callbacks{4, 2'000'000}},
    {"P6.16", "strandbus", Callbacks{16, 1'000'000}},
};

}  // namespace
}  // namespace strandbus::bench

int main(int argc, char** argv) {
  return strandbus::bench::run_measurements(argc, argv, strandbus::bench::measurements);
}
