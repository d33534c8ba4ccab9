#pragma once

#include <cstddef>
#include <string>

namespace strandbus::detail {

// Memory on the heap, beyond the object itself. Estimates: what the allocator adds is not known.

inline constexpr std::size_t allocation_overhead = 16;

inline std::size_t heap_bytes(const std::string& text) noexcept {
  static const std::size_t inline_capacity = std::string().capacity();
  return text.capacity() > inline_capacity ? text.capacity() + 1 + allocation_overhead : 0;
}

/// Of a delta that lies inline in its event.
template <class Delta>
std::size_t delta_heap_bytes(const Delta& delta) noexcept {
  if constexpr (requires { delta.delta; }) {
    return heap_bytes(delta.delta) + heap_bytes(delta.call_id);
  } else {
    return heap_bytes(delta.text) + heap_bytes(delta.message_id);
  }
}

}  // namespace strandbus::detail
