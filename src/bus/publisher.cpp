#include "strandbus/bus/publisher.hpp"

#include "bus_core.hpp"
#include "strandbus/bus/subscription.hpp"
#include "stream_reader.hpp"

#include <random>
#include <stdexcept>
#include <utility>

namespace strandbus {
namespace detail {

Result<std::uint64_t> publish(BusCore& bus, StreamEvent&& event) {
  return bus.publish(std::move(event));
}

template <class Delta>
Result<std::uint64_t> publish(BusCore& bus, Delta&& delta, const Envelope& envelope) {
  return bus.publish(DeltaDraft<Delta>(delta, envelope));
}

template Result<std::uint64_t> publish(BusCore&, TokenDelta&&, const Envelope&);
template Result<std::uint64_t> publish(BusCore&, ReasoningDelta&&, const Envelope&);
template Result<std::uint64_t> publish(BusCore&, StructuredDelta&&, const Envelope&);
template Result<std::uint64_t> publish(BusCore&, ToolCallDelta&&, const Envelope&);
template Result<std::uint64_t> publish(BusCore&, AssistantDelta&&, const Envelope&);

void start_writable(const std::shared_ptr<BusCore>& bus, WaitHandler handler) {
  if (bus) return bus->async_writable(std::move(handler));
  const asio::any_io_executor anywhere = asio::system_executor();
  WaitOperation(std::move(handler), anywhere, KeepsRunning::yes).post(error_code());
}

void start_drain(const std::shared_ptr<BusCore>& bus,
                 std::chrono::steady_clock::time_point deadline, WaitHandler handler) {
  bus->async_drain(deadline, std::move(handler));
}

namespace {

/// A bus of one callback, for a publisher to a callable; lives as long as its publishers.
struct CallableDestination {
  explicit CallableDestination(std::function<void(const StreamEvent&)> handler)
      : bus(std::make_shared<BusCore>(asio::any_io_executor(), options())) {
    auto call = [h = std::move(handler)](const Delivery& delivery) { h(delivery.event()); };
    auto reader = std::make_shared<CallbackReader>(
        bus, std::move(call), Reader::Options{Overflow::block, Filter(), "callable"});
    bus->add_reader(*reader, Start::now());
    bus->dispatcher().add(reader);
    subscription = Subscription(std::move(reader));
  }
  CallableDestination(const CallableDestination&) = delete;
  CallableDestination& operator=(const CallableDestination&) = delete;
  ~CallableDestination() { bus->close(); }  // streams of it end

  static BusOptions options() {
    BusOptions options;
    options.history = 1;  // nobody joins later
    return options;
  }

  std::shared_ptr<BusCore> bus;
  Subscription subscription;
};

std::shared_ptr<const RunContext> checked(RunContext&& context) {
  if (!context.agent.empty() && !is_component_name(context.agent)) {
    throw std::invalid_argument(
        "RunContext::agent is \"" + context.agent +
        "\"; allowed are at most 128 bytes without ':' and control characters");
  }
  return std::make_shared<const RunContext>(std::move(context));
}

const std::shared_ptr<const RunContext>& empty_context() {
  static const auto context = std::make_shared<const RunContext>();
  return context;
}

}  // namespace
}  // namespace detail

Publisher::Publisher() : context_(detail::empty_context()) {}

Publisher::Publisher(RunContext context, std::function<void(const StreamEvent&)> handler)
    : context_(detail::checked(std::move(context))) {
  const auto destination = std::make_shared<detail::CallableDestination>(std::move(handler));
  bus_ = std::shared_ptr<detail::BusCore>(destination, destination->bus.get());
}

Publisher::Publisher(std::shared_ptr<detail::BusCore> bus, RunContext context)
    : bus_(std::move(bus)), context_(detail::checked(std::move(context))) {}

Result<std::uint64_t> Publisher::publish(StreamEvent event) const {
  if (!bus_) return std::uint64_t{0};
  if (!event.shared_context()) event.set_context(context_);
  return bus_->publish(std::move(event));
}

Publisher Publisher::turn(std::int32_t turn) const {
  Publisher derived(*this);
  derived.turn_ = turn;
  return derived;
}

Publisher Publisher::span(SpanId id) const { return span(id, span_); }

Publisher Publisher::span(SpanId id, SpanId parent) const {
  Publisher derived(*this);
  derived.span_ = id;
  derived.parent_span_ = parent;
  return derived;
}

Publisher Publisher::model(std::string model_id) const {
  RunContext context = *context_;
  context.model_id = std::move(model_id);
  Publisher derived(*this);
  derived.context_ = std::make_shared<const RunContext>(std::move(context));
  return derived;
}

Publisher Publisher::run(RunContext context) const { return Publisher(bus_, std::move(context)); }

EventStream Publisher::stream(asio::any_io_executor executor, StreamOptions options) const {
  if (!bus_) return {};
  return detail::open_stream(bus_->shared_from_this(), std::move(executor), std::move(options));
}

SpanId Publisher::new_span() {
  thread_local std::mt19937_64 random{std::random_device{}()};
  SpanId id = 0;
  while (id == 0) id = random();
  return id;
}

bool Publisher::writable() const noexcept { return !bus_ || !bus_->executor() || bus_->writable(); }

}  // namespace strandbus
