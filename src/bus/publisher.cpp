#include "strandbus/bus/publisher.hpp"

#include "bus_core.hpp"
#include "published_texts.hpp"
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

const Redactor& redactor_of(const PublishedTexts& texts) noexcept { return texts.redactor(); }

template <class Piece>
Result<std::uint64_t> publish_piece(BusCore& bus, PublishedTexts& texts, Piece&& piece,
                                    const Envelope& envelope) {
  std::vector<StreamEvent> before;
  const bool shows = texts.push(piece, envelope, before);
  for (StreamEvent& held : before) static_cast<void>(bus.publish(std::move(held)));
  if (!shows) return std::uint64_t{0};
  if constexpr (is_inline_payload<Piece>) {
    return bus.publish(DeltaDraft<Piece>(piece, envelope));
  } else {
    StreamEvent event(std::move(piece), envelope.context);
    event.set_turn(envelope.turn).set_span(envelope.span, envelope.parent_span);
    return bus.publish(std::move(event));
  }
}

template Result<std::uint64_t> publish_piece(BusCore&, PublishedTexts&, TokenDelta&&,
                                             const Envelope&);
template Result<std::uint64_t> publish_piece(BusCore&, PublishedTexts&, ReasoningDelta&&,
                                             const Envelope&);
template Result<std::uint64_t> publish_piece(BusCore&, PublishedTexts&, StructuredDelta&&,
                                             const Envelope&);
template Result<std::uint64_t> publish_piece(BusCore&, PublishedTexts&, ToolCallDelta&&,
                                             const Envelope&);
template Result<std::uint64_t> publish_piece(BusCore&, PublishedTexts&, AssistantDelta&&,
                                             const Envelope&);
template Result<std::uint64_t> publish_piece(BusCore&, PublishedTexts&, ToolOutput&&,
                                             const Envelope&);

Result<std::uint64_t> publish_redacted(BusCore& bus, PublishedTexts& texts, StreamEvent&& event) {
  for (StreamEvent& held : texts.end(event)) static_cast<void>(bus.publish(std::move(held)));
  return bus.publish(std::move(event));
}

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

std::unique_ptr<const WireExtras> without_secrets(const WireExtras* extras,
                                                  const Redactor& redactor) {
  if (!extras) return nullptr;
  auto shown = std::make_unique<WireExtras>(*extras);
  for (std::string* text : {&shown->envelope, &shown->payload, &shown->data}) redactor.apply(*text);
  return shown;
}

/// An event that was made elsewhere, without secrets.
template <PayloadType T>
Result<std::uint64_t> publish_any(BusCore& bus, PublishedTexts& texts, StreamEvent& event,
                                  T payload) {
  const WireExtras* const extras = event.extras();
  if constexpr (is_piece<T>) {
    if (!extras) {
      const Envelope envelope{event.shared_context(), event.turn(), event.span_id(),
                              event.parent_span_id()};
      return publish_piece(bus, texts, std::move(payload), envelope);
    }
  }
  texts.redactor().apply(payload);
  event.set_payload(std::move(payload), without_secrets(extras, texts.redactor()));
  return publish_redacted(bus, texts, std::move(event));
}

/// The whole event without secrets. What must be published before it is.
template <PayloadType T>
void redact_given(BusCore& bus, PublishedTexts& texts, StreamEvent& event, T payload) {
  std::vector<StreamEvent> before;
  if constexpr (is_piece<T>) {
    const Envelope envelope{event.shared_context(), event.turn(), event.span_id(),
                            event.parent_span_id()};
    static_cast<void>(texts.push(payload, envelope, before));
  } else {
    texts.redactor().apply(payload);
  }
  event.set_payload(std::move(payload), without_secrets(event.extras(), texts.redactor()));
  if constexpr (!is_piece<T>) before = texts.end(event);
  for (StreamEvent& held : before) static_cast<void>(bus.publish(std::move(held)));
}

/// The application's own keys are texts too.
std::shared_ptr<const RunContext> without_secrets(std::shared_ptr<const RunContext> context,
                                                  const PublishedTexts* texts) {
  if (texts == nullptr || context->attributes.empty()) return context;
  json::value attributes = context->attributes;
  if (!texts->redactor().apply(attributes)) return context;
  RunContext shown = *context;
  shown.attributes = std::move(attributes.as_object());
  return std::make_shared<const RunContext>(std::move(shown));
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
  if (!texts_) return bus_->publish(std::move(event));
  event.set_context(detail::without_secrets(event.shared_context(), texts_.get()));
  return event.visit(
      [&](const auto& payload) { return detail::publish_any(*bus_, *texts_, event, payload); });
}

Result<std::uint64_t> Publisher::forward(StreamEvent event) const {
  if (!bus_) return std::uint64_t{0};
  if (!event.shared_context()) event.set_context(context_);
  if (texts_) {
    event.set_context(detail::without_secrets(event.shared_context(), texts_.get()));
    event.visit([&](const auto& payload) { detail::redact_given(*bus_, *texts_, event, payload); });
  }
  return bus_->forward(std::move(event));
}

void Publisher::flush() const {
  if (!texts_) return;
  const StreamEvent end_of_all{SessionClosed()};
  for (StreamEvent& held : texts_->end(end_of_all))
    static_cast<void>(bus_->publish(std::move(held)));
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

Publisher Publisher::run(RunContext context) const {
  Publisher derived(bus_, std::move(context));
  derived.texts_ = texts_;
  const bool is_below = root_ || !context_->run_id.empty() || !context_->workflow_id.empty();
  if (span_ != 0 && is_below) derived.root_ = root_ ? root_ : context_;
  derived.context_ = detail::without_secrets(std::move(derived.context_), texts_.get());
  return derived;
}

Publisher Publisher::redacted(Redactor redactor) const {
  Publisher derived(*this);
  derived.texts_ = std::make_shared<detail::PublishedTexts>(std::move(redactor));
  derived.context_ = detail::without_secrets(context_, derived.texts_.get());
  return derived;
}

const Redactor* Publisher::redactor() const noexcept {
  return texts_ ? &texts_->redactor() : nullptr;
}

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
