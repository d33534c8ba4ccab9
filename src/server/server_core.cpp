#include "server/server_core.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace strandbus::detail {

using asio::redirect_error;
using asio::use_awaitable;
using asio::ip::tcp;

namespace {

/// What is wrong when the system has no descriptor or no memory left lasts for a while.
constexpr std::chrono::milliseconds accept_pause{100};

tcp::acceptor open_port(const asio::any_io_executor& executor, const tcp::endpoint& endpoint) {
  tcp::acceptor acceptor(executor);
  try {
    acceptor.open(endpoint.protocol());
    acceptor.set_option(asio::socket_base::reuse_address(true));
    acceptor.bind(endpoint);
    acceptor.listen();
  } catch (const system_error& failed) {
    throw system_error(failed.code(), "cannot listen at " + endpoint.address().to_string() +
                                          " port " + std::to_string(endpoint.port()));
  }
  return acceptor;
}

HttpRefusal overloaded(int status, std::string message) {
  HttpRefusal refusal;
  refusal.status = status;
  refusal.code = "too_many_connections";
  refusal.message = std::move(message);
  HttpHeader header;
  header.name = "Retry-After";
  header.value = "1";
  refusal.headers.push_back(std::move(header));
  return refusal;
}

std::string what_of(const std::exception_ptr& failed) {
  try {
    std::rethrow_exception(failed);
  } catch (const std::exception& exception) {
    return exception.what();
  } catch (...) {
    return "something unknown was thrown";
  }
}

}  // namespace

ServerCore::ServerCore(asio::any_io_executor executor, tcp::endpoint endpoint)
    : executor_(std::move(executor)),
      strand_(asio::make_strand(executor_)),
      acceptor_(open_port(strand_, endpoint)),
      pause_(strand_),
      empty_(strand_),
      endpoint_(acceptor_.local_endpoint()) {}

std::string ServerCore::url() const {
  asio::ip::address address = endpoint_.address();
  // Nobody can be asked at "all addresses".
  if (address.is_unspecified() && address.is_v4()) address = asio::ip::address_v4::loopback();
  if (address.is_unspecified()) address = asio::ip::address_v6::loopback();
  const std::string host = address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
  return "http://" + host + ":" + std::to_string(endpoint_.port());
}

void ServerCore::start() {
  asio::co_spawn(strand_, accept_all(shared_from_this()),
                 [context = context_](const std::exception_ptr& failed) {
                   if (!failed) return;
                   context->logger.log(
                       LogLevel::error,
                       "http: no connection is accepted any more: " + what_of(failed));
                 });
}

void ServerCore::stop() {
  asio::post(strand_, [self = shared_from_this()] {
    error_code ignored;
    self->acceptor_.close(ignored);
    self->pause_.cancel();
    for (const auto& connection : self->connections()) connection->close();
  });
}

asio::awaitable<void> ServerCore::accept_all(std::shared_ptr<ServerCore> self) {
  while (self->acceptor_.is_open()) {
    const error_code ec = co_await self->accept_one();
    if (!ec || !self->acceptor_.is_open()) continue;
    self->context_->logger.log(LogLevel::warning, "http: cannot accept: " + ec.message());
    self->pause_.expires_after(accept_pause);
    error_code ignored;
    co_await self->pause_.async_wait(redirect_error(use_awaitable, ignored));
  }
}

asio::awaitable<error_code> ServerCore::accept_one() {
  tcp::socket socket(asio::make_strand(executor_));
  error_code ec;
  co_await acceptor_.async_accept(socket, redirect_error(use_awaitable, ec));
  if (!ec && acceptor_.is_open()) admit(std::move(socket));  // it may have been stopped meanwhile
  co_return ec;
}

void ServerCore::admit(tcp::socket socket) {
  error_code ec;
  const asio::ip::address peer = socket.remote_endpoint(ec).address();
  if (ec) return;  // it has gone already
  ++context_->accepted;
  if (context_->connections >= context_->limits.max_connections) {
    refuse(std::move(socket), overloaded(503, "the server has as many connections as it may have"));
  } else if (!context_->addresses.add_connection(peer, AddressLimits::Clock::now())) {
    refuse(std::move(socket), overloaded(429, "too many connections from one address"));
  } else {
    serve(std::move(socket), peer);
  }
}

/// Says no as well as it can be done without waiting for anything.
void ServerCore::refuse(tcp::socket socket, const HttpRefusal& refusal) {
  ++context_->refused;
  const HttpReply reply = reply_to(refusal);
  const std::string text = reply_head(reply, true) + "Connection: close\r\nContent-Length: " +
                           std::to_string(reply.body.size()) + "\r\n\r\n" + reply.body;
  error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(text), ignored);
  socket.shutdown(tcp::socket::shutdown_send, ignored);
}

void ServerCore::serve(tcp::socket socket, const asio::ip::address& peer) {
  std::uint64_t number = 0;
  std::shared_ptr<HttpConnection> connection;
  {
    const std::lock_guard lock(mutex_);
    number = ++last_number_;
    connection = std::make_shared<HttpConnection>(context_, std::move(socket), number);
    open_.emplace(number, connection);
    context_->connections = open_.size();
  }
  const asio::any_io_executor strand = connection->get_executor();
  asio::co_spawn(strand, HttpConnection::serve(std::move(connection)),
                 [self = shared_from_this(), number, peer](const std::exception_ptr& failed) {
                   self->leave(number, peer, failed);
                 });
}

void ServerCore::leave(std::uint64_t number, const asio::ip::address& peer,
                       const std::exception_ptr& failed) {
  context_->addresses.remove_connection(peer, AddressLimits::Clock::now());
  if (failed) {
    context_->logger.log(LogLevel::error, "http: a connection failed: " + what_of(failed));
  }
  bool last = false;
  {
    const std::lock_guard lock(mutex_);
    open_.erase(number);
    context_->connections = open_.size();
    last = open_.empty();
  }
  if (last && context_->draining) {
    asio::post(strand_, [self = shared_from_this()] { self->empty_.cancel(); });
  }
}

std::vector<std::shared_ptr<HttpConnection>> ServerCore::connections() const {
  std::vector<std::shared_ptr<HttpConnection>> result;
  const std::lock_guard lock(mutex_);
  for (const auto& [number, weak] : open_) {
    if (auto connection = weak.lock()) result.push_back(std::move(connection));
  }
  return result;
}

asio::awaitable<void> ServerCore::drain(std::shared_ptr<ServerCore> self,
                                        Clock::time_point deadline) {
  // What goes on happens on our strand, where nobody could cancel it safely.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  const Strand strand = self->strand_;
  co_await asio::co_spawn(strand, wait_until_empty(std::move(self), deadline), use_awaitable);
}

/// On the strand.
asio::awaitable<void> ServerCore::wait_until_empty(std::shared_ptr<ServerCore> self,
                                                   Clock::time_point deadline) {
  self->context_->draining = true;
  error_code ignored;
  self->acceptor_.close(ignored);
  self->pause_.cancel();
  for (const auto& connection : self->connections()) connection->drain();
  self->empty_.expires_at(deadline);
  while (self->context_->connections > 0 && Clock::now() < deadline) {
    co_await self->empty_.async_wait(redirect_error(use_awaitable, ignored));
  }
  for (const auto& connection : self->connections()) connection->close();
}

}  // namespace strandbus::detail
