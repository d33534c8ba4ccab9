#pragma once

#include "strandbus/event/event_id.hpp"
#include "strandbus/event/payloads.hpp"
#include "strandbus/event/run_context.hpp"
#include "strandbus/event/timestamp.hpp"

#include <boost/mp11/integral.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace strandbus {

/// Joins a start and its end; 0 = none. On the wire 16 hexadecimal digits.
using SpanId = std::uint64_t;

/// What an event carries from the wire that this version has no member for. Written back unchanged.
struct WireExtras {
  std::string envelope{};  ///< raw JSON members of the event, comma separated: `"k":1,"l":[2]`
  std::string payload{};   ///< raw JSON members of `data`
  std::string data{};      ///< of an unknown type: its whole `data` as raw JSON
};

namespace detail {

/// A payload behind a reference count, so that keeping an event is a pointer copy.
struct PayloadBox {
  explicit PayloadBox(EventType t) noexcept : type(t) {}
  PayloadBox(const PayloadBox&) = delete;
  PayloadBox& operator=(const PayloadBox&) = delete;
  virtual ~PayloadBox() = default;

  EventType type;
  std::unique_ptr<const WireExtras> extras;
};

template <class T>
struct PayloadBoxOf final : PayloadBox {
  PayloadBoxOf(T v, std::unique_ptr<const WireExtras> x)
      : PayloadBox(T::event_type), value(std::move(v)) {
    extras = std::move(x);
  }
  T value;
};

template <class T>
inline constexpr bool is_inline_payload =
    std::is_same_v<T, TokenDelta> || std::is_same_v<T, ReasoningDelta> ||
    std::is_same_v<T, StructuredDelta> || std::is_same_v<T, ToolCallDelta> ||
    std::is_same_v<T, AssistantDelta>;

}  // namespace detail

/// Whether `name` may be given to an agent, a tool, a workflow or a subsystem: 1 to 128 bytes of
/// valid UTF-8 without ':' and without control characters, so that component_id() stays readable.
bool is_component_name(std::string_view name) noexcept;

/// One thing that happened: an envelope (seq, id, ts, run context, turn, span) and a typed payload.
///
/// An event is a plain value until it is published; the bus then stamps seq, id and ts and shares
/// it as `const`. Copying is cheap: short deltas sit inline, any other payload and the run context
/// are shared and immutable.
///
/// Threads: distinct objects; a const event may be read from any thread.
class StreamEvent {
 public:
  /// An event without context or stamp, holding an empty Custom payload.
  StreamEvent();

  /// An event with this payload, belonging to no run. Cost: one allocation, none for a delta.
  template <PayloadType T>
  explicit StreamEvent(T payload) : StreamEvent(std::move(payload), nullptr) {}

  /// An event of the run that `context` describes.
  template <PayloadType T>
  StreamEvent(T&& payload, std::shared_ptr<const RunContext> context)
      : context_(std::move(context)), type_(T::event_type), payload_(hold(std::move(payload))) {}
  template <PayloadType T>
  StreamEvent(const T& payload, std::shared_ptr<const RunContext> context)
      : StreamEvent(T(payload), std::move(context)) {}

  /// Position in the bus: 1, 2, 3 …; 0 before the event is published.
  std::uint64_t seq() const noexcept { return seq_; }
  /// Identity for de-duplication.
  const EventId& id() const noexcept { return id_; }
  /// When the event was published.
  Timestamp ts() const noexcept { return ts_; }
  /// Iteration of the agent's loop from 1; 0 = none.
  std::int32_t turn() const noexcept { return turn_; }
  SpanId span_id() const noexcept { return span_id_; }
  SpanId parent_span_id() const noexcept { return parent_span_id_; }

  /// The run context; an empty one when the event has none.
  const RunContext& context() const noexcept;
  const std::shared_ptr<const RunContext>& shared_context() const noexcept { return context_; }
  const std::string& session_id() const noexcept { return context().session_id; }
  const std::string& run_id() const noexcept { return context().run_id; }
  const std::string& agent() const noexcept { return context().agent; }
  const std::string& model_id() const noexcept { return context().model_id; }

  EventType type() const noexcept { return type_; }
  Scope scope() const noexcept { return scope_of(type()); }
  Stage stage() const noexcept { return stage_of(type()); }
  /// The state of the component after this event; tool_call_completed is failed where success is
  /// false.
  Status status() const noexcept;
  /// Whether this event ends its run.
  bool is_terminal() const noexcept { return strandbus::is_terminal(type()); }

  /// The component that the event speaks about: "workflow", "workflow:step:N", agent name,
  /// "agent:llm:N", tool name or "tool:ID", "system:subsystem"; N from 0.
  std::string component_id() const;
  /// A line for people: the error, the progress, the chunk. Empty where the type has none.
  std::string message() const;

  /// The name under which the type is written: to_string(type()), but an unknown type keeps its
  /// own.
  std::string_view wire_type() const noexcept;

  template <PayloadType T>
  bool is() const noexcept {
    return type() == T::event_type;
  }

  /// The payload if it is a T, otherwise null. Valid as long as the event.
  template <PayloadType T>
  const T* get_if() const noexcept {
    if (!is<T>()) return nullptr;
    if constexpr (detail::is_inline_payload<T>) {
      if (const T* value = std::get_if<T>(&payload_)) return value;
    }
    return &static_cast<const detail::PayloadBoxOf<T>&>(*std::get<Box>(payload_)).value;
  }

  /// Calls `f` with the payload, whatever its type. `f` must accept every payload type and return
  /// the same type for each.
  template <class F>
  decltype(auto) visit(F&& f) const {
    using R = decltype(f(std::declval<const Custom&>()));
    using Call = R (*)(const StreamEvent&, F&);
    static constexpr auto table = []<class... T>(boost::mp11::mp_list<T...>) {
      return std::array<Call, sizeof...(T)>{
          +[](const StreamEvent& event, F& g) -> R { return g(*event.template get_if<T>()); }...};
    }(PayloadTypes{});
    return table[static_cast<std::size_t>(type())](*this, f);
  }

  /// What the event carries from the wire beyond this version's members; null if nothing.
  const WireExtras* extras() const noexcept;

  /// An estimate of the memory that this event holds, its share of the run context not counted.
  /// Bytes.
  std::size_t approximate_bytes() const noexcept;

  // Before publishing. The bus overwrites seq, id and ts.
  StreamEvent& set_stamp(std::uint64_t seq, const EventId& id, Timestamp ts) noexcept {
    seq_ = seq;
    id_ = id;
    ts_ = ts;
    return *this;
  }
  StreamEvent& set_context(std::shared_ptr<const RunContext> context) noexcept {
    context_ = std::move(context);
    return *this;
  }
  StreamEvent& set_turn(std::int32_t turn) noexcept {
    turn_ = turn;
    return *this;
  }
  StreamEvent& set_span(SpanId span, SpanId parent) noexcept {
    span_id_ = span;
    parent_span_id_ = parent;
    return *this;
  }

  template <PayloadType T>
  StreamEvent& set_payload(T payload, std::unique_ptr<const WireExtras> extras = nullptr) {
    type_ = T::event_type;
    if constexpr (detail::is_inline_payload<T>) {
      if (!extras) {
        payload_.template emplace<T>(std::move(payload));
        return *this;
      }
    }
    payload_ =
        Box(std::make_shared<const detail::PayloadBoxOf<T>>(std::move(payload), std::move(extras)));
    return *this;
  }

 private:
  using Box = std::shared_ptr<const detail::PayloadBox>;
  using Payload =
      std::variant<Box, TokenDelta, ReasoningDelta, StructuredDelta, ToolCallDelta, AssistantDelta>;

  template <class T>
  static Payload hold(T&& payload) {
    return Box(std::make_shared<const detail::PayloadBoxOf<T>>(std::move(payload), nullptr));
  }
  template <class T>
  requires detail::is_inline_payload<T>
  static Payload hold(T&& payload) noexcept {
    return Payload(std::in_place_type<T>, std::move(payload));
  }

  std::uint64_t seq_ = 0;
  EventId id_{};
  Timestamp ts_{};
  std::shared_ptr<const RunContext> context_;
  SpanId span_id_ = 0;
  SpanId parent_span_id_ = 0;
  std::int32_t turn_ = 0;
  EventType type_ = EventType::custom;
  Payload payload_;
};

static_assert(sizeof(StreamEvent) <= 144);

}  // namespace strandbus
