// How long a sleeping reader's thread takes to see an event.

#include "measure/wake_up.hpp"
#include "strandbus/bus/event_bus.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <vector>

namespace strandbus::bench {
namespace {

asio::awaitable<void> read(EventStream stream, WakeUp& wake_up) {
  while (auto delivery = co_await stream.next()) wake_up.note(delivery->event());
}

std::vector<Figure> measure() {
  asio::io_context io(1);
  EventBus bus(io.get_executor());
  WakeUp wake_up;
  asio::co_spawn(io, read(bus.stream(), wake_up), asio::detached);
  const Publisher publisher = bus.publisher(*context());
  return wake_up.measure(
      io, [&](std::uint64_t seq) { keep(publisher.publish(token(seq))); }, [&] { bus.close(); });
}

const Measurement measurements[] = {{"P7", "strandbus next", measure}};

}  // namespace
}  // namespace strandbus::bench

int main(int argc, char** argv) {
  return strandbus::bench::run_measurements(argc, argv, strandbus::bench::measurements);
}
