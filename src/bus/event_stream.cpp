#include "strandbus/bus/event_stream.hpp"

#include "bus_core.hpp"
#include "stream_reader.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/system_executor.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace strandbus {
namespace detail {

asio::any_io_executor executor_of(const std::shared_ptr<StreamReader>& reader) noexcept {
  return reader ? reader->executor() : asio::any_io_executor(asio::system_executor());
}

void start_wait(const std::shared_ptr<StreamReader>& reader, WaitHandler handler,
                bool runs_on_executor) {
  const HandlerRuns runs = runs_on_executor ? HandlerRuns::on_io : HandlerRuns::where_it_says;
  if (reader) return reader->async_wait(std::move(handler), runs);
  const asio::any_io_executor anywhere = asio::system_executor();
  WaitOperation(std::move(handler), anywhere, KeepsRunning::yes, runs)
      .post(make_error_code(Errc::closed));
}

namespace {

template <class Token>
auto async_wait(StreamReader& reader, Token&& token) {
  return asio::async_initiate<Token, void(error_code)>(
      [](auto handler, StreamReader* waiting) { waiting->async_wait(std::move(handler)); }, token,
      &reader);
}

asio::awaitable<std::optional<Delivery>> next_of(std::shared_ptr<StreamReader> reader) {
  if (!reader) co_return std::nullopt;
  for (;;) {
    // Before anything is taken: a cancelled read has consumed nothing.
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none)
      throw system_error(asio::error::operation_aborted);
    if (reader->waiting()) throw system_error(make_error_code(Errc::busy));
    switch (reader->look()) {
      case Reader::Look::found: co_return reader->take();
      case Reader::Look::ended:
        if (reader->error() == Errc::closed) co_return std::nullopt;
        throw system_error(reader->error());
      case Reader::Look::nothing: break;
    }
    auto wait = async_wait(*reader, asio::as_tuple(asio::deferred));
    const auto waited = co_await std::move(wait);
    const error_code ec = std::get<0>(waited);
    if (ec && ec != Errc::closed && ec != Errc::lagged) throw system_error(ec);
  }
}

}  // namespace
}  // namespace detail

EventStream::EventStream() noexcept = default;
EventStream::EventStream(std::shared_ptr<detail::StreamReader> reader) noexcept
    : reader_(std::move(reader)) {}
EventStream::EventStream(EventStream&&) noexcept = default;

EventStream& EventStream::operator=(EventStream&& other) noexcept {
  EventStream old(std::move(*this));
  reader_ = std::move(other.reader_);
  return *this;
}

EventStream::~EventStream() {
  if (reader_) reader_->abandon();
}

EventStream::executor_type EventStream::get_executor() const noexcept {
  return detail::executor_of(reader_);
}

std::optional<Delivery> EventStream::try_next() {
  if (!reader_ || reader_->waiting() || reader_->look() != detail::Reader::Look::found)
    return std::nullopt;
  return reader_->take();
}

Batch EventStream::try_batch(std::size_t limit) {
  if (!reader_ || limit == 0 || reader_->waiting() ||
      reader_->look() != detail::Reader::Look::found)
    return {};
  return reader_->take_batch(limit);
}

asio::awaitable<std::optional<Delivery>> EventStream::next() { return detail::next_of(reader_); }

void EventStream::cancel() {
  if (reader_) reader_->cancel();
}

error_code EventStream::error() const {
  return reader_ ? reader_->error() : make_error_code(Errc::closed);
}

ReaderStats EventStream::stats() const {
  return reader_ ? reader_->current_stats() : ReaderStats{};
}

}  // namespace strandbus
