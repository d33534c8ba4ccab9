// The peer that Asio itself offers: a concurrent_channel of its own for each reader.

#include "measure/machine.hpp"
#include "measure/measurement.hpp"
#include "measure/wake_up.hpp"
#include "measure/workload.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/concurrent_channel.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <deque>
#include <memory>
#include <thread>
#include <vector>

namespace strandbus::bench {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using EventPointer = std::shared_ptr<const StreamEvent>;
using Channel = asio::experimental::concurrent_channel<void(error_code, EventPointer)>;

constexpr std::size_t capacity = 1024;
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
const error_code closed = asio::error::eof;

asio::awaitable<void> read(Channel& channel, Tally& tally) {
  for (;;) {
    const auto [error, event] = co_await channel.async_receive(as_result);
    if (error) co_return;
    tally.count(*event);
  }
}

/// A channel for each reader, and what each reader saw.
struct Readers {
  Readers(asio::io_context& io, std::size_t count) : tallies(count) {
    for (Tally& tally : tallies) {
      Channel& channel = channels.emplace_back(io, capacity);
      asio::co_spawn(io, read(channel, tally), asio::detached);
    }
  }

  void send(const error_code& error, const EventPointer& event) {
    for (Channel& channel : channels) {
      while (!channel.try_send(error, event)) back_off.wait();
    }
  }

  void require(std::uint64_t events) const {
    for (const Tally& tally : tallies) tally.require(events);
  }

  std::deque<Channel> channels;  // they must not move
  std::vector<Tally> tallies;
  BackOff back_off;
};

/// One publisher, and readers that share one other thread.
struct TwoThreads {
  std::size_t readers;
  std::uint64_t events;
  Pinned pinned = Pinned::no;

  std::vector<Figure> operator()() const {
    asio::io_context io(1);
    Readers all(io, readers);
    EventSource source;
    if (pinned == Pinned::yes) pin_to(0);
    const std::int64_t begin = now_ns();
    std::thread reader([&] {
      if (pinned == Pinned::yes) pin_to(1);
      io.run();
    });
    for (std::uint64_t seq = 1; seq <= events; ++seq) all.send({}, source.next());
    all.send(closed, nullptr);
    reader.join();
    const std::int64_t end = now_ns();
    all.require(events);
    return {events_per_second(double(events), double(end - begin))};
  }
};

enum class Yield : bool { when_full, after_each };

/// The publisher and the readers are coroutines on one thread.
struct OneThread {
  std::size_t readers;
  std::uint64_t events;
  Yield yield;

  std::vector<Figure> operator()() const {
    asio::io_context io(1);
    Readers all(io, readers);
    asio::co_spawn(io, publish(all, events, yield), asio::detached);
    const std::int64_t begin = now_ns();
    io.run();
    const std::int64_t end = now_ns();
    all.require(events);
    return {events_per_second(double(events), double(end - begin))};
  }

  static asio::awaitable<void> publish(Readers& all, std::uint64_t events, Yield yield) {
    EventSource source;
    for (std::uint64_t seq = 1; seq <= events; ++seq) {
      const EventPointer event = source.next();
      for (Channel& channel : all.channels) {
        while (!channel.try_send(error_code(), event)) co_await asio::post(asio::use_awaitable);
      }
      if (yield == Yield::after_each) co_await asio::post(asio::use_awaitable);
    }
    for (Channel& channel : all.channels) {
      while (!channel.try_send(closed, nullptr)) co_await asio::post(asio::use_awaitable);
    }
  }
};

asio::awaitable<void> read_late(Channel& channel, WakeUp& wake_up) {
  for (;;) {
    const auto [error, event] = co_await channel.async_receive(as_result);
    if (error) co_return;
    wake_up.note(*event);
  }
}

std::vector<Figure> measure_wake_up() {
  asio::io_context io(1);
  Channel channel(io, capacity);
  WakeUp wake_up;
  asio::co_spawn(io, read_late(channel, wake_up), asio::detached);
  EventSource source;
  return wake_up.measure(
      io, [&](std::uint64_t) { keep(channel.try_send(error_code(), source.next())); },
      [&] { keep(channel.try_send(closed, nullptr)); });
}

constexpr std::string_view name = "Asio channel";

const Measurement measurements[] = {
    {"P1.pinned", name, TwoThreads{1, 700'000, Pinned::yes}},
    {"P1.free", name, TwoThreads{1, 700'000}},
    {"P2", name, TwoThreads{4, 200'000}},
    {"P3", name, TwoThreads{64, 20'000}},
    {"P4", name, TwoThreads{1000, 2'000}},
    {"P5.burst.1", name, OneThread{1, 1'500'000, Yield::when_full}},
    {"P5.burst.4", name, OneThread{4, 500'000, Yield::when_full}},
    {"P5.yield.1", name, OneThread{1, 1'500'000, Yield::after_each}},
    {"P5.yield.4", name, OneThread{4, 500'000, Yield::after_each}},
    {"P7", name, measure_wake_up},
};

}  // namespace
}  // namespace strandbus::bench

int main(int argc, char** argv) {
  return strandbus::bench::run_measurements(argc, argv, strandbus::bench::measurements);
}
