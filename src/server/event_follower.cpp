#include "server/event_follower.hpp"

#include "llm/watchdog.hpp"

#include <boost/algorithm/string/predicate.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <random>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::size_t buffer_bytes = std::size_t{16} * 1024;
constexpr SseLimits stream_limits{.line_bytes = std::size_t{16} * 1024 * 1024,
                                  .event_bytes = std::size_t{16} * 1024 * 1024};

double chance() {
  static thread_local std::minstd_rand generator{std::random_device{}()};
  return std::uniform_real_distribution<double>(0, 1)(generator);
}

bool is_event_stream(const HttpExchange& exchange) {
  constexpr std::string_view type = "text/event-stream";
  const std::string_view content = exchange.header("Content-Type").value_or("");
  if (!boost::algorithm::istarts_with(content, type)) return false;
  return content.size() == type.size() || content[type.size()] == ';' ||
         content[type.size()] == ' ';
}

}  // namespace

EventFollower::EventFollower(HttpTransport& transport, FollowSink& sink, FollowerOptions options)
    : transport_(transport),
      sink_(sink),
      options_(std::move(options)),
      history_(options_.after),
      buffer_(buffer_bytes) {}

asio::awaitable<FollowResult> EventFollower::async_run() {
  FollowResult result;
  for (;;) {
    const FollowAttempt attempt = co_await async_attempt();
    if (enough_) {
      result.end = FollowResult::End::enough;
      co_return result;
    }
    ++past_.failed;
    FollowDecision decision =
        decide_follow(attempt, past_, options_.random ? options_.random() : chance());
    if (decision.step != FollowDecision::Step::again) {
      if (decision.step == FollowDecision::Step::refused) result.end = FollowResult::End::refused;
      result.why = std::move(decision.why);
      co_return result;
    }
    lost(decision.why);
    co_await async_wait(decision.delay);
  }
}

HttpRequest EventFollower::request() const {
  HttpRequest request;
  request.method = "GET";
  request.url = options_.url;
  request.headers.push_back({"Authorization", "Bearer " + options_.token});
  request.headers.push_back({"Accept", "text/event-stream"});
  request.headers.push_back({"Cache-Control", "no-store"});
  if (const auto position = history_.position())
    request.headers.push_back({"Last-Event-ID", std::to_string(*position)});
  return request;
}

asio::awaitable<FollowAttempt> EventFollower::async_attempt() {
  FollowAttempt attempt;
  try {
    HttpRequest asked = request();
    const auto exchange = co_await transport_.async_send(std::move(asked));
    attempt.status = exchange->status();
    attempt.event_stream = is_event_stream(*exchange);
    if (attempt.status == 200 && attempt.event_stream) {
      found();
      co_await async_read_stream(*exchange, attempt);
    }
  } catch (const HttpError& error) {
    attempt.failure = error.failure();
    attempt.failure_text = error.what();
  }
  co_return attempt;
}

/// Reads until the stream ends, however it does. Throws HttpError.
asio::awaitable<void> EventFollower::async_read_stream(HttpExchange& exchange,
                                                       FollowAttempt& attempt) {
  Watchdog watchdog(co_await asio::this_coro::executor, exchange);
  SseParser parser(stream_limits);
  while (!enough_ && parser.error().empty()) {
    watchdog.watch_until(Watchdog::Clock::now() + options_.patience);
    std::size_t size = 0;
    try {
      size = co_await exchange.async_read_some(buffer_);
    } catch (const HttpError&) {
      if (!watchdog.has_closed()) throw;
      attempt.failure = HttpFailure::timeout;
      attempt.failure_text =
          "nothing has come for " + std::to_string(options_.patience.count() / 1000) + " s";
      co_return;
    }
    watchdog.rest();
    if (size == 0) co_return;
    take(parser.feed({buffer_.data(), size}));
    if (parser.retry()) past_.asked = parser.retry();
  }
  attempt.unreadable = parser.error();
}

void EventFollower::take(const std::vector<SseEvent>& events) {
  for (const SseEvent& sent : events) {
    if (enough_) break;
    take(sent);
  }
  if (!events.empty()) sink_.on_pause();
}

struct EventFollower::Showing {
  EventFollower& follower;
  std::string_view json;

  void operator()(const FollowedNothing&) const {}
  void operator()(const StreamEvent& event) const {
    follower.past_.failed = 0;
    follower.enough_ = !follower.sink_.on_event(event, json);
  }
  void operator()(const FollowedGap& gap) const { follower.sink_.on_gap(gap.missed, json); }
  void operator()(const FollowedReset&) const { follower.sink_.on_reset(json); }
  void operator()(const FollowedFault& fault) const { follower.sink_.on_fault(fault.message); }
};

void EventFollower::take(const SseEvent& sent) {
  const FollowedItem item = history_.take(sent);
  std::visit(Showing{*this, sent.data}, item);
}

void EventFollower::found() {
  past_.connected = true;
  if (std::exchange(lost_, false)) sink_.on_found();
}

void EventFollower::lost(std::string_view why) {
  if (!std::exchange(lost_, true)) sink_.on_lost(why);
}

asio::awaitable<void> EventFollower::async_wait(std::chrono::milliseconds delay) {
  if (options_.wait) {
    co_await options_.wait(delay);
    co_return;
  }
  asio::steady_timer timer(co_await asio::this_coro::executor, delay);
  co_await timer.async_wait(asio::use_awaitable);
}

}  // namespace strandbus::detail
