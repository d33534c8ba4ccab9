#pragma once

#include "strandbus/bus/delivery.hpp"
#include "strandbus/bus/options.hpp"
#include "strandbus/error.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace strandbus {
namespace detail {

class StreamReader;
using WaitHandler = asio::any_completion_handler<void(error_code)>;
asio::any_io_executor executor_of(const std::shared_ptr<StreamReader>& reader) noexcept;
void start_wait(const std::shared_ptr<StreamReader>& reader, WaitHandler handler,
                bool runs_on_executor);

/// Whether a handler is known to run on this executor; asked while its type is.
template <class Handler>
bool runs_on(const Handler& handler, const asio::any_io_executor& executor) noexcept {
  using Executor = asio::associated_executor_t<Handler, asio::any_io_executor>;
  if constexpr (std::is_same_v<Executor, asio::any_io_executor>) {
    return asio::get_associated_executor(handler, executor) == executor;
  } else {
    return false;
  }
}

}  // namespace detail

/// An awaitable reader of a bus: a cursor into the bus's log, not a queue of its own.
///
///     while (auto delivery = co_await stream.next()) show(delivery->event());
///
/// The primitives are async_wait, which consumes nothing, and try_next and try_batch, which never
/// wait; so a read that is raced against a timer or a cancel loses nothing. Loss by slowness is
/// never silent: see Delivery::missed.
///
/// Threads: one strand. Cancel from the strand on which the operation's handler runs.
/// Lifetime: may outlive the bus; movable. Destroying it while a wait is pending is allowed.
class [[nodiscard]] EventStream {
 public:
  using executor_type = asio::any_io_executor;

  /// A stream that is bound to no bus and behaves like one that has ended.
  EventStream() noexcept;
  explicit EventStream(std::shared_ptr<detail::StreamReader> reader) noexcept;
  EventStream(EventStream&&) noexcept;
  EventStream& operator=(EventStream&&) noexcept;
  ~EventStream();

  /// The executor on which wake-ups of this stream are made; the default for its handlers.
  executor_type get_executor() const noexcept;

  /// Waits until there is something to read. Consumes nothing: read with try_next or try_batch.
  ///
  /// Signature:    void(error_code)
  /// Completes:    when an unread event passes the filter, or the stream has ended.
  /// Errors:       Errc::closed when the bus is closed and everything kept was read;
  ///               Errc::lagged under Overflow::disconnect; Errc::busy if a wait is pending
  ///               already; a default-constructed stream completes with Errc::closed.
  /// Cancellation: terminal, partial, total: asio::error::operation_aborted.
  /// Threads:      the handler runs on its associated executor, by default get_executor().
  /// Lifetime:     the stream may be destroyed meanwhile; the wait ends with operation_aborted.
  /// Cost:         O(1) and what the filter costs for the events that it rejects.
  template <asio::completion_token_for<void(error_code)> Token>
  auto async_wait(Token&& token) {
    return asio::async_initiate<Token, void(error_code)>(
        [](auto handler, const std::shared_ptr<detail::StreamReader>& reader) {
          const bool known = detail::runs_on(handler, detail::executor_of(reader));
          detail::start_wait(reader, detail::WaitHandler(std::move(handler)), known);
        },
        token, reader_);
  }

  /// The next event if there is one now. Empty while a wait is pending: the wait owns the cursor.
  /// Cost: no lock but once per 64 events, no allocation; one atomic step when the delivery goes.
  std::optional<Delivery> try_next();

  /// As many events as can be read in place now, at most `limit` and never more than 64. An empty
  /// batch means that there is nothing to read yet, or that a wait is pending.
  Batch try_batch(std::size_t limit = detail::batch_capacity);

  /// Waits for the next event and takes it; empty when the bus is closed and all kept was read.
  ///
  /// Errors:       throws system_error: Errc::lagged, Errc::busy.
  /// Cancellation: whatever the awaiting coroutine lets through (terminal by default): throws
  ///               operation_aborted, and has taken nothing.
  /// Lifetime:     the stream may be moved meanwhile; destroying it ends the wait, as above.
  asio::awaitable<std::optional<Delivery>> next();

  /// Ends a pending wait with operation_aborted and keeps the stream usable. Threads: any thread.
  void cancel();

  /// Why the stream has ended: Errc::closed, Errc::lagged; no error while it can still be read.
  error_code error() const;

  /// What became of the events since this stream's start. Threads: any thread.
  ReaderStats stats() const;

 private:
  std::shared_ptr<detail::StreamReader> reader_;
};

}  // namespace strandbus
