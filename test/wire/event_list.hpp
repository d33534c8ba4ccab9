#pragma once

#include "strandbus/event/stream_event.hpp"

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

namespace strandbus::testing {

/// Hand-written event streams with fixed ids and times: seq 1, 2, 3 …, ids that end in the seq, and
/// a clock that begins at 2026-11-20T15:04:05Z and moves only when it is told to.
class EventList {
 public:
  explicit EventList(RunContext context = run_context()) { in(std::move(context)); }

  static RunContext run_context() {
    RunContext context;
    context.session_id = "session";
    context.run_id = "run";
    context.agent = "agent";
    context.model_id = "gpt-4o";
    return context;
  }

  /// The run of a sub-agent.
  static RunContext nested_context(std::string run_id, std::string agent) {
    RunContext context = run_context();
    context.run_id = std::move(run_id);
    context.parent_run_id = "run";
    context.agent = std::move(agent);
    context.depth = 1;
    return context;
  }

  /// What follows belongs to this run.
  EventList& in(RunContext context) {
    context_ = std::make_shared<const RunContext>(std::move(context));
    return *this;
  }
  EventList& turn(std::int32_t turn) {
    turn_ = turn;
    return *this;
  }
  /// The span of what follows, and the one around it.
  EventList& span(SpanId span, SpanId parent) {
    span_ = span;
    parent_span_ = parent;
    return *this;
  }
  EventList& after(std::chrono::milliseconds time) {
    now_ += time;
    return *this;
  }

  template <PayloadType T>
  EventList& add(T payload) {
    StreamEvent event(std::move(payload), context_);
    ++seq_;
    event.set_turn(turn_).set_span(span_, parent_span_);
    event.set_stamp(seq_, EventId{0x0190'0000'0000'7000, 0x8000'0000'0000'0000 + seq_}, now_);
    events_.push_back(std::move(event));
    return *this;
  }

  const std::vector<StreamEvent>& events() const { return events_; }

 private:
  std::shared_ptr<const RunContext> context_;
  std::int32_t turn_ = 0;
  SpanId span_ = 0;
  SpanId parent_span_ = 0;
  std::uint64_t seq_ = 0;
  Timestamp now_{std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} + std::chrono::hours{15} +
                 std::chrono::minutes{4} + std::chrono::seconds{5}};
  std::vector<StreamEvent> events_;
};

/// The run "Calculate 2+2" in its native order.
EventList golden_run();

}  // namespace strandbus::testing
