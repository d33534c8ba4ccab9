#pragma once

#include "strandbus/bus/filter.hpp"
#include "strandbus/log.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <string>
#include <vector>

namespace strandbus {
namespace detail {
class BusCore;
}

/// What happens to a reader that is slower than the publishers.
enum class Overflow : std::uint8_t {
  drop_oldest,  ///< it goes on with the oldest event that is kept and learns how many it missed
  disconnect,   ///< it ends with Errc::lagged
  block,        ///< it misses nothing: what it has not read is kept, publishers feel it
  /// As drop_oldest, but deltas of one message or call that it has not read become one event, with
  /// all their text; see StreamOptions::coalesce_window.
  coalesce,
};

/// Where a reader begins.
class Start {
 public:
  /// With the next event that is published.
  static Start now() noexcept { return {Kind::now, 0}; }
  /// With the oldest event that is kept, be it a landmark. What is gone before it does not count as
  /// missed.
  static Start oldest() noexcept { return {Kind::oldest, 0}; }
  /// With the event after this seq. One that is no longer kept shows as missed; one beyond the
  /// newest event is refused with Errc::seq_unknown.
  static Start after(std::uint64_t seq) noexcept { return {Kind::after, seq}; }
  /// With the last `count` events that are kept, landmarks included.
  static Start last(std::uint64_t count) noexcept { return {Kind::last, count}; }

 private:
  friend class detail::BusCore;
  enum class Kind : std::uint8_t { now, oldest, after, last };
  Start(Kind kind, std::uint64_t value) noexcept : kind_(kind), value_(value) {}

  Kind kind_;
  std::uint64_t value_;
};

/// How an EventBus is set up.
struct BusOptions {
  /// Events kept for late joiners. At least 1.
  std::size_t history = 1024;
  /// Memory that the kept events may use, by their own estimate; the newest event is kept whatever
  /// its size. Bytes, at least 1.
  std::size_t history_bytes = 64 * 1024 * 1024;
  /// Landmarks kept beyond the history: the newest of those events that are no deltas. A reader
  /// that joins late or lags gets them and learns how many deltas are missing between. 0 keeps
  /// none.
  std::size_t landmarks = 1024;
  /// Memory that the landmarks may use. Bytes.
  std::size_t landmark_bytes = 16 * 1024 * 1024;
  /// Unread events of the slowest blocking reader from which async_writable waits. At least 1.
  std::size_t backlog_soft = 4096;
  /// Unread events of the slowest blocking reader at which publish refuses what is no end of
  /// something that was started; such an end always has its place. Not below backlog_soft.
  std::size_t backlog_hard = 65536;
  /// Called for each exception that leaves a callback or a predicate, in the thread where it was.
  std::function<void(std::exception_ptr, const StreamEvent&)> on_callback_error{};
  /// The time that events are stamped with; the system clock if empty. Called by any thread.
  std::function<Timestamp()> clock{};
  /// Whether the bus publishes a system_notice of the subsystem "bus" when a reader begins to miss
  /// events. It is published on the executor of the bus, once until that reader has caught up.
  bool lag_notices = false;
  /// Receives what only an operator wants to know.
  Logger logger{};
};

/// How one stream reads.
struct StreamOptions {
  Start from = Start::now();
  Overflow overflow = Overflow::drop_oldest;
  Filter filter{};
  /// Shown in stats() and in lag notices.
  std::string name{};
  /// Under Overflow::coalesce: for how long deltas are held so that more can be merged, from the
  /// first one on. Any other event that passes the filter ends it, and so does the end of the bus.
  /// 0 holds nothing back: what is merged is what has come before it is read.
  std::chrono::milliseconds coalesce_window{0};
};

/// How one callback reads.
struct SubscribeOptions {
  Start from = Start::now();
  Overflow overflow = Overflow::drop_oldest;
  Filter filter{};
  /// Shown in stats() and in lag notices.
  std::string name{};
  /// As StreamOptions::coalesce_window; only with an executor.
  std::chrono::milliseconds coalesce_window{0};
};

/// What became of the events that were published since a reader's start:
/// delivered + merged + filtered + missed + lag = published since then.
struct ReaderStats {
  std::string name{};
  std::uint64_t delivered = 0;  ///< given to the reader
  std::uint64_t merged = 0;     ///< became part of a delivered event
  std::uint64_t filtered = 0;   ///< not wanted
  std::uint64_t missed = 0;     ///< gone before the reader's filter saw them
  std::uint64_t lag = 0;        ///< published and not yet read
  Overflow overflow = Overflow::drop_oldest;
};

/// The state of a bus at one moment.
struct BusStats {
  std::uint64_t published = 0;        ///< the newest seq
  std::uint64_t kept = 0;             ///< events in the history
  std::uint64_t kept_bytes = 0;       ///< their estimated memory
  std::uint64_t landmarks = 0;        ///< events kept beyond the history
  std::uint64_t landmark_bytes = 0;   ///< their estimated memory
  std::uint64_t refused_closed = 0;   ///< publishes after close()
  std::uint64_t refused_runs = 0;     ///< publishes against the run rule
  std::uint64_t refused_backlog = 0;  ///< publishes beyond the hard bound
  std::uint64_t refused_invalid = 0;  ///< publishes with an invalid component name
  std::uint64_t callback_errors = 0;  ///< exceptions of callbacks and predicates
  std::vector<ReaderStats> readers{};
};

}  // namespace strandbus
