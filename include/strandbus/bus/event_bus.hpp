#pragma once

#include "strandbus/bus/event_stream.hpp"
#include "strandbus/bus/options.hpp"
#include "strandbus/bus/publisher.hpp"
#include "strandbus/bus/subscription.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

namespace strandbus {

/// What can be subscribed: a callable that takes an event, or an event with its account.
template <class F>
concept EventHandler =
    std::invocable<F&, const StreamEvent&> || std::invocable<F&, const Delivery&>;

/// An ordered log of typed events with many readers: callbacks, which run before publish returns,
/// and streams, which are awaited. Late joiners get the kept history and then what is live, with no
/// hole and nothing twice.
///
/// Publishing never waits and costs the same however many readers sleep; a slow reader costs only
/// itself, by the policy it chose (Overflow).
///
/// Threads: any thread. No callback, predicate or completion handler runs under a lock of the bus.
/// Lifetime: destroying the bus is close(); streams, subscriptions and publishers may outlive it.
class EventBus {
 public:
  using executor_type = asio::any_io_executor;

  /// A bus whose streams are woken on `executor` unless they name another one.
  ///
  /// Errors: std::invalid_argument naming the option whose value is not allowed.
  explicit EventBus(executor_type executor, BusOptions options = {});
  EventBus(const EventBus&) = delete;
  EventBus& operator=(const EventBus&) = delete;
  ~EventBus();

  executor_type get_executor() const noexcept;

  /// A publisher for the run, session or application that `context` describes.
  ///
  /// Errors: std::invalid_argument if the agent's name breaks the format of component ids.
  Publisher publisher(RunContext context) const;

  /// Publishes an event; the bus sets its seq, id and ts.
  ///
  /// Returns: the seq.
  /// Errors:  as Publisher::publish, and like it throws bad_alloc only if nothing was published.
  Result<std::uint64_t> publish(StreamEvent event);

  /// Publishes a payload that belongs to no run.
  template <PayloadType T>
  Result<std::uint64_t> publish(T payload) {
    return publish(StreamEvent(std::move(payload)));
  }

  /// Takes in an event that was published before, by this or another process: seq, id and ts are
  /// kept and the run rule does not apply. An empty bus begins at its seq, whatever it is.
  ///
  /// Errors: Errc::closed; Errc::seq_unknown if the seq is not the one after the newest event.
  Result<std::uint64_t> restore(StreamEvent event);

  /// Calls `handler` for each event, in order, in the publishing thread before publish returns.
  ///
  /// Where publishes meet (several threads, or from inside a handler) one thread at a time delivers
  /// and the others return at once; it offers the work to another publishing thread after 256
  /// events. With a start in the past the kept events are delivered before subscribe returns,
  /// unless another thread is delivering at that moment or subscribe is called inside a handler. A
  /// handler may publish, subscribe, unsubscribe itself or others and close or destroy the bus. An
  /// exception is caught, counted and given to BusOptions::on_callback_error.
  ///
  /// Errors: throws system_error with Errc::seq_unknown for a start beyond the newest event;
  ///         std::invalid_argument naming the option whose value is not allowed.
  template <EventHandler F>
  Subscription subscribe(F handler, SubscribeOptions options = {}) {
    return subscribe_erased(nullptr, erase(std::move(handler)), std::move(options));
  }

  /// Calls `handler` on `executor` as on a strand, never twice at once. Does not keep the
  /// executor's context running while there is nothing to deliver.
  template <EventHandler F>
  Subscription subscribe(executor_type executor, F handler, SubscribeOptions options = {}) {
    return subscribe_erased(std::move(executor), erase(std::move(handler)), std::move(options));
  }

  /// A stream of events. The second form wakes it on another executor than the bus's; give streams
  /// of one context the same executor, so that they share one wake-up, and let each reader's
  /// coroutine run on a strand of its own.
  ///
  /// Errors: throws system_error with Errc::seq_unknown for a start beyond the newest event;
  ///         std::invalid_argument naming the option whose value is not allowed.
  EventStream stream(StreamOptions options = {});
  EventStream stream(executor_type executor, StreamOptions options = {});
  /// The same without an exception: on an error `ec` is set and the stream has ended.
  EventStream stream(StreamOptions options, error_code& ec);

  /// The kept events after `seq`, landmarks included, at most `limit`. The handles stay valid.
  std::vector<Delivery> history(std::uint64_t after = 0,
                                std::size_t limit = std::numeric_limits<std::size_t>::max()) const;

  /// Waits until every blocking reader's backlog is below BusOptions::backlog_soft.
  ///
  /// Signature:    void(error_code)
  /// Errors:       Errc::closed.
  /// Cancellation: terminal, partial, total: operation_aborted.
  template <asio::completion_token_for<void(error_code)> Token>
  auto async_writable(Token&& token) {
    return asio::async_initiate<Token, void(error_code)>(
        [](auto handler, const std::shared_ptr<detail::BusCore>& bus) {
          detail::start_writable(bus, detail::WaitHandler(std::move(handler)));
        },
        token, core_);
  }

  /// Waits until every blocking reader has read what was published before this call: a stream when
  /// the events were taken, a callback when its handler has returned. Goes on after close().
  ///
  /// Signature:    void(error_code)
  /// Errors:       Errc::timed_out when the deadline comes first.
  /// Cancellation: terminal, partial, total: operation_aborted.
  template <asio::completion_token_for<void(error_code)> Token>
  auto async_drain(std::chrono::steady_clock::time_point deadline, Token&& token) {
    return asio::async_initiate<Token, void(error_code)>(
        [](auto handler, const std::shared_ptr<detail::BusCore>& bus,
           std::chrono::steady_clock::time_point until) {
          detail::start_drain(bus, until, detail::WaitHandler(std::move(handler)));
        },
        token, core_, deadline);
  }
  /// The same without a deadline.
  template <asio::completion_token_for<void(error_code)> Token>
  auto async_drain(Token&& token) {
    return async_drain(std::chrono::steady_clock::time_point::max(), std::forward<Token>(token));
  }

  /// Refuses new events; readers drain what is kept and then end.
  void close();
  bool is_closed() const noexcept;

  /// Counts of this moment. Cost: O(readers).
  BusStats stats() const;

 private:
  using ErasedHandler = std::function<void(const Delivery&)>;

  template <class F>
  static ErasedHandler erase(F handler) {
    // The event first: a generic lambda accepts both, and means the event.
    if constexpr (std::invocable<F&, const StreamEvent&>) {
      return [f = std::move(handler)](const Delivery& delivery) mutable { f(delivery.event()); };
    } else {
      return handler;
    }
  }

  Subscription subscribe_erased(executor_type executor, ErasedHandler handler,
                                SubscribeOptions options);

  std::shared_ptr<detail::BusCore> core_;
};

}  // namespace strandbus
