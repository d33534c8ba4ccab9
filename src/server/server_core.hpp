#pragma once

#include "server/http_connection.hpp"
#include "server/http_context.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace strandbus::detail {

/// The listener of a server and the list of its connections.
///
/// Threads: any thread.
/// Lifetime: by shared_ptr; until stop it is kept by the coroutine that accepts.
class ServerCore : public std::enable_shared_from_this<ServerCore> {
 public:
  /// Opens the port. Errors: throws system_error with the address.
  ServerCore(asio::any_io_executor executor, asio::ip::tcp::endpoint endpoint);

  std::uint16_t port() const noexcept { return endpoint_.port(); }
  std::string url() const;
  HttpContext& context() noexcept { return *context_; }

  /// Says what connections work with; before start.
  void set_context(std::shared_ptr<HttpContext> context) { context_ = std::move(context); }

  void start();
  /// Accepts nothing more and closes all connections, soon.
  void stop();
  /// See HttpServer::drain.
  static asio::awaitable<void> drain(std::shared_ptr<ServerCore> self,
                                     std::chrono::steady_clock::time_point deadline);

 private:
  using Clock = std::chrono::steady_clock;
  using Strand = asio::strand<asio::any_io_executor>;

  static asio::awaitable<void> accept_all(std::shared_ptr<ServerCore> self);
  static asio::awaitable<void> wait_until_empty(std::shared_ptr<ServerCore> self,
                                                Clock::time_point deadline);
  asio::awaitable<error_code> accept_one();
  void admit(asio::ip::tcp::socket socket);
  void serve(asio::ip::tcp::socket socket, const asio::ip::address& peer);
  void refuse(asio::ip::tcp::socket socket, const HttpRefusal& refusal);
  void leave(std::uint64_t number, const asio::ip::address& peer, const std::exception_ptr& failed);
  std::vector<std::shared_ptr<HttpConnection>> connections() const;

  const asio::any_io_executor executor_;
  const Strand strand_;  // the acceptor and the timers live on it
  asio::ip::tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  asio::steady_timer empty_;
  asio::ip::tcp::endpoint endpoint_;
  std::shared_ptr<HttpContext> context_;

  mutable std::mutex mutex_;
  std::unordered_map<std::uint64_t, std::weak_ptr<HttpConnection>> open_;
  std::uint64_t last_number_ = 0;
};

}  // namespace strandbus::detail
