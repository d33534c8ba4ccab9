#pragma once

#include "strandbus/bus/event_stream.hpp"
#include "strandbus/bus/options.hpp"
#include "strandbus/error.hpp"
#include "strandbus/event/redactor.hpp"
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
class PublishedTexts;
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

/// A payload that is a piece of a text.
template <class T>
inline constexpr bool is_piece = is_inline_payload<T> || std::is_same_v<T, ToolOutput>;

// The same without secrets.

const Redactor& redactor_of(const PublishedTexts& texts) noexcept;
template <class Piece>
Result<std::uint64_t> publish_piece(BusCore& bus, PublishedTexts& texts, Piece&& piece,
                                    const Envelope& envelope);
/// Of an event without secrets, which may end texts.
Result<std::uint64_t> publish_redacted(BusCore& bus, PublishedTexts& texts, StreamEvent&& event);

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
  /// Returns: the event's seq; 0 for a publisher that drops, and for a piece of a text that is held
  ///          back because it may be the beginning of a secret.
  /// Errors:  Errc::closed, Errc::run_not_open, Errc::backlog_full; Errc::invalid_event for a
  ///          component name that breaks the format.
  /// Cost:    never waits; no allocation for a short delta in the steady state.
  template <PayloadType T>
  Result<std::uint64_t> publish(T payload) const {
    if (!bus_) return std::uint64_t{0};
    if (texts_) return publish_redacted(std::move(payload));
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

  /// Publishes an event of another process, which keeps its id. Its ts is kept where it neither
  /// goes back behind the newest event's nor lies in the future. Without secrets as any other
  /// event; but a piece of a text is published even if none of its text can be shown yet.
  ///
  /// Errors: as publish.
  Result<std::uint64_t> forward(StreamEvent event) const;

  /// Shows what is held back of texts that come in pieces, as if they had ended.
  void flush() const;

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
  /// A publisher whose events lose their secrets before anybody sees them, and so do those of the
  /// publishers that are derived from it. Texts that come in pieces are held back where they may
  /// begin a secret, until they go on or another event ends them; see docs/redaction.md.
  Publisher redacted(Redactor redactor) const;
  /// Whether events lose their secrets.
  const Redactor* redactor() const noexcept;

  /// A stream of what this publisher's destination gets, from all its publishers. A publisher that
  /// drops gives a stream that has ended.
  ///
  /// Errors: throws system_error with Errc::seq_unknown, as EventBus::stream.
  EventStream stream(asio::any_io_executor executor, StreamOptions options = {}) const;

  /// Whether this publisher drops every event.
  bool drops() const noexcept { return !bus_; }

  const RunContext& context() const noexcept { return *context_; }
  /// That of the outermost run or workflow: the one whose spans this publisher's are below, through
  /// however many run() and span(). Its own where there is nothing above.
  const RunContext& root_context() const noexcept { return root_ ? *root_ : *context_; }
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
  template <PayloadType T>
  Result<std::uint64_t> publish_redacted(T&& payload) const {
    const detail::Envelope envelope{context_, turn_, span_, parent_span_};
    if constexpr (detail::is_piece<T>) {
      return detail::publish_piece(*bus_, *texts_, std::move(payload), envelope);
    } else {
      detail::redactor_of(*texts_).apply(payload);
      StreamEvent event(std::move(payload), context_);
      event.set_turn(turn_).set_span(span_, parent_span_);
      return detail::publish_redacted(*bus_, *texts_, std::move(event));
    }
  }

  std::shared_ptr<detail::BusCore> bus_;
  std::shared_ptr<detail::PublishedTexts> texts_;  ///< null: secrets stay
  std::shared_ptr<const RunContext> context_;
  std::shared_ptr<const RunContext> root_;  ///< null: context_
  std::int32_t turn_ = 0;
  SpanId span_ = 0;
  SpanId parent_span_ = 0;
};

}  // namespace strandbus
