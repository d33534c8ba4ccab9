// What a bus costs before it is used, and what readers that sleep cost it.

#include "measure/measurement.hpp"
#include "measure/workload.hpp"
#include "strandbus/bus/event_bus.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <malloc.h>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace strandbus::bench {
namespace {

/// Bytes that the program has from the allocator.
double allocated() {
  const struct mallinfo2 info = mallinfo2();
  return double(info.uordblks) + double(info.hblkhd);
}

asio::awaitable<void> read(EventStream stream) {
  while (auto delivery = co_await stream.next()) {
  }
}

/// A bus that has published nothing, with one parked stream.
std::vector<Figure> fresh_bus() {
  constexpr std::size_t count = 1'000;
  asio::io_context io(1);
  std::vector<std::unique_ptr<EventBus>> buses;
  std::vector<EventStream> streams;
  buses.reserve(count);
  streams.reserve(count);
  const double before = allocated();
  for (std::size_t i = 0; i < count; ++i) {
    buses.push_back(std::make_unique<EventBus>(io.get_executor()));
    streams.push_back(buses.back()->stream());
    streams.back().async_wait([](error_code) {});
  }
  io.poll();
  const double bytes = (allocated() - before) / double(count);
  for (const auto& bus : buses) bus->close();
  io.restart();
  io.run();
  return {{"bytes", bytes}};
}

/// Publishes with a thousand readers whose context does not run.
std::vector<Figure> sleeping_readers() {
  asio::io_context io(1);
  EventBus bus(io.get_executor());
  for (int i = 0; i < 1'000; ++i) asio::co_spawn(io, read(bus.stream()), asio::detached);
  io.poll();
  const Publisher publisher = bus.publisher(*context());
  std::uint64_t seq = 0;
  const auto publish = [&](std::uint64_t count) {
    for (const std::uint64_t end = seq + count; seq < end;) {
      if (!publisher.publish(token(++seq))) throw std::runtime_error("an event was refused");
    }
  };
  publish(10'000);  // the history is full then
  const double before = allocated();
  publish(1'000'000);
  const double grown = allocated() - before;
  bus.close();
  io.restart();
  io.run();
  return {{"bytes", grown}};
}

const Measurement measurements[] = {{"P9", "strandbus", fresh_bus},
                                    {"P9", "strandbus, a million events later", sleeping_readers}};

}  // namespace
}  // namespace strandbus::bench

int main(int argc, char** argv) {
  return strandbus::bench::run_measurements(argc, argv, strandbus::bench::measurements);
}
