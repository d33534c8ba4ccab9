// Streams: how many events a second get from publishers to readers, and what filters save.

#include "measure/machine.hpp"
#include "measure/measurement.hpp"
#include "measure/workload.hpp"
#include "strandbus/bus/event_bus.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <memory>
#include <thread>
#include <vector>

namespace strandbus::bench {
namespace {

constexpr std::size_t capacity = 1024;  // of every contender that has one

enum class Reading : bool { next, batch };

BusOptions bus_options() {
  return {.history = capacity, .backlog_soft = capacity, .backlog_hard = capacity};
}

StreamOptions lossless(Filter filter = {}) {
  StreamOptions options;
  options.overflow = Overflow::block;
  options.filter = std::move(filter);
  return options;
}

template <class Count>
asio::awaitable<void> read_next(EventStream stream, Count count) {
  while (auto delivery = co_await stream.next()) count(delivery->event());
}

template <class Count>
asio::awaitable<void> read_batches(EventStream stream, Count count) {
  while (!stream.error()) {
    const Batch batch = stream.try_batch();
    for (const StreamEvent& event : batch) count(event);
    if (batch.empty()) co_await stream.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

template <class Count>
void start_reader(const asio::any_io_executor& executor, EventStream stream, Reading reading,
                  Count count) {
  if (reading == Reading::next) {
    asio::co_spawn(executor, read_next(std::move(stream), count), asio::detached);
  } else {
    asio::co_spawn(executor, read_batches(std::move(stream), count), asio::detached);
  }
}

/// One for each tally, on the executor of the bus.
void start_readers(EventBus& bus, Reading reading, std::vector<Tally>& tallies) {
  for (Tally& tally : tallies) {
    start_reader(bus.get_executor(), bus.stream(lossless()), reading,
                 [&tally](const StreamEvent& event) { tally.count(event); });
  }
}

void publish_all(const Publisher& publisher, std::uint64_t events) {
  BackOff back_off;
  for (std::uint64_t seq = 1; seq <= events; ++seq) {
    while (!publisher.publish(token(seq))) back_off.wait();
  }
}

/// One publisher, and readers that share one other thread.
struct TwoThreads {
  std::size_t readers;
  std::uint64_t events;
  Reading reading;
  Pinned pinned = Pinned::no;

  std::vector<Figure> operator()() const {
    asio::io_context io(1);
    EventBus bus(io.get_executor(), bus_options());
    std::vector<Tally> tallies(readers);
    start_readers(bus, reading, tallies);
    const Publisher publisher = bus.publisher(*context());
    if (pinned == Pinned::yes) pin_to(0);
    const std::int64_t begin = now_ns();
    std::thread reader([&] {
      if (pinned == Pinned::yes) pin_to(1);
      io.run();
    });
    publish_all(publisher, events);
    bus.close();
    reader.join();
    const std::int64_t end = now_ns();
    for (const Tally& tally : tallies) tally.require(events);
    return {events_per_second(double(events), double(end - begin))};
  }
};

/// A publisher and a reader that are coroutines on a pool of two threads.
struct OnPool {
  std::uint64_t events;
  Reading reading;

  std::vector<Figure> operator()() const {
    asio::thread_pool pool(2);
    EventBus bus(pool.get_executor(), bus_options());
    Tally tally;
    start_reader(pool.get_executor(), bus.stream(lossless()), reading,
                 [&tally](const StreamEvent& event) { tally.count(event); });
    const std::int64_t begin = now_ns();
    asio::co_spawn(pool, publish(bus, events), asio::detached);
    pool.join();
    const std::int64_t end = now_ns();
    tally.require(events);
    return {events_per_second(double(events), double(end - begin))};
  }

  static asio::awaitable<void> publish(EventBus& bus, std::uint64_t events) {
    const Publisher publisher = bus.publisher(*context());
    for (std::uint64_t seq = 1; seq <= events; ++seq) {
      while (!publisher.publish(token(seq))) co_await bus.async_writable(asio::use_awaitable);
    }
    bus.close();
  }
};

enum class Yield : bool { when_full, after_each };

/// The publisher and the readers are coroutines on one thread.
struct OneThread {
  std::size_t readers;
  std::uint64_t events;
  Reading reading;
  Yield yield;

  std::vector<Figure> operator()() const {
    asio::io_context io(1);
    EventBus bus(io.get_executor(), bus_options());
    std::vector<Tally> tallies(readers);
    start_readers(bus, reading, tallies);
    asio::co_spawn(io, publish(bus, events, yield), asio::detached);
    const std::int64_t begin = now_ns();
    io.run();
    const std::int64_t end = now_ns();
    for (const Tally& tally : tallies) tally.require(events);
    return {events_per_second(double(events), double(end - begin))};
  }

  static asio::awaitable<void> publish(EventBus& bus, std::uint64_t events, Yield yield) {
    const Publisher publisher = bus.publisher(*context());
    for (std::uint64_t seq = 1; seq <= events; ++seq) {
      while (!publisher.publish(token(seq))) co_await asio::post(asio::use_awaitable);
      if (yield == Yield::after_each) co_await asio::post(asio::use_awaitable);
    }
    bus.close();
  }
};

/// Two publishers on two threads, and one reader on a third.
struct TwoPublishers {
  std::uint64_t events;  ///< of each publisher
  Reading reading;

  std::vector<Figure> operator()() const {
    asio::io_context io(1);
    EventBus bus(io.get_executor(), bus_options());
    std::array<Tally, 2> tallies;  // by publisher
    std::uint64_t seq = 0;
    std::uint64_t disorder = 0;
    const auto count = [&](const StreamEvent& event) {
      if (event.seq() != ++seq) ++disorder;
      Tally& tally = tallies.at(std::size_t(event.turn() - 1));
      StreamEvent own = event;
      own.set_stamp(tally.events() + 1, event.id(), event.ts());
      if (event.get_if<TokenDelta>()->text.size() != text_length(own.seq())) ++disorder;
      tally.count(own);
    };
    EventStream stream = bus.stream(lossless());
    start_reader(io.get_executor(), std::move(stream), reading, count);
    const Publisher publisher = bus.publisher(*context());
    const std::int64_t begin = now_ns();
    std::thread reader([&] { io.run(); });
    std::thread other([&] { publish_all(publisher.turn(2), events); });
    publish_all(publisher.turn(1), events);
    other.join();
    bus.close();
    reader.join();
    const std::int64_t end = now_ns();
    for (const Tally& tally : tallies) tally.require(events);
    const BusStats stats = bus.stats();
    if (disorder != 0 || stats.published != 2 * events)
      throw std::runtime_error(std::to_string(disorder) + " events were out of order");
    return {events_per_second(2 * double(events), double(end - begin))};
  }
};

/// A hundred readers of which each wants one event of a hundred, or all of them.
struct Filtered {
  std::uint64_t events;
  Reading reading;
  bool filtered;

  static constexpr std::size_t readers = 100;

  std::vector<Figure> operator()() const {
    asio::io_context io(1);
    EventBus bus(io.get_executor(), bus_options());
    std::vector<std::uint64_t> seen(readers);
    for (std::uint64_t& count : seen) {
      const Filter filter = filtered ? Filter().types({EventType::status_update}) : Filter();
      start_reader(io.get_executor(), bus.stream(lossless(filter)), reading,
                   [&count](const StreamEvent&) { ++count; });
    }
    const Publisher publisher = bus.publisher(*context());
    const std::int64_t begin = now_ns();
    std::thread reader([&] { io.run(); });
    BackOff back_off;
    for (std::uint64_t seq = 1; seq <= events; ++seq) {
      if (seq % 100 == 0) {
        while (!publisher.publish(StatusUpdate{})) back_off.wait();
      } else {
        while (!publisher.publish(token(seq))) back_off.wait();
      }
    }
    bus.close();
    reader.join();
    const std::int64_t end = now_ns();
    for (const std::uint64_t count : seen) {
      if (count != (filtered ? events / 100 : events))
        throw std::runtime_error("a reader saw " + std::to_string(count) + " events");
    }
    return {events_per_second(double(events), double(end - begin))};
  }
};

constexpr Reading next = Reading::next;
constexpr Reading batch = Reading::batch;

const Measurement measurements[] = {
    {"P1.pinned", "strandbus next", TwoThreads{1, 2'000'000, next, Pinned::yes}},
    {"P1.pinned", "strandbus batch", TwoThreads{1, 2'000'000, batch, Pinned::yes}},
    {"P1.free", "strandbus next", TwoThreads{1, 2'000'000, next}},
    {"P1.free", "strandbus batch", TwoThreads{1, 2'000'000, batch}},
    {"P1.free", "strandbus next, pool", OnPool{2'000'000, next}},
    {"P1.free", "strandbus batch, pool", OnPool{2'000'000, batch}},
    {"P2", "strandbus next", TwoThreads{4, 1'000'000, next}},
    {"P2", "strandbus batch", TwoThreads{4, 1'000'000, batch}},
    {"P3", "strandbus next", TwoThreads{64, 200'000, next}},
    {"P3", "strandbus batch", TwoThreads{64, 500'000, batch}},
    {"P4", "strandbus next", TwoThreads{1000, 15'000, next}},
    {"P4", "strandbus batch", TwoThreads{1000, 50'000, batch}},
    {"P5.burst.1", "strandbus next", OneThread{1, 2'000'000, next, Yield::when_full}},
    {"P5.burst.1", "strandbus batch", OneThread{1, 2'000'000, batch, Yield::when_full}},
    {"P5.burst.4", "strandbus next", OneThread{4, 1'000'000, next, Yield::when_full}},
    {"P5.burst.4", "strandbus batch", OneThread{4, 1'000'000, batch, Yield::when_full}},
    {"P5.yield.1", "strandbus next", OneThread{1, 1'000'000, next, Yield::after_each}},
    {"P5.yield.1", "strandbus batch", OneThread{1, 1'000'000, batch, Yield::after_each}},
    {"P5.yield.4", "strandbus next", OneThread{4, 500'000, next, Yield::after_each}},
    {"P5.yield.4", "strandbus batch", OneThread{4, 500'000, batch, Yield::after_each}},
    {"P10", "strandbus next", TwoPublishers{1'000'000, next}},
    {"P10", "strandbus batch", TwoPublishers{1'000'000, batch}},
    {"P11", "strandbus next", Filtered{50'000, next, true}},
    {"P11", "strandbus next, no filter", Filtered{50'000, next, false}},
    {"P11", "strandbus batch", Filtered{200'000, batch, true}},
    {"P11", "strandbus batch, no filter", Filtered{200'000, batch, false}},
};

}  // namespace
}  // namespace strandbus::bench

int main(int argc, char** argv) {
  return strandbus::bench::run_measurements(argc, argv, strandbus::bench::measurements);
}
