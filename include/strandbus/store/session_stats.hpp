#pragma once

#include "strandbus/event/stream_event.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace strandbus {

/// What became of the calls of one tool.
struct ToolStats {
  std::int64_t calls{};        ///< that ran
  std::int64_t failed{};       ///< of those
  std::int64_t cancelled{};    ///< of those
  std::int64_t denied{};       ///< calls that never ran
  std::int64_t duration_ms{};  ///< of all calls together
};

/// What became of the requests to one model.
struct ModelStats {
  std::int64_t requests{};
  std::int64_t failed{};  ///< of those, cancelled ones included
  Usage usage{};          ///< of completed requests
  std::int64_t duration_ms{};
};

/// What happened in one or more sessions.
struct SessionTotals {
  std::int64_t sessions{};
  std::int64_t events{};
  std::int64_t runs_completed{};
  std::int64_t runs_failed{};
  std::int64_t runs_cancelled{};
  std::int64_t runs_unfinished{};  ///< without an end in the events
  std::int64_t turns{};
  Usage usage{};   ///< of all runs, nested ones too: each run's end tells of itself alone
  NanoUsd cost{};  ///< of all runs whose cost is known
  std::int64_t costs_unknown{};  ///< runs that used tokens at an unknown price
  std::int64_t duration_ms{};  ///< of the root runs that have ended; nested ones are a part of them
  std::map<std::string, ToolStats, std::less<>> tools{};
  std::map<std::string, ModelStats, std::less<>> models{};
};

/// Adds up what the events of sessions say. Sums stop at the largest number instead of overflowing,
/// and beyond 256 tools or models further names are counted together as "(others)".
///
/// Threads: distinct objects.
class SessionStats {
 public:
  /// The events that follow belong to another session.
  void begin_session();
  void add(const StreamEvent& event);

  /// Of everything so far.
  SessionTotals totals() const;

 private:
  struct Visitor;

  void close_runs(SessionTotals& totals) const;

  SessionTotals totals_;
  std::map<std::string, Usage, std::less<>> open_runs_;  ///< what they have used so far
};

}  // namespace strandbus
