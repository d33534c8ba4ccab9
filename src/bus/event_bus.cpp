#include "strandbus/bus/event_bus.hpp"

#include "bus_core.hpp"
#include "callback_reader.hpp"
#include "stream_reader.hpp"

#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>

namespace strandbus {

using detail::BusCore;
using detail::CallbackReader;
using detail::Reader;
using detail::StrandCallbackReader;

EventBus::EventBus(executor_type executor, BusOptions options)
    : core_(std::make_shared<BusCore>(std::move(executor), std::move(options))) {}

EventBus::~EventBus() { close(); }

EventBus::executor_type EventBus::get_executor() const noexcept { return core_->executor(); }

Publisher EventBus::publisher(RunContext context) const {
  return Publisher(core_, std::move(context));
}

Result<std::uint64_t> EventBus::publish(StreamEvent event) {
  return core_->publish(std::move(event));
}

Result<std::uint64_t> EventBus::restore(StreamEvent event) {
  return core_->restore(std::move(event));
}

EventStream EventBus::stream(StreamOptions options) {
  return stream(core_->executor(), std::move(options));
}

EventStream EventBus::stream(executor_type executor, StreamOptions options) {
  return detail::open_stream(core_, std::move(executor), std::move(options));
}

EventStream EventBus::stream(StreamOptions options, error_code& ec) {
  return detail::open_stream(core_, core_->executor(), std::move(options), ec);
}

Subscription EventBus::subscribe_erased(executor_type executor, ErasedHandler handler,
                                        SubscribeOptions options) {
  if (!executor && options.coalesce_window > std::chrono::milliseconds(0)) {
    throw std::invalid_argument(
        "SubscribeOptions::coalesce_window is " + std::to_string(options.coalesce_window.count()) +
        " ms; a callback in the publishing thread cannot wait: give subscribe an executor");
  }
  const Start start = options.from;
  Reader::Options reading{options.overflow, std::move(options.filter), std::move(options.name),
                          options.coalesce_window};
  const auto core = core_;  // a handler may destroy this bus
  const auto join = [&](Reader& reader) {
    if (const error_code ec = core->add_reader(reader, start))
      throw system_error(ec, "EventBus::subscribe");
  };
  if (executor) {
    auto reader = std::make_shared<StrandCallbackReader>(core, core->lot().domain(executor),
                                                         std::move(handler), std::move(reading));
    join(*reader);
    reader->start();
    return Subscription(std::move(reader));
  }
  auto reader = std::make_shared<CallbackReader>(core, std::move(handler), std::move(reading));
  join(*reader);
  core->dispatcher().add(reader);
  core->dispatcher().run();
  return Subscription(std::move(reader));
}

std::vector<Delivery> EventBus::history(std::uint64_t after, std::size_t limit) const {
  return core_->history(after, limit);
}

void EventBus::close() { core_->close(); }

bool EventBus::is_closed() const noexcept { return core_->closed(); }

BusStats EventBus::stats() const { return core_->stats(); }

}  // namespace strandbus
