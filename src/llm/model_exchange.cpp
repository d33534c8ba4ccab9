#include "llm/model_exchange.hpp"

#include "event/trace_parent.hpp"
#include "llm/server_json.hpp"

#include <boost/algorithm/string/predicate.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <tuple>
#include <utility>

namespace strandbus::detail {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t buffer_bytes = 16 * 1024;
constexpr std::size_t failure_bytes = 64 * 1024;
constexpr milliseconds failure_patience{5'000};
// After the finish_reason only the usage and the end of the stream are still to come.
constexpr milliseconds tail_patience{5'000};
// After "[DONE]" the body ends at once, and the connection may be used again.
constexpr milliseconds drain_patience{200};
constexpr int drain_reads = 4;

std::string seconds_text(milliseconds time) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%g s", static_cast<double>(time.count()) / 1000);
  return text.data();
}

ErrorCode code_of(HttpFailure failure) noexcept {
  switch (failure) {
    case HttpFailure::refused: return ErrorCode::invalid_request;
    case HttpFailure::protocol:
    case HttpFailure::limit: return ErrorCode::invalid_response;
    case HttpFailure::resolve:
    case HttpFailure::connect:
    case HttpFailure::proxy:
    case HttpFailure::tls:
    case HttpFailure::timeout:
    case HttpFailure::closed: break;
  }
  return ErrorCode::network;
}

ProviderError failure_of(const HttpError& error) {
  ProviderError::Details details;
  // Whom we cannot trust now, we cannot trust in a second either.
  if (error.failure() == HttpFailure::tls) details.retryable = false;
  return ProviderError(code_of(error.failure()), error.what(), details);
}

/// The sink may be anybody's: what is sent is what was understood of its text. A header of the
/// user's own stays the only one.
void add_trace_parent(HttpRequest& request, const DeltaSink& sink) {
  const auto parent = parse_trace_parent(sink.trace_parent());
  const bool has_one = std::ranges::any_of(request.headers, [](const HttpHeader& header) {
    return boost::algorithm::iequals(header.name, trace_parent_key);
  });
  if (parent && !has_one)
    request.headers.push_back({std::string(trace_parent_key), to_text(*parent)});
}

[[noreturn]] void throw_aborted() { throw system_error(asio::error::operation_aborted); }

}  // namespace

ModelExchange::ModelExchange(HttpTransport& transport, const ExchangeLimits& limits,
                             ServerContext& server, AnswerAssembler& assembler, DeltaSink& sink)
    : transport_(transport),
      limits_(limits),
      server_(server),
      assembler_(assembler),
      sink_(sink),
      buffer_(buffer_bytes) {}

asio::awaitable<ModelResponse> ModelExchange::async_run(HttpRequest request) {
  allowed_ = limits_.head;
  deadline_ = Clock::now() + allowed_;
  add_trace_parent(request, sink_);
  co_await async_open(std::move(request));
  if (exchange_->status() < 200 || exchange_->status() > 299) {
    const FailedAnswer answer = co_await async_failed_answer();
    throw detail::failure_of(answer, server_, std::chrono::system_clock::now());
  }

  std::string head;
  switch (co_await async_body_kind(head)) {
    case BodyKind::unknown: throw_not_whole("it is empty");
    case BodyKind::page:
      fail(ErrorCode::invalid_response, "answered with a page of HTML",
           "check that the base URL is that of a model's API");
    case BodyKind::json: co_await async_take_whole(std::move(head)); break;
    case BodyKind::stream: co_await async_take_stream(std::move(head)); break;
  }
  if (!assembler_.whole() && broken_) throw *broken_;
  co_return assembler_.finish();
}

/// Waits for the head of the answer, but not beyond the deadline.
asio::awaitable<void> ModelExchange::async_open(HttpRequest request) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, deadline_);
  auto sending =
      asio::co_spawn(executor, transport_.async_send(std::move(request)), asio::deferred);
  auto either =
      asio::experimental::make_parallel_group(std::move(sending), timer.async_wait(asio::deferred));
  auto waiting = either.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
  auto ended = co_await std::move(waiting);

  const std::exception_ptr failure = std::get<1>(ended);
  if (failure) {
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) throw_aborted();
    const bool late = !std::get<3>(ended);
    if (late) {
      fail(ErrorCode::network, "did not answer within " + seconds_text(allowed_),
           "try again, or raise the limit");
    }
    throw_not_opened(failure);
  }
  exchange_ = std::move(std::get<2>(ended));
  watchdog_.emplace(executor, *exchange_);
  server_.request_id = header("x-request-id");
  if (server_.request_id.empty()) server_.request_id = header("request-id");
}

asio::awaitable<FailedAnswer> ModelExchange::async_failed_answer() {
  FailedAnswer answer;
  answer.status = exchange_->status();
  answer.retry_after_ms = header("retry-after-ms");
  answer.retry_after = header("retry-after");
  answer.should_retry = header("x-should-retry");
  answer.location = header("location");
  // What has come until then says enough, also when the rest never comes.
  deadline_ = std::min(deadline_, Clock::now() + failure_patience);
  co_await async_fill(answer.body, failure_bytes);
  co_return answer;
}

/// Reads until the kind of the body is known; `head` is what was read, without what says nothing.
asio::awaitable<BodyKind> ModelExchange::async_body_kind(std::string& head) {
  BodyKind kind = BodyKind::unknown;
  while (kind == BodyKind::unknown) {
    const std::string_view bytes = co_await async_read();
    if (bytes.empty()) break;
    head += bytes;
    kind = body_kind(head);
    if (kind == BodyKind::unknown && head.size() > byte_order_mark.size()) head.clear();
  }
  if (head.starts_with(byte_order_mark)) head.erase(0, byte_order_mark.size());
  co_return kind;
}

asio::awaitable<void> ModelExchange::async_take_stream(std::string head) {
  SseParser parser(limits_.sse);
  std::string_view bytes = head;
  while (!bytes.empty()) {
    const std::vector<SseEvent> events = parser.feed(bytes);
    co_await async_take_events(events);
    if (assembler_.ended()) break;
    if (!parser.error().empty()) fail(ErrorCode::invalid_response, "sent " + parser.error(), "");
    bytes = co_await async_read();
  }
  if (assembler_.ended()) {
    co_await async_drain();
  } else {
    take_tail(parser);
  }
}

asio::awaitable<void> ModelExchange::async_take_events(const std::vector<SseEvent>& events) {
  for (const SseEvent& event : events) {
    co_await sink_.async_ready();
    assembler_.feed(event.data);
    any_event_ = true;
    if (assembler_.ended()) co_return;
  }
  if (!events.empty()) wait_for_next_event();
}

/// From here on the server is late; the time that the sink took is not its fault.
void ModelExchange::wait_for_next_event() {
  if (assembler_.whole() && std::exchange(tail_begun_, true)) return;  // its end does not move
  allowed_ = assembler_.whole() ? std::min(limits_.silence, tail_patience) : limits_.silence;
  deadline_ = Clock::now() + allowed_;
}

/// Some servers forget the blank line behind their last event; half an event is no event.
void ModelExchange::take_tail(SseParser& parser) {
  const std::optional<SseEvent> tail = parser.finish();
  if (tail && (tail->data == "[DONE]" || parse_server_json(tail->data)))
    assembler_.feed(tail->data);
}

asio::awaitable<void> ModelExchange::async_take_whole(std::string body) {
  co_await async_fill(body, limits_.body_bytes);
  const std::string text = repair_utf8(body);
  const auto parsed = parse_server_json(text);
  if (!parsed && parsed.error().offset >= text.size()) {
    if (broken_) throw *broken_;
    throw_not_whole("its JSON just ends");
  }
  co_await sink_.async_ready();
  assembler_.feed(text);
}

/// Reads to the end, or until the body has `most` bytes.
asio::awaitable<void> ModelExchange::async_fill(std::string& body, std::size_t most) {
  while (body.size() < most) {
    const std::string_view bytes = co_await async_read();
    if (bytes.empty()) break;
    body += bytes;
  }
}

asio::awaitable<void> ModelExchange::async_drain() {
  deadline_ = Clock::now() + drain_patience;
  for (int i = 0; i < drain_reads; ++i) {
    const std::string_view bytes = co_await async_read();
    if (bytes.empty()) break;
  }
  broken_.reset();  // the answer had ended before
}

/// Some bytes of the body; none when it has ended or, then `broken_` says why, broken off.
asio::awaitable<std::string_view> ModelExchange::async_read() {
  // Where bytes never cease to come, no timer is ever due while a read waits.
  if (Clock::now() >= deadline_) {
    note_late();
    co_return std::string_view();
  }
  std::size_t size = 0;
  watchdog_->watch_until(deadline_);
  try {
    size = co_await exchange_->async_read_some(buffer_);
  } catch (const HttpError& error) {
    note_broken(error);
  }
  watchdog_->rest();
  count(size);
  co_return std::string_view(buffer_.data(), size);
}

void ModelExchange::note_late() {
  const ErrorCode code = any_event_ ? ErrorCode::interrupted : ErrorCode::network;
  const std::string what = "sent nothing of the answer for " + seconds_text(allowed_);
  broken_ = ProviderError(code, failure_text(server_, what, "try again, or raise the limit"));
}

void ModelExchange::note_broken(const HttpError& error) {
  if (watchdog_->has_closed()) {
    note_late();
  } else if (error.failure() == HttpFailure::closed) {
    broken_ = assembler_.interrupted(error.what());
  } else {
    broken_ = failure_of(error);
  }
}

void ModelExchange::count(std::size_t bytes) {
  bytes_ += bytes;
  if (bytes_ <= limits_.body_bytes) return;
  fail(ErrorCode::invalid_response,
       "sent more than " + std::to_string(limits_.body_bytes) + " bytes", "");
}

std::string ModelExchange::header(std::string_view name) const {
  return std::string(exchange_->header(name).value_or(std::string_view()));
}

void ModelExchange::throw_not_opened(const std::exception_ptr& failure) const {
  try {
    std::rethrow_exception(failure);
  } catch (const HttpError& error) {
    throw failure_of(error);
  }
}

void ModelExchange::throw_not_whole(std::string_view how) const {
  if (broken_) throw *broken_;
  throw assembler_.interrupted(how);
}

void ModelExchange::fail(ErrorCode code, std::string_view what, std::string_view advice) const {
  throw ProviderError(code, failure_text(server_, what, advice));
}

}  // namespace strandbus::detail
