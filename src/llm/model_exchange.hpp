#pragma once

#include "llm/answer_assembler.hpp"
#include "llm/body_kind.hpp"
#include "llm/watchdog.hpp"
#include "net/http_transport.hpp"
#include "net/sse_parser.hpp"
#include "strandbus/llm/provider.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::detail {

/// How long a server may take, and how much it may send.
struct ExchangeLimits {
  std::chrono::milliseconds head{};     ///< from the start to the first event
  std::chrono::milliseconds silence{};  ///< between two events
  std::size_t body_bytes{};
  SseLimits sse{};
};

/// One request to a model's server and its answer.
///
/// Threads: the strand of the coroutine that awaits async_run.
class ModelExchange {
 public:
  /// Everything must outlive this.
  ModelExchange(HttpTransport& transport, const ExchangeLimits& limits, ServerContext& server,
                AnswerAssembler& assembler, DeltaSink& sink);

  /// Sends and reads to the end; once. As Provider::async_complete.
  asio::awaitable<ModelResponse> async_run(HttpRequest request);

 private:
  using Clock = std::chrono::steady_clock;

  asio::awaitable<void> async_open(HttpRequest request);
  asio::awaitable<FailedAnswer> async_failed_answer();
  asio::awaitable<BodyKind> async_body_kind(std::string& head);
  asio::awaitable<void> async_take_stream(std::string head);
  asio::awaitable<void> async_take_events(const std::vector<SseEvent>& events);
  asio::awaitable<void> async_take_whole(std::string body);
  asio::awaitable<void> async_fill(std::string& body, std::size_t most);
  asio::awaitable<void> async_drain();
  asio::awaitable<std::string_view> async_read();

  void take_tail(SseParser& parser);
  void wait_for_next_event();
  void count(std::size_t bytes);
  std::string header(std::string_view name) const;
  void note_late();
  void note_broken(const HttpError& error);
  [[noreturn]] void throw_not_opened(const std::exception_ptr& failure) const;
  [[noreturn]] void throw_not_whole(std::string_view how) const;
  [[noreturn]] void fail(ErrorCode code, std::string_view what, std::string_view advice) const;

  HttpTransport& transport_;
  const ExchangeLimits& limits_;
  ServerContext& server_;
  AnswerAssembler& assembler_;
  DeltaSink& sink_;
  std::vector<char> buffer_;
  std::unique_ptr<HttpExchange> exchange_;
  std::optional<Watchdog> watchdog_;
  Clock::time_point deadline_{};
  std::chrono::milliseconds allowed_{};  // what deadline_ came from, for messages
  std::size_t bytes_ = 0;
  bool any_event_ = false;
  bool tail_begun_ = false;  // the answer is whole, and what may follow has its deadline
  std::optional<ProviderError> broken_;  // why the body did not end as the server meant it to
};

}  // namespace strandbus::detail
