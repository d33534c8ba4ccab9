// What this machine and plain code take, with nothing of a bus around it.

#include "measure/machine.hpp"

#include "measure/measurement.hpp"
#include "measure/workload.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <linux/futex.h>
#include <memory>
#include <new>
#include <stdexcept>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace strandbus::bench {
namespace {

/// A counter with a cache line of its own.
struct alignas(128) Line {
  std::atomic<std::uint64_t> value{0};
};

void await_value(const Line& line, std::uint64_t value) noexcept {
  BackOff back_off;
  while (line.value.load(std::memory_order_acquire) != value) back_off.wait();
}

/// How long a word takes to another core and back: the median and the worst of short series.
std::vector<Figure> round_trip() {
  constexpr std::uint64_t series = 50;
  constexpr std::uint64_t trips = 2'000;
  Line there;
  Line back;
  pin_to(0);
  std::thread echo([&] {
    pin_to(1);
    for (std::uint64_t trip = 1; trip <= series * trips; ++trip) {
      await_value(there, trip);
      back.value.store(trip, std::memory_order_release);
    }
  });
  std::vector<double> times;
  std::uint64_t trip = 0;
  for (std::uint64_t part = 0; part < series; ++part) {
    const std::int64_t begin = now_ns();
    for (std::uint64_t i = 0; i < trips; ++i) {
      there.value.store(++trip, std::memory_order_release);
      await_value(back, trip);
    }
    times.push_back(double(now_ns() - begin) / double(trips));
  }
  echo.join();
  return percentiles(std::move(times));
}

/// A ring of events that are built in place, and a reader that never sleeps.
std::vector<Figure> polled_ring() {
  constexpr std::uint64_t events = 3'000'000;
  constexpr std::uint64_t capacity = 1024;
  const auto shared_context = context();
  std::vector<StreamEvent> ring(capacity);
  Line written;
  Line read;
  Tally tally;
  pin_to(0);
  const std::int64_t begin = now_ns();
  std::thread reader([&] {
    pin_to(1);
    BackOff back_off;
    for (std::uint64_t seq = 0; seq < events;) {
      const std::uint64_t end = written.value.load(std::memory_order_acquire);
      if (seq == end) back_off.wait();
      for (; seq < end; ++seq) tally.count(ring[seq % capacity]);
      read.value.store(seq, std::memory_order_release);
    }
  });
  BackOff back_off;
  EventIdGenerator ids;
  std::uint64_t free_up_to = capacity;
  for (std::uint64_t seq = 0; seq < events; ++seq) {
    while (seq == free_up_to) {
      free_up_to = read.value.load(std::memory_order_acquire) + capacity;
      if (seq == free_up_to) back_off.wait();
    }
    const Timestamp now =
        std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
    StreamEvent& event = ring[seq % capacity];
    event.set_payload(token(seq + 1));
    event.set_context(shared_context);
    event.set_stamp(seq + 1, ids.next(now), now);
    written.value.store(seq + 1, std::memory_order_release);
  }
  reader.join();
  const std::int64_t end = now_ns();
  tally.require(events);
  return {events_per_second(double(events), double(end - begin))};
}

/// The mean time of one call.
template <class Call>
std::vector<Figure> time_of(std::uint64_t calls, Call call) {
  const std::int64_t begin = now_ns();
  for (std::uint64_t i = 0; i < calls; ++i) call();
  return {{"nanoseconds", double(now_ns() - begin) / double(calls)}};
}

std::vector<Figure> allocation() {
  return time_of(20'000'000, [] {
    void* memory = ::operator new(200);
    keep(memory);
    ::operator delete(memory);
  });
}

std::vector<Figure> clock_read() {
  return time_of(10'000'000, [] { keep(clock_ns(CLOCK_REALTIME)); });
}

asio::awaitable<std::uint64_t> ready(std::uint64_t value) { co_return value; }

asio::awaitable<void> await_ready_ones(std::vector<Figure>& figures) {
  constexpr std::uint64_t calls = 10'000'000;
  std::uint64_t sum = 0;
  const std::int64_t begin = now_ns();
  for (std::uint64_t i = 0; i < calls; ++i) sum += co_await ready(1);
  figures.push_back({"nanoseconds", double(now_ns() - begin) / double(sum)});
}

/// What co_await of a coroutine costs that does not wait for anything.
std::vector<Figure> ready_awaitable() {
  asio::io_context io(1);
  std::vector<Figure> figures;
  asio::co_spawn(io, await_ready_ones(figures), asio::detached);
  io.run();
  return figures;
}

void futex(std::atomic<std::uint32_t>& word, int operation, std::uint32_t value) noexcept {
  keep(syscall(SYS_futex, &word, operation | FUTEX_PRIVATE_FLAG, value, nullptr, nullptr, 0));
}

/// How long a thread that sleeps in the kernel takes to run again.
std::vector<Figure> futex_wake() {
  constexpr std::uint32_t wakes = 3'000;
  std::atomic<std::uint32_t> word{0};
  std::atomic<std::int64_t> woken_at{0};
  std::vector<double> latencies;
  latencies.reserve(wakes);
  pin_to(0);
  std::thread sleeper([&] {
    pin_to(1);
    for (std::uint32_t seen = 0; seen < wakes;) {
      while (word.load() == seen) futex(word, FUTEX_WAIT, seen);
      latencies.push_back(double(now_ns() - woken_at.load()));
      seen = word.load();
    }
  });
  for (std::uint32_t i = 0; i < wakes; ++i) {
    spin_for(200'000);
    woken_at.store(now_ns());
    word.fetch_add(1);
    futex(word, FUTEX_WAKE, 1);
  }
  sleeper.join();
  return percentiles(std::move(latencies));
}

constexpr std::string_view scenario = "machine";

const Measurement measurements[] = {
    {scenario, "core-to-core round trip", round_trip},
    {scenario, "plain ring, polled", polled_ring},
    {scenario, "heap allocation of 200 bytes", allocation},
    {scenario, "clock read", clock_read},
    {scenario, "asio::awaitable that is ready", ready_awaitable},
    {scenario, "futex wake", futex_wake},
};

}  // namespace
}  // namespace strandbus::bench

int main(int argc, char** argv) {
  return strandbus::bench::run_measurements(argc, argv, strandbus::bench::measurements);
}
