#include "net/resolve.hpp"

#include "net/http_transport.hpp"

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>

namespace strandbus::detail {

using asio::ip::tcp;

namespace {

/// Belongs to the resolver's handler as well: a coroutine that is cancelled leaves it behind.
struct Lookup {
  Lookup(const asio::any_io_executor& executor, std::chrono::steady_clock::time_point deadline)
      : resolver(executor), wake(executor, deadline) {}

  tcp::resolver resolver;
  asio::steady_timer wake;
  bool done = false;
  error_code ec;
  std::vector<tcp::endpoint> endpoints;
};

/// Asio starts its thread here; a system that has none left says so.
void start(const std::shared_ptr<Lookup>& lookup, const std::string& host, std::uint16_t port) {
  lookup->resolver.async_resolve(
      host, std::to_string(port), tcp::resolver::numeric_service,
      [lookup](const error_code& ec, const tcp::resolver::results_type& results) {
        lookup->done = true;
        lookup->ec = ec;
        for (const auto& entry : results) lookup->endpoints.push_back(entry.endpoint());
        lookup->wake.cancel();
      });
}

std::string no_address(const std::string& host, const error_code& ec) {
  return "no address of the host " + host + " was found (" + ec.message() +
         "); check its name and the network";
}

}  // namespace

std::vector<tcp::endpoint> known_endpoints(const std::string& host, std::uint16_t port) {
  if (host == "localhost") {
    return {tcp::endpoint(asio::ip::address_v4::loopback(), port),
            tcp::endpoint(asio::ip::address_v6::loopback(), port)};
  }
  error_code not_an_address;
  const auto address = asio::ip::make_address(host, not_an_address);
  if (not_an_address) return {};
  return {tcp::endpoint(address, port)};
}

asio::awaitable<std::vector<tcp::endpoint>> async_resolve(
    std::string host, std::uint16_t port, std::chrono::steady_clock::time_point deadline) {
  auto known = known_endpoints(host, port);
  if (!known.empty()) co_return known;

  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const auto lookup = std::make_shared<Lookup>(executor, deadline);
  try {
    start(lookup, host, port);
  } catch (const system_error& failure) {
    throw HttpError(HttpFailure::resolve, no_address(host, failure.code()));
  }
  error_code woken;
  co_await lookup->wake.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  // The answer may have come between the cancellation and this.
  const auto cancellation = co_await asio::this_coro::cancellation_state;
  if (cancellation.cancelled() != asio::cancellation_type::none) {
    lookup->resolver.cancel();
    throw system_error(asio::error::operation_aborted);
  }
  if (!lookup->done) {
    lookup->resolver.cancel();
    throw HttpError(HttpFailure::connect,
                    "no name server told the address of " + host + " in time; check the network");
  }
  if (lookup->ec || lookup->endpoints.empty()) {
    throw HttpError(HttpFailure::resolve, no_address(host, lookup->ec));
  }
  co_return std::move(lookup->endpoints);
}

}  // namespace strandbus::detail
