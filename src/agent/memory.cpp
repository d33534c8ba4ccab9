#include "strandbus/agent/memory.hpp"

#include <algorithm>

namespace strandbus {
namespace {

bool is_letter_or_digit(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace

Memory::~Memory() = default;

ErrorCode error_code_of(MemoryFault fault) noexcept {
  switch (fault) {
    case MemoryFault::bad_key:
    case MemoryFault::bad_text:
    case MemoryFault::too_large:
    case MemoryFault::full: return ErrorCode::E_VALIDATION;
    case MemoryFault::not_found: return ErrorCode::E_NOT_FOUND;
    case MemoryFault::denied: return ErrorCode::E_PERMISSIONS;
    case MemoryFault::failed: return ErrorCode::none;
  }
  return ErrorCode::none;
}

bool is_memory_key(std::string_view key) noexcept {
  if (key.empty() || key.size() > max_memory_key_bytes || !is_letter_or_digit(key.front()))
    return false;
  return std::ranges::all_of(
      key, [](char c) { return is_letter_or_digit(c) || c == '.' || c == '-' || c == '_'; });
}

}  // namespace strandbus
