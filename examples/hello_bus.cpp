// A callback, a stream and a late joiner on one bus. Runs offline and ends by itself.
#include <strandbus/bus/event_bus.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <iostream>

using namespace strandbus;

asio::awaitable<void> print(EventStream stream, std::string name) {
  while (auto delivery = co_await stream.next()) {
    std::cout << name << ": " << (*delivery)->seq() << " " << (*delivery)->message() << "\n";
  }
}

int main() {
  asio::io_context io;
  EventBus bus{io.get_executor(), {.history = 1000}};
  auto callback = bus.subscribe(
      [](const StreamEvent& event) { std::cout << "callback: " << event.message() << "\n"; });
  asio::co_spawn(io, print(bus.stream(), "stream"), asio::detached);

  bus.publish(TokenDelta{.text = "Hello,"});
  bus.publish(TokenDelta{.text = " bus"});
  asio::co_spawn(io, print(bus.stream({.from = Start::oldest()}), "late"), asio::detached);
  bus.close();
  io.run();
}
