// What publishing costs when nobody listens, beside the event's making alone.

#include "measure/machine.hpp"
#include "measure/measurement.hpp"
#include "measure/workload.hpp"
#include "strandbus/bus/event_bus.hpp"

#include <boost/asio/io_context.hpp>

#include <atomic>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <string>

namespace {

std::atomic<std::uint64_t> allocations{0};

void* allocate(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace strandbus::bench {
namespace {

constexpr std::uint64_t events = 2'000'000;

/// Building an event, with an id and the clock's time, and dropping it.
std::vector<Figure> build() {
  EventIdGenerator ids;
  const auto shared_context = context();
  const std::int64_t begin = now_ns();
  for (std::uint64_t seq = 1; seq <= events; ++seq) {
    StreamEvent event(token(seq), shared_context);
    const Timestamp now =
        std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
    event.set_stamp(seq, ids.next(now), now);
    keep(event);
  }
  return {events_per_second(double(events), double(now_ns() - begin))};
}

std::vector<Figure> publish_to(const Publisher& publisher) {
  std::uint64_t refused = 0;
  const auto publish_one = [&](std::uint64_t seq) {
    if (!publisher.publish(token(seq))) ++refused;
  };
  for (std::uint64_t seq = 1; seq <= 10'000; ++seq) publish_one(seq);  // the history is full then
  const std::uint64_t allocated = allocations.load();
  const std::int64_t begin = now_ns();
  for (std::uint64_t seq = 1; seq <= events; ++seq) publish_one(seq);
  const std::int64_t end = now_ns();
  if (allocations.load() != allocated) {
    throw std::runtime_error("publishing allocated " +
                             std::to_string(allocations.load() - allocated) +
                             " times in the steady state");
  }
  if (refused != 0) throw std::runtime_error(std::to_string(refused) + " events were refused");
  return {events_per_second(double(events), double(end - begin))};
}

std::vector<Figure> publish() {
  asio::io_context io;
  EventBus bus(io.get_executor());
  return publish_to(bus.publisher(*context()));
}

std::vector<Figure> publish_redacted() {
  asio::io_context io;
  EventBus bus(io.get_executor());
  return publish_to(bus.publisher(*context()).redacted(Redactor()));
}

const Measurement measurements[] = {{"P8", "strandbus", publish},
                                    {"P8", "strandbus, redacted", publish_redacted},
                                    {"P8", "building the event", build}};

}  // namespace
}  // namespace strandbus::bench

int main(int argc, char** argv) {
  return strandbus::bench::run_measurements(argc, argv, strandbus::bench::measurements);
}
