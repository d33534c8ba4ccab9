#pragma once

#include "llm/fake_transport.hpp"
#include "net/client_harness.hpp"
#include "server/event_follower.hpp"
#include "strandbus/wire/sse_encoder.hpp"
#include "wire/event_list.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace strandbus::test {

/// Writes down what it hears.
class Heard final : public detail::FollowSink {
 public:
  std::vector<std::string> all{};     ///< in few words: "event 3", "gap 27", "lost", "found" …
  std::vector<std::string> events{};  ///< as they came
  std::string lost_text{};
  std::uint64_t enough = 0;  ///< the seq with which it has enough; 0 = never

  bool on_event(const StreamEvent& event, std::string_view json) override {
    all.push_back("event " + std::to_string(event.seq()));
    events.emplace_back(json);
    return event.seq() != enough;
  }
  void on_gap(std::uint64_t missed, std::string_view) override {
    all.push_back("gap " + std::to_string(missed));
  }
  void on_reset(std::string_view) override { all.emplace_back("reset"); }
  void on_fault(std::string_view) override { all.emplace_back("fault"); }
  void on_pause() override {}
  void on_lost(std::string_view why) override {
    all.emplace_back("lost");
    lost_text = why;
  }
  void on_found() override { all.emplace_back("found"); }
};

/// Brings each request to a function that plays the server.
class PlayedTransport final : public detail::HttpTransport {
 public:
  using Play = std::function<FakeAnswer(const detail::HttpRequest&)>;

  explicit PlayedTransport(Play play) : play_(std::move(play)) {}

  asio::awaitable<std::unique_ptr<detail::HttpExchange>> async_send(
      detail::HttpRequest request) override {
    const FakeAnswer answer = play_(request);
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    co_await asio::post(asio::use_awaitable);
    if (answer.failure) throw detail::HttpError(*answer.failure, "server.test is not there");
    co_return std::make_unique<FakeExchange>(executor, server_, answer);
  }

 private:
  Play play_;
  FakeServer server_;
};

inline asio::awaitable<void> no_time() { co_await asio::post(asio::use_awaitable); }

/// Options of a follower whose waits take no time and are written down.
inline detail::FollowerOptions options_for(const std::string& url,
                                           std::vector<std::chrono::milliseconds>& waits) {
  detail::FollowerOptions options;
  options.url = request_to(url).url;
  options.token = "token-0123456789";
  options.wait = [&waits](std::chrono::milliseconds time) {
    waits.push_back(time);
    return no_time();
  };
  options.random = [] { return 0.0; };
  return options;
}

/// The value of a header; empty if there is none.
inline std::string header_of(const detail::HttpRequest& request, std::string_view name) {
  for (const detail::HttpHeader& header : request.headers) {
    if (header.name == name) return header.value;
  }
  return {};
}

/// The event stream of these events behind a seq.
inline std::string stream_of(const std::vector<StreamEvent>& events, std::uint64_t after) {
  std::string stream;
  append_sse_retry(stream, std::chrono::seconds(2));
  for (const StreamEvent& event : events) {
    if (event.seq() <= after) continue;
    if (event.seq() % 3 == 0) append_sse_comment(stream);
    append_sse(stream, to_json(event), event.seq());
  }
  return stream;
}

inline FakeAnswer event_stream(std::vector<std::string> pieces,
                               FakeAnswer::End end = FakeAnswer::End::ended) {
  FakeAnswer answer;
  answer.headers.emplace_back("Content-Type", "text/event-stream; charset=utf-8");
  answer.pieces = std::move(pieces);
  answer.end = end;
  return answer;
}

inline FakeAnswer status_only(int status) {
  FakeAnswer answer;
  answer.status = status;
  return answer;
}

}  // namespace strandbus::test
