#pragma once

#include "strandbus/bus/event_stream.hpp"
#include "strandbus/bus/options.hpp"
#include "strandbus/error.hpp"
#include "strandbus/event/stream_event.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace strandbus {
namespace detail {

class BusCore;
/// What a publisher writes on its events.
struct Envelope {
  const std::shared_ptr<const RunContext>& context;
  std::int32_t turn;
  SpanId span;
  SpanId parent_span;
};

Result<std::uint64_t> publish(BusCore& bus, StreamEvent&& event);
/// The same as publishing an event of these two, for the payloads that lie inline.
template <class Delta>
Result<std::uint64_t> publish(BusCore& bus, Delta&& delta, const Envelope& envelope);
void start_writable(const std::shared_ptr<BusCore>& bus, WaitHandler handler);
void start_drain(const std::shared_ptr<BusCore>& bus,
                 std::chrono::steady_clock::time_point deadline, WaitHandler handler);

}  // namespace detail

/// Where an agent publishes: a run context bound to a destination. A small value; copies and the
/// derived publishers of turn(), span() and model() share the destination.
///
/// Threads: distinct objects; publishers of one destination may be used from any thread.
/// Lifetime: may outlive the bus; publish then fails with Errc::closed.
class Publisher {
 public:
  /// A publisher that drops every event; publish returns 0.
  Publisher();

  /// A publisher to a callable. It stamps seq, id and ts, keeps the run rule, and calls `handler`
  /// for one event at a time, in order, in the publishing thread, just as EventBus::subscribe does.
  ///
  /// Errors: std::invalid_argument if the agent's name breaks the format of component ids.
  Publisher(RunContext context, std::function<void(const StreamEvent&)> handler);

  /// Made by EventBus::publisher.
  Publisher(std::shared_ptr<detail::BusCore> bus, RunContext context);

  /// Publishes a payload as an event of this publisher's run, turn and span.
  ///
  /// Returns: the event's seq; 0 for a publisher that drops.
  /// Errors:  Errc::closed, Errc::run_not_open, Errc::backlog_full; Errc::invalid_event for a
  ///          component name that breaks the format.
  /// Cost:    never waits; no allocation for a short delta in the steady state.
  template <PayloadType T>
  Result<std::uint64_t> publish(T payload) const {
    if (!bus_) return std::uint64_t{0};
    if constexpr (detail::is_inline_payload<T>) {
      return detail::publish(*bus_, std::move(payload),
                             detail::Envelope{context_, turn_, span_, parent_span_});
    } else {
      StreamEvent event(std::move(payload), context_);
      event.set_turn(turn_).set_span(span_, parent_span_);
      return detail::publish(*bus_, std::move(event));
    }
  }

  /// Publishes an event with its own turn and spans; without a context it gets this publisher's.
  Result<std::uint64_t> publish(StreamEvent event) const;

  /// A publisher for one iteration of the loop, from 1; 0 = none.
  Publisher turn(std::int32_t turn) const;
  /// A publisher whose events belong to span `id`, whose parent is this publisher's span.
  Publisher span(SpanId id) const;
  /// A publisher whose events belong to span `id` below `parent`.
  Publisher span(SpanId id, SpanId parent) const;
  /// A publisher whose events name another answering model.
  Publisher model(std::string model_id) const;
  /// A publisher of another run to the same destination. Errors: as the constructor.
  Publisher run(RunContext context) const;

  /// A stream of what this publisher's destination gets, from all its publishers. A publisher that
  /// drops gives a stream that has ended.
  ///
  /// Errors: throws system_error with Errc::seq_unknown, as EventBus::stream.
  EventStream stream(asio::any_io_executor executor, StreamOptions options = {}) const;

  /// Whether this publisher drops every event.
  bool drops() const noexcept { return !bus_; }

  const RunContext& context() const noexcept { return *context_; }
  std::int32_t current_turn() const noexcept { return turn_; }
  SpanId current_span() const noexcept { return span_; }

  /// A random span id that is not 0. Threads: any thread.
  static SpanId new_span();

  /// Waits until every blocking reader's backlog is below the soft bound; at once for a callable.
  ///
  /// Signature:    void(error_code)
  /// Errors:       Errc::closed when the bus was closed.
  /// Cancellation: terminal, partial, total: operation_aborted.
  template <asio::completion_token_for<void(error_code)> Token>
  auto async_writable(Token&& token) const {
    return asio::async_initiate<Token, void(error_code)>(
        [](auto handler, const std::shared_ptr<detail::BusCore>& bus) {
          detail::start_writable(bus, detail::WaitHandler(std::move(handler)));
        },
        token, bus_);
  }

  /// Whether async_writable would complete at once.
  bool writable() const noexcept;

 private:
  std::shared_ptr<detail::BusCore> bus_;
  std::shared_ptr<const RunContext> context_;
  std::int32_t turn_ = 0;
  SpanId span_ = 0;
  SpanId parent_span_ = 0;
};

}  // namespace strandbus
