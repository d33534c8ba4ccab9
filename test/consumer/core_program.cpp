#include <strandbus/bus/event_bus.hpp>
#include <strandbus/event/factory.hpp>

#include <boost/asio/io_context.hpp>

#include <iostream>

// 25 lines around the bus: what they cost to compile is measured, what they link is checked.
int main() {
  boost::asio::io_context io;
  strandbus::EventBus bus{io.get_executor(), {.history = 4096}};

  int seen = 0;
  auto subscription = bus.subscribe([&](const strandbus::StreamEvent&) { ++seen; });

  auto publisher = bus.publisher({.session_id = "consumer"});
  publisher.publish(strandbus::make_token("Hello, ", "m1")).value();
  publisher.publish(strandbus::make_token("bus", "m1")).value();

  auto late = bus.stream({.from = strandbus::Start::oldest()});
  int replayed = 0;
  while (late.try_next()) ++replayed;

  std::cout << seen << " seen, " << replayed << " replayed\n";
  return seen == 2 && replayed == 2 ? 0 : 1;
}
