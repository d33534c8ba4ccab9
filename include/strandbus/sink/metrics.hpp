#pragma once

#include "strandbus/bus/delivery.hpp"
#include "strandbus/sink/metrics_snapshot.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace strandbus {

/// How much Metrics remembers. Names come from events and may be any number of different ones.
struct MetricsOptions {
  /// Agents that are counted by name; all further ones together as "other".
  std::size_t max_agents = 32;
  /// Models that are counted by name; all further ones together as "other".
  std::size_t max_models = 32;
  /// Tools that are counted by name; all further ones together as "other".
  std::size_t max_tools = 128;
  /// Open runs that are remembered; beyond, the one that started first is forgotten.
  std::size_t max_open_runs = 1024;
};

/// Counts what the events of any number of runs, sessions and buses say: a plain subscriber.
///
///   Metrics metrics;
///   auto subscription = bus.subscribe([&](const Delivery& d) { metrics.on_event(d); });
///   … to_prometheus(metrics.snapshot()) …
///
/// It takes events from a bus, from a Publisher to a callable, and from a session file just as
/// well: only the events matter, no clock is read. Each event counts once each time it is fed.
/// Durations and tokens are those that the end events carry, so an event that was missed costs its
/// own numbers and nothing else.
///
/// A name is counted under its first 128 bytes as terminal_safe shows them, so that nothing that a
/// model or a file says steers a terminal or breaks a format. An event's empty name stays empty. A
/// nested run counts as a run of its own. With the default options the whole takes at most about
/// 5 MB.
///
/// Threads: any thread, also at the same time.
/// Cost:    one uncontended mutex per event; a delta allocates nothing. A snapshot copies
///          everything while events wait.
class Metrics {
 public:
  explicit Metrics(const MetricsOptions& options = {});
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;
  ~Metrics();

  void on_event(const StreamEvent& event);
  /// Also counts what was missed before it.
  void on_event(const Delivery& delivery);
  /// Counts events that are lost for this subscriber, for example Batch::missed().
  void on_missed(std::uint64_t count);

  /// All numbers of one moment: every event is in it with all that it adds, or not at all.
  MetricsSnapshot snapshot() const;

 private:
  class Guarded;
  std::unique_ptr<Guarded> guarded_;
};

}  // namespace strandbus
