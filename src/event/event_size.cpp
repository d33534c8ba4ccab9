#include "event/heap_bytes.hpp"
#include "event/members.hpp"
#include "strandbus/event/stream_event.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

namespace strandbus {
namespace {

using detail::allocation_overhead;

std::size_t heap_of(const std::string& text) noexcept { return detail::heap_bytes(text); }

template <class T>
requires std::is_arithmetic_v<T> || std::is_enum_v<T> std::size_t heap_of(T)
noexcept { return 0; }

std::size_t heap_of(const json::value& value) noexcept {
  std::size_t bytes = 0;
  if (const json::string* text = value.if_string()) {
    bytes = text->capacity() + allocation_overhead;
  } else if (const json::array* array = value.if_array()) {
    bytes = array->capacity() * sizeof(json::value) + allocation_overhead;
    for (const json::value& element : *array) bytes += heap_of(element);
  } else if (const json::object* object = value.if_object()) {
    bytes = object->capacity() * sizeof(json::key_value_pair) + allocation_overhead;
    for (const auto& member : *object) bytes += member.key().size() + heap_of(member.value());
  }
  return bytes;
}

template <class T>
std::size_t heap_of(const std::optional<T>&) noexcept {
  static_assert(std::is_trivially_destructible_v<T>, "an optional that owns memory is not counted");
  return 0;
}

template <class T>
std::size_t heap_of(const std::vector<T>& list) noexcept;

template <detail::Described T>
std::size_t heap_of(const T& object) noexcept {
  std::size_t bytes = 0;
  boost::mp11::mp_for_each<detail::Members<T>>(
      [&](auto member) { bytes += heap_of(object.*member.pointer); });
  return bytes;
}

template <class T>
std::size_t heap_of(const std::vector<T>& list) noexcept {
  if (list.capacity() == 0) return 0;
  std::size_t bytes = list.capacity() * sizeof(T) + allocation_overhead;
  for (const T& element : list) bytes += heap_of(element);
  return bytes;
}

std::size_t size_of(const WireExtras* extras) noexcept {
  if (!extras) return 0;
  return sizeof(WireExtras) + heap_of(extras->envelope) + heap_of(extras->payload) +
         heap_of(extras->data);
}

}  // namespace

std::size_t StreamEvent::approximate_bytes() const noexcept {
  // The deltas, which come most often, without the detour through the visit table.
  const auto inline_bytes = [](const auto& payload) -> std::size_t {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(payload)>, Box>) {
      return 0;
    } else {
      return detail::delta_heap_bytes(payload);
    }
  };
  if (!std::holds_alternative<Box>(payload_)) {
    return sizeof(StreamEvent) + std::visit(inline_bytes, payload_);
  }
  const auto boxed_bytes = [](const auto& payload) -> std::size_t {
    using T = std::remove_cvref_t<decltype(payload)>;
    return sizeof(detail::PayloadBoxOf<T>) + allocation_overhead + heap_of(payload);
  };
  return sizeof(StreamEvent) + visit(boxed_bytes) + size_of(extras());
}

}  // namespace strandbus
