#include "strandbus/event/event_type.hpp"

#include "strandbus/event/describe.hpp"

namespace strandbus {
namespace {

constexpr std::size_t slot_count = 256;  // A power of two, at most a third full.
static_assert(event_type_count * 3 <= slot_count);

constexpr std::size_t slot_of(std::string_view name) noexcept {
  std::uint32_t hash = 2166136261U;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<std::uint8_t>(c)) * 16777619U;
  return (hash ^ (hash >> 16U)) % slot_count;
}

// Open addressing; a slot holds a type's number plus one, 0 is free.
constexpr auto slots = [] {
  std::array<std::uint8_t, slot_count> table{};
  for (std::size_t i = 0; i < event_type_count; ++i) {
    std::size_t slot = slot_of(detail::event_type_table[i].name);
    while (table[slot] != 0) slot = (slot + 1) % slot_count;
    table[slot] = static_cast<std::uint8_t>(i + 1);
  }
  return table;
}();

}  // namespace

std::optional<EventType> event_type_from(std::string_view name) noexcept {
  for (std::size_t slot = slot_of(name); slots[slot] != 0; slot = (slot + 1) % slot_count) {
    const auto type = static_cast<EventType>(slots[slot] - 1);
    if (to_string(type) == name) return type;
  }
  return std::nullopt;
}

std::string_view to_string(Scope value) noexcept { return wire_name(value); }
std::string_view to_string(Stage value) noexcept { return wire_name(value); }
std::string_view to_string(Status value) noexcept { return wire_name(value); }

}  // namespace strandbus
