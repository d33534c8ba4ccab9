#pragma once

#include "trace_run.hpp"

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace strandbus::detail {

/// The ids of all events. Those of one bus grow, so that they can be kept in a sorted list; the
/// others, which came from elsewhere, are few.
class TraceIds {
 public:
  /// False if the id was there before.
  bool insert(const EventId& id);

 private:
  std::vector<EventId> growing_;
  std::map<EventId, bool> others_;
};

/// The state behind a TraceChecker.
class TraceState {
 public:
  TraceState(std::size_t max_findings, std::uint64_t own_from_seq)
      : findings_(max_findings), own_from_seq_(own_from_seq) {}

  void add(const StreamEvent& event, std::size_t line);

  const TraceFindings& findings() const noexcept { return findings_; }
  std::uint64_t events() const noexcept { return events_; }
  std::uint64_t runs() const noexcept { return runs_started_; }
  std::vector<TraceOpenRun> open_runs() const;
  std::vector<std::string> open_work() const { return work_.names(); }

 private:
  struct Visitor;
  struct EndedRun {
    std::uint64_t seq;
    std::int32_t depth;
    Outcome outcome;
  };

  void check_seq(const StreamEvent& event);
  void check_stamp(const StreamEvent& event);
  void check_session(const StreamEvent& event);
  void check_span(const StreamEvent& event);
  void check_parent_run(const StreamEvent& event);
  TraceRun* run_of(const StreamEvent& event);
  void start_run(const StreamEvent& event);
  void end_run(const StreamEvent& event);
  void interrupt_runs(const StreamEvent& event);
  void expect_child(const std::string& run_id, Outcome outcome);
  void expect_tasks_over(const std::string& run_id);

  TraceFindings findings_;
  std::uint64_t events_ = 0;
  std::uint64_t runs_started_ = 0;
  std::uint64_t last_seq_ = 0;
  Timestamp last_ts_{};
  const std::uint64_t own_from_seq_;
  std::string session_id_;
  std::unordered_set<std::string> origins_;  ///< the sessions that this one is the fork of
  TraceIds ids_;
  std::unordered_map<SpanId, SpanId> spans_;  // and their parents
  std::unordered_map<std::string, std::unique_ptr<TraceRun>> runs_;
  std::unordered_map<std::string, EndedRun> ended_;
  std::unordered_set<std::string> workflows_;           // that have started
  TraceParts work_;                                     // what is no part of a run
  std::unordered_map<std::string, std::string> tasks_;  // that are open, and who has started them
};

}  // namespace strandbus::detail
