#pragma once

#include "bus/reading.hpp"

#include <boost/asio/io_context.hpp>

#include <exception>
#include <utility>

// The asynchronous operations of the bus, so that one test holds for each: pending after their
// construction, until make_ready().

namespace strandbus::test {

struct StreamWait {
  explicit StreamWait(asio::io_context& io) : bus(io.get_executor()), stream(bus.stream()) {}

  template <class Token>
  auto start(Token&& token) {
    return stream.async_wait(std::forward<Token>(token));
  }
  void make_ready() { bus.publish(make_token("t")).value(); }

  EventBus bus;
  EventStream stream;
};

struct BusWritable {
  static BusOptions options() {
    BusOptions options;
    options.backlog_soft = 1;
    return options;
  }
  explicit BusWritable(asio::io_context& io)
      : bus(io.get_executor(), options()), reader(bus.stream({.overflow = Overflow::block})) {
    bus.publish(make_token("t")).value();
  }

  template <class Token>
  auto start(Token&& token) {
    return bus.async_writable(std::forward<Token>(token));
  }
  void make_ready() { reader.try_next(); }

  EventBus bus;
  EventStream reader;
};

struct BusDrain {
  explicit BusDrain(asio::io_context& io)
      : bus(io.get_executor()), reader(bus.stream({.overflow = Overflow::block})) {
    bus.publish(make_token("t")).value();
  }

  template <class Token>
  auto start(Token&& token) {
    return bus.async_drain(std::forward<Token>(token));
  }
  void make_ready() { reader.try_next(); }

  EventBus bus;
  EventStream reader;
};

/// As the completion handler of co_spawn: an exception reaches whoever runs the context.
inline void rethrow(const std::exception_ptr& error) {
  if (error) std::rethrow_exception(error);
}

}  // namespace strandbus::test
