#include "net/http_client.hpp"

#include "net/connection_pool.hpp"
#include "net/deadline.hpp"
#include "net/dialer.hpp"
#include "net/http_dialogue.hpp"
#include "net/request_head.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <utility>

namespace strandbus::detail {

using Clock = std::chrono::steady_clock;

namespace {

class ClientExchange final : public HttpExchange {
 public:
  explicit ClientExchange(std::shared_ptr<HttpDialogue> dialogue)
      : dialogue_(std::move(dialogue)) {}
  ClientExchange(const ClientExchange&) = delete;
  ClientExchange& operator=(const ClientExchange&) = delete;
  ~ClientExchange() override { dialogue_->close(); }

  int status() const noexcept override { return dialogue_->answer().status(); }
  std::optional<std::string_view> header(std::string_view name) const noexcept override {
    return dialogue_->answer().header(name);
  }
  asio::awaitable<std::size_t> async_read_some(std::span<char> buffer) override {
    return read(dialogue_, buffer);
  }
  void close() noexcept override { dialogue_->close(); }

 private:
  /// The exchange may be destroyed meanwhile.
  static asio::awaitable<std::size_t> read(std::shared_ptr<HttpDialogue> dialogue,
                                           std::span<char> buffer) {
    try {
      co_return co_await dialogue->async_read_some(buffer);
    } catch (...) {
      dialogue->close();
      throw;
    }
  }

  std::shared_ptr<HttpDialogue> dialogue_;
};

/// A request as it goes to the server, as often as it takes.
struct Order {
  Url url;
  ResponseBody answer = ResponseBody::as_told;
  std::shared_ptr<const std::string> head;
  std::shared_ptr<const std::string> body;
};

Order make_order(HttpRequest request, const std::string& user_agent) {
  Order order;
  order.head = std::make_shared<const std::string>(request_head(request, user_agent));
  order.body = std::make_shared<const std::string>(std::move(request.body));
  if (request.method == "HEAD") order.answer = ResponseBody::none;
  order.url = std::move(request.url);
  return order;
}

std::string origin_of(const Url& url) { return url.scheme + "://" + url.peer(); }

Clock::time_point after(std::chrono::milliseconds time) {
  return time.count() == 0 ? Clock::time_point::max() : Clock::now() + time;
}

void require_positive(const char* name, std::chrono::milliseconds value) {
  constexpr std::chrono::milliseconds most = std::chrono::hours(24 * 365);
  if (value.count() > 0 && value <= most) return;
  throw std::invalid_argument("HttpClientOptions::" + std::string(name) + " is " +
                              std::to_string(value.count()) + " ms; allowed: 1 ms to a year");
}

void check(const HttpClientOptions& options) {
  require_positive("connect_timeout", options.connect_timeout);
  if (options.head_timeout.count() != 0) require_positive("head_timeout", options.head_timeout);
  require_positive("idle_timeout", options.idle_timeout);
  constexpr std::size_t min_head = 256;
  if (options.max_head_bytes < min_head ||
      options.max_head_bytes > std::numeric_limits<std::uint32_t>::max()) {
    throw std::invalid_argument("HttpClientOptions::max_head_bytes is " +
                                std::to_string(options.max_head_bytes) +
                                "; allowed: 256 to 4294967295");
  }
  const bool printable = std::all_of(options.user_agent.begin(), options.user_agent.end(),
                                     [](char c) { return c >= ' ' && c <= '~'; });
  if (options.user_agent.empty() || !printable) {
    throw std::invalid_argument(
        "HttpClientOptions::user_agent is empty or has a character that no header may hold");
  }
}

HttpClientOptions checked(HttpClientOptions options) {
  check(options);
  return options;
}

/// What is refused before anything is sent.
void check(const Url& url, PlainHttp plain_http) {
  if (!url.userinfo.empty()) {
    throw HttpError(HttpFailure::refused, "the URL of " + url.peer() +
                                              " holds a user or password, which would end up in "
                                              "logs; remove it and send a header instead");
  }
  if (!url.secure() && !url.is_loopback() && plain_http != PlainHttp::anywhere) {
    throw HttpError(HttpFailure::refused,
                    "plain http to " + url.peer() +
                        " is refused: everybody on the way could read along; use https "
                        "(http is allowed to localhost only)");
  }
}

}  // namespace

struct HttpClient::Core {
  explicit Core(HttpClientOptions given)
      : options(checked(std::move(given))),
        tls(std::make_shared<const TlsContext>(options.ca_file)),
        pool(std::make_shared<ConnectionPool>(
            ConnectionPool::Limits{options.idle_per_origin, options.idle_timeout})) {}

  std::shared_ptr<const DialPlan> plan(const Url& url) const;
  std::shared_ptr<HttpDialogue> converse(const Order& order,
                                         std::shared_ptr<Connection> connection) const;

  /// Sends the order on a kept connection; null where none is left that the server had not ended.
  static asio::awaitable<std::shared_ptr<HttpDialogue>> async_reuse(
      std::shared_ptr<const Core> core, std::shared_ptr<const Order> order);
  /// Sends the order on a connection of its own.
  static asio::awaitable<std::shared_ptr<HttpDialogue>> async_begin(
      std::shared_ptr<const Core> core, std::shared_ptr<const Order> order,
      std::shared_ptr<const DialPlan> plan);

  const HttpClientOptions options;
  const std::shared_ptr<const TlsContext> tls;
  const std::shared_ptr<ConnectionPool> pool;
};

std::shared_ptr<const DialPlan> HttpClient::Core::plan(const Url& url) const {
  auto proxy = proxy_for(options.proxy, url);
  if (!proxy) throw HttpError(HttpFailure::refused, proxy.error().message);
  DialPlan plan;
  plan.url = url;
  plan.proxy = *std::move(proxy);
  plan.tls = tls;
  plan.user_agent = options.user_agent;
  plan.max_head_bytes = options.max_head_bytes;
  plan.deadline = after(options.connect_timeout);
  return std::make_shared<const DialPlan>(std::move(plan));
}

std::shared_ptr<HttpDialogue> HttpClient::Core::converse(
    const Order& order, std::shared_ptr<Connection> connection) const {
  HttpDialogue::Setting setting;
  setting.peer = order.url.peer();
  setting.origin = origin_of(order.url);
  setting.limits = {options.max_head_bytes, options.max_body_bytes};
  setting.body = order.answer;
  setting.pool = pool;
  return std::make_shared<HttpDialogue>(std::move(setting), std::move(connection));
}

asio::awaitable<std::shared_ptr<HttpDialogue>> HttpClient::Core::async_reuse(
    std::shared_ptr<const Core> core, std::shared_ptr<const Order> order) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  auto connection = core->pool->take(origin_of(order->url), executor, Clock::now());
  if (!connection) co_return nullptr;
  const auto dialogue = core->converse(*order, std::move(connection));
  try {
    co_await dialogue->async_open(order->head, order->body, after(core->options.head_timeout));
  } catch (const HttpError&) {
    if (!dialogue->is_stale()) throw;
    co_return nullptr;
  }
  co_return dialogue;
}

asio::awaitable<std::shared_ptr<HttpDialogue>> HttpClient::Core::async_begin(
    std::shared_ptr<const Core> core, std::shared_ptr<const Order> order,
    std::shared_ptr<const DialPlan> plan) {
  const auto connection = co_await async_dial(plan);
  const auto dialogue = core->converse(*order, connection);
  co_await dialogue->async_open(order->head, order->body, after(core->options.head_timeout));
  co_return dialogue;
}

HttpClient::HttpClient(HttpClientOptions options)
    : core_(std::make_shared<const Core>(std::move(options))) {}

HttpClient::~HttpClient() = default;

asio::awaitable<std::unique_ptr<HttpExchange>> HttpClient::async_send(HttpRequest request) {
  return send(core_, std::move(request));
}

asio::awaitable<std::unique_ptr<HttpExchange>> HttpClient::send(std::shared_ptr<const Core> core,
                                                                HttpRequest request) {
  check(request.url, core->options.plain_http);
  const auto order =
      std::make_shared<const Order>(make_order(std::move(request), core->options.user_agent));
  auto dialogue = co_await Core::async_reuse(core, order);
  if (!dialogue) {
    const auto plan = core->plan(order->url);
    dialogue = co_await Core::async_begin(core, order, plan);
  }
  co_return std::make_unique<ClientExchange>(std::move(dialogue));
}

void HttpClient::close_idle() { core_->pool->clear(); }

std::size_t HttpClient::idle_connections() const { return core_->pool->size(); }

}  // namespace strandbus::detail
