// How long a sleeping reader's thread takes to see an event, and what that costs the publisher.

#include "measure/machine.hpp"
#include "measure/measurement.hpp"
#include "measure/workload.hpp"
#include "strandbus/bus/event_bus.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <thread>
#include <vector>

namespace strandbus::bench {
namespace {

constexpr std::int64_t pause_ns = 200'000;  // long enough to fall asleep
constexpr std::uint64_t events = 3'000;

asio::awaitable<void> read(EventStream stream, Tally& tally, std::vector<double>& latencies) {
  while (auto delivery = co_await stream.next()) {
    const std::int64_t now = clock_ns(CLOCK_REALTIME);
    latencies.push_back(double(now - delivery->event().ts().time_since_epoch().count()));
    tally.count(delivery->event());
  }
}

std::vector<Figure> wake_up() {
  asio::io_context io(1);
  EventBus bus(io.get_executor());
  Tally tally;
  std::vector<double> latencies;
  latencies.reserve(events);
  asio::co_spawn(io, read(bus.stream(), tally, latencies), asio::detached);
  const Publisher publisher = bus.publisher(*context());
  pin_to(0);
  std::thread reader([&] {
    pin_to(1);
    io.run();
  });
  for (std::uint64_t seq = 1; seq <= events; ++seq) {
    spin_for(pause_ns);
    keep(publisher.publish(token(seq)));
  }
  bus.close();
  reader.join();
  tally.require(events);
  return percentiles(std::move(latencies));
}

const Measurement measurements[] = {{"P7", "strandbus next", wake_up}};

}  // namespace
}  // namespace strandbus::bench

int main(int argc, char** argv) {
  return strandbus::bench::run_measurements(argc, argv, strandbus::bench::measurements);
}
