#include "server/event_sender.hpp"

#include "strandbus/event/json_codec.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <random>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::size_t max_answer_bytes = std::size_t{64} * 1024;

double chance() {
  static thread_local std::minstd_rand generator{std::random_device{}()};
  return std::uniform_real_distribution<double>(0, 1)(generator);
}

/// Whether the server has decided, about this very request.
bool is_decided(int status) {
  switch (status) {
    case 401:
    case 403:
    case 404:
    case 408:
    case 410:
    case 425:
    case 429: return false;
    default: return status == 200 || status == 201 || (status >= 400 && status < 500);
  }
}

/// The server cannot have done anything.
bool was_not_reached(const FollowAttempt& attempt) {
  if (attempt.status != 0) return attempt.status == 429 || attempt.status == 503;
  return attempt.failure == HttpFailure::resolve || attempt.failure == HttpFailure::connect ||
         attempt.failure == HttpFailure::proxy;
}

std::optional<std::chrono::milliseconds> retry_after(const HttpExchange& exchange) {
  const std::string_view text = exchange.header("Retry-After").value_or("");
  unsigned seconds = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (text.empty() || failure != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return std::chrono::seconds(std::min(seconds, 3600U));
}

std::uint64_t number_of(const json::object& object, std::string_view name) {
  const json::value* const found = object.if_contains(name);
  if (!found) return 0;
  error_code ec;
  const auto number = found->to_number<std::uint64_t>(ec);
  return ec ? 0 : number;
}

std::string message_of(const json::object& object, const SendAnswer& answer) {
  const json::value* const error = object.if_contains("error");
  const json::object* const members = error ? error->if_object() : nullptr;
  const json::value* const message = members ? members->if_contains("message") : nullptr;
  if (message && message->is_string()) return std::string(message->get_string());
  return "the server answers with status " + std::to_string(answer.status) + ": check the URL";
}

}  // namespace

SendResult read_send_answer(const SendAnswer& answer) {
  SendResult result;
  const auto document = parse_json(answer.body);
  const json::object* const members = document ? document->if_object() : nullptr;
  const json::object none;
  const json::object& object = members ? *members : none;
  result.accepted = number_of(object, "accepted");
  result.repeated = number_of(object, "repeated");
  result.line = static_cast<std::size_t>(number_of(object, "line"));
  result.taken = answer.status == 200 && object.contains("accepted");
  if (!result.taken) result.why = message_of(object, answer);
  return result;
}

EventSender::EventSender(HttpTransport& transport, SenderOptions options)
    : transport_(transport), options_(std::move(options)) {}

asio::awaitable<CreateResult> EventSender::async_create(std::string client) {
  std::string body = "{\"client\":";
  append_json_string(body, client);
  body += '}';
  HttpRequest asked = request("", "application/json", std::move(body));
  const Outcome outcome = co_await async_ask(std::move(asked), Repeat::no);
  CreateResult result;
  result.why = outcome.refused;
  if (!result.why.empty()) co_return result;
  const std::string& location = outcome.answer.location;
  const std::size_t slash = location.rfind('/');
  if (outcome.answer.status == 201 && slash != std::string::npos) {
    result.session_id = location.substr(slash + 1);
  } else {
    result.why = read_send_answer(outcome.answer).why;
  }
  co_return result;
}

asio::awaitable<SendResult> EventSender::async_send(std::string session_id, std::string lines) {
  HttpRequest asked =
      request('/' + session_id + "/events", "application/x-ndjson", std::move(lines));
  const Outcome outcome = co_await async_ask(std::move(asked), Repeat::yes);
  SendResult result;
  if (outcome.refused.empty()) {
    result = read_send_answer(outcome.answer);
  } else {
    result.why = outcome.refused;
  }
  co_return result;
}

HttpRequest EventSender::request(std::string path, std::string content_type,
                                 std::string body) const {
  HttpRequest request;
  request.url = options_.sessions;
  request.url.target += path;
  request.headers.push_back({"Authorization", "Bearer " + options_.token});
  request.headers.push_back({"Content-Type", std::move(content_type)});
  request.body = std::move(body);
  return request;
}

/// Asks until there is an answer that decides.
asio::awaitable<EventSender::Outcome> EventSender::async_ask(HttpRequest request, Repeat repeat) {
  Outcome outcome;
  for (;;) {
    HttpRequest copy = request;
    const FollowAttempt attempt = co_await async_attempt(std::move(copy), outcome.answer);
    if (is_decided(attempt.status)) {
      found();
      co_return outcome;
    }
    ++past_.failed;
    FollowDecision decision =
        decide_follow(attempt, past_, options_.random ? options_.random() : chance());
    const bool may_repeat = repeat == Repeat::yes || was_not_reached(attempt);
    if (decision.step != FollowDecision::Step::again || !may_repeat) {
      outcome.refused = std::move(decision.why);
      co_return outcome;
    }
    lost(decision.why);
    co_await async_wait(decision.delay);
  }
}

asio::awaitable<FollowAttempt> EventSender::async_attempt(HttpRequest request, SendAnswer& answer) {
  FollowAttempt attempt;
  answer = SendAnswer();
  past_.asked.reset();
  try {
    const auto exchange = co_await transport_.async_send(std::move(request));
    answer.location = exchange->header("Location").value_or("");
    past_.asked = retry_after(*exchange);
    std::array<char, 4096> buffer;
    for (;;) {
      const std::size_t size = co_await exchange->async_read_some(buffer);
      if (size == 0) break;
      if (answer.body.size() < max_answer_bytes) answer.body.append(buffer.data(), size);
    }
    answer.status = attempt.status = exchange->status();
  } catch (const HttpError& error) {
    attempt.failure = error.failure();
    attempt.failure_text = error.what();
  }
  co_return attempt;
}

void EventSender::found() {
  past_.connected = true;
  past_.failed = 0;
  if (std::exchange(lost_, false) && options_.on_found) options_.on_found();
}

void EventSender::lost(std::string_view why) {
  if (!std::exchange(lost_, true) && options_.on_lost) options_.on_lost(why);
}

asio::awaitable<void> EventSender::async_wait(std::chrono::milliseconds delay) {
  if (options_.wait) {
    co_await options_.wait(delay);
    co_return;
  }
  asio::steady_timer timer(co_await asio::this_coro::executor, delay);
  co_await timer.async_wait(asio::use_awaitable);
}

}  // namespace strandbus::detail
