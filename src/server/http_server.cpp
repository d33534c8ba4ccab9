#include "strandbus/server/http_server.hpp"

#include "server/server_core.hpp"

#include <boost/asio/ip/address.hpp>

#include <stdexcept>
#include <string_view>
#include <utility>

namespace strandbus {
namespace {

using detail::AccessOptions;
using detail::HttpContext;
using detail::ServerCore;

asio::ip::address address_of(const std::string& text) {
  error_code ec;
  const auto address = asio::ip::make_address(text, ec);
  if (ec) {
    throw std::invalid_argument("HttpServerOptions::address: \"" + text +
                                "\" is no numeric address such as 127.0.0.1 or ::1");
  }
  return address;
}

void check_size(std::string_view name, std::size_t value, std::size_t least, std::size_t most) {
  if (value >= least && value <= most) return;
  throw std::invalid_argument("HttpLimits::" + std::string(name) + ": is " + std::to_string(value) +
                              "; from " + std::to_string(least) + " to " + std::to_string(most) +
                              " is allowed");
}

void check_time(std::string_view name, std::chrono::milliseconds value) {
  constexpr std::chrono::milliseconds most = std::chrono::hours(24);
  if (value.count() > 0 && value <= most) return;
  throw std::invalid_argument("HttpLimits::" + std::string(name) + ": is " +
                              std::to_string(value.count()) +
                              " ms; more than 0 and at most a day is allowed");
}

void check(const HttpLimits& limits) {
  constexpr std::size_t many = std::size_t{1} << 30U;
  check_size("max_header", limits.max_header, 256, std::size_t{1024} * 1024);
  check_size("max_body", limits.max_body, 1, many);
  check_size("max_connections", limits.max_connections, 1, many);
  check_size("max_connections_per_address", limits.max_connections_per_address, 1, many);
  check_size("max_requests_per_second", limits.max_requests_per_second, 0, many);
  check_time("read_timeout", limits.read_timeout);
  check_time("write_timeout", limits.write_timeout);
  check_time("idle_timeout", limits.idle_timeout);
  check_time("keep_alive", limits.keep_alive);
}

}  // namespace

HttpServer::HttpServer(asio::any_io_executor executor, std::shared_ptr<SessionHub> hub,
                       HttpServerOptions options) {
  check(options.limits);
  detail::check_access_options(options.token, options.allowed_hosts, options.allowed_origins);
  const asio::ip::address address = address_of(options.address);
  core_ = std::make_shared<ServerCore>(std::move(executor),
                                       asio::ip::tcp::endpoint(address, options.port));
  AccessOptions access;
  access.address = address;
  access.port = core_->port();
  access.token = std::move(options.token);
  access.allowed_hosts = std::move(options.allowed_hosts);
  access.allowed_origins = std::move(options.allowed_origins);
  core_->set_context(std::make_shared<HttpContext>(std::move(hub), options.limits,
                                                   std::move(options.logger), std::move(access)));
}

HttpServer::~HttpServer() { core_->stop(); }

std::uint16_t HttpServer::port() const noexcept { return core_->port(); }

std::string HttpServer::url() const { return core_->url(); }

std::string HttpServer::one_time_link() { return core_->context().new_link(); }

void HttpServer::start() { core_->start(); }

asio::awaitable<void> HttpServer::drain(std::chrono::steady_clock::time_point deadline) {
  return ServerCore::drain(core_, deadline);
}

HttpStats HttpServer::stats() const { return core_->context().stats(); }

}  // namespace strandbus
