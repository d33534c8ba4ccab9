#pragma once

#include "measure/machine.hpp"
#include "measure/measurement.hpp"
#include "measure/workload.hpp"

#include <boost/asio/io_context.hpp>

#include <thread>
#include <vector>

namespace strandbus::bench {

/// How long a sleeping reader's thread takes to see an event.
class WakeUp {
 public:
  WakeUp() { latencies_.reserve(events); }

  /// For the reader: an event has come.
  void note(const StreamEvent& event) {
    const std::int64_t now = clock_ns(CLOCK_REALTIME);
    latencies_.push_back(double(now - event.ts().time_since_epoch().count()));
    tally_.count(event);
  }

  /// Runs `io`, where the reader waits, in another thread, and calls `publish` with the next seq
  /// whenever that thread has had time to fall asleep; `close` ends the reader.
  template <class Publish, class Close>
  std::vector<Figure> measure(asio::io_context& io, Publish publish, Close close) {
    pin_to(0);
    std::thread reader([&] {
      pin_to(1);
      io.run();
    });
    for (std::uint64_t seq = 1; seq <= events; ++seq) {
      spin_for(pause_ns);
      publish(seq);
    }
    close();
    reader.join();
    tally_.require(events);
    return percentiles(std::move(latencies_));
  }

 private:
  static constexpr std::int64_t pause_ns = 200'000;
  static constexpr std::uint64_t events = 3'000;

  Tally tally_;
  std::vector<double> latencies_;
};

}  // namespace strandbus::bench
