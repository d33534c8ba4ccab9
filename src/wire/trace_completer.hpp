#pragma once

#include "strandbus/event/stream_event.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace strandbus::detail {

/// Completes a trace: takes the events that another system's trace says, in order, and puts in what
/// the run rule needs and the trace leaves out: starts, ends, turns, spans, numbers.
///
/// An event comes with its run context and payload, and with spans where the trace has them. Turns
/// are given out here. What a payload leaves empty and follows from other events is filled in.
///
/// Pure. Threads: distinct objects.
class TraceCompleter {
 public:
  /// How long things took, as far as the system says it; the rest follows from their times.
  enum class Durations : std::uint8_t { of_everything, of_tools, of_nothing };

  explicit TraceCompleter(Durations said = Durations::of_everything) : durations_said_(said) {}

  /// When what is added next happened, and the id of the first event of it; nil = it has none.
  void at(Timestamp time, const EventId& id = {}) {
    now_ = time;
    id_ = id;
  }

  /// Errors: throws LineFault if the run of the event has ended.
  void add(StreamEvent event);

  /// The events since the last call.
  std::vector<StreamEvent> take() { return std::exchange(out_, {}); }

  /// Whether a run has started and not ended.
  bool is_open(std::string_view run_id) const { return runs_.find(run_id) != runs_.end(); }
  bool has_ended(std::string_view run_id) const { return ended_.find(run_id) != ended_.end(); }
  /// Of the runs that are open, the one that started last; null if none is.
  const RunContext* newest_run() const;
  bool has_open_request(std::string_view run_id) const;
  bool has_open_call(std::string_view run_id, std::string_view call_id) const;
  /// The call that was started last and runs; empty if none does.
  std::string newest_call(std::string_view run_id) const;
  /// What the completed requests of an open run have used so far.
  Usage usage_of(std::string_view run_id) const;
  std::int64_t turns_of(std::string_view run_id) const;

 private:
  /// Where an event stands.
  struct Place {
    SpanId span = 0;
    SpanId parent = 0;
    std::int32_t turn = 0;
  };
  /// Something that has started: a tool call, an approval, a sub-agent, a background task, a
  /// workflow, a step.
  struct Part {
    std::string id{};
    std::string name{};
    Place place{};
  };
  using Parts = std::vector<Part>;
  struct StreamedCall {
    std::string call_id{};
    std::string tool_name{};
    std::string text{};
    boost::json::value arguments{};
    bool ready = false;
  };
  struct Request {
    Place place{};
    std::string message_id{};
    std::string content{};
    std::string reasoning{};
    std::vector<StreamedCall> calls{};
    std::int64_t attempt = 1;
  };
  struct Turn {
    Place place{};
    std::int64_t number = 0;
    std::int64_t iteration = 0;  // of its requests, as the trace counts them
    bool said = false;           // by the trace, and not put in
    Usage usage{};
  };
  struct Run {
    std::shared_ptr<const RunContext> context{};
    Place place{};
    std::uint64_t order = 0;
    std::int64_t turns = 0;
    std::optional<Turn> turn{};
    std::optional<Request> request{};
    std::vector<ToolCall> asked{};  // calls of the newest request
    std::string discardable{};      // the message that was shown by a request that failed
    Parts calls{};
    Parts approvals{};
    Parts subagents{};
    Parts tasks{};
    Usage usage{};
    std::int64_t llm_calls = 0;
    std::int64_t tool_calls = 0;
  };
  struct Ended {
    std::int32_t depth;
    Outcome outcome;
  };
  struct Step;

  Run& open_run(const StreamEvent& event);
  Run& start_run(const StreamEvent& event, bool said);
  void expect_child(const Run& run, const std::string& run_id) const;
  void end_child(const std::string& run_id, Outcome outcome);
  template <class Terminal>
  void end_run(Run& run, StreamEvent event, Terminal terminal, bool said);

  // What is put in.
  template <class T>
  void put(Run& run, T payload, const Place& place);
  void start_turn(Run& run, std::int64_t iteration);
  void end_turn(Run& run);
  void start_request(Run& run);
  void fail_request(Run& run);
  void complete_request(Run& run);
  void close_call(Run& run, const Part& call);
  void close_approval(Run& run, const Part& approval);
  void close_subagent(Run& run, const Part& subagent);
  void close_task(Run& run, const Part& task);
  void close_parts(Run& run);

  Place place_in(const Run& run) const;
  Place fresh_place(const Run& run, const StreamEvent* event = nullptr);
  SpanId fresh_span();
  SpanId known_parent(SpanId span, SpanId parent, bool may_be_foreign);
  void emit(StreamEvent event, std::shared_ptr<const RunContext> context, Place place, bool said);
  EventId id_for(Timestamp time, bool said);
  void measure(StreamEvent& event, SpanId span);

  struct IdHash {
    std::size_t operator()(const EventId& id) const noexcept {
      return static_cast<std::size_t>(id.high * 0x9E37'79B9'7F4A'7C15 ^ id.low);
    }
  };

  const Durations durations_said_;
  Timestamp now_{};
  EventId id_{};
  std::vector<StreamEvent> out_;
  std::uint64_t seq_ = 0;
  Timestamp last_ts_{};
  EventIdGenerator ids_{1};  // always the same, for always the same ids
  std::unordered_set<EventId, IdHash> used_ids_;
  SpanId last_span_ = 0;
  std::unordered_map<SpanId, SpanId> spans_;       // and their parents
  std::unordered_map<SpanId, Timestamp> started_;  // when each span began
  std::uint64_t runs_started_ = 0;
  std::uint64_t messages_made_ = 0;
  std::map<std::string, Run, std::less<>> runs_;
  std::map<std::string, Ended, std::less<>> ended_;
  Parts workflows_;
  Parts steps_;
  std::unordered_set<std::string> workflow_ids_;  // that have started
};

}  // namespace strandbus::detail
