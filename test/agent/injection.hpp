#pragma once

#include <cstdint>
#include <string_view>

namespace strandbus::test {

/// What comes while something waits.
enum class Injection : std::uint8_t { none, cancel, after_turn, abort, fail };

inline std::string_view name_of(Injection injection) {
  switch (injection) {
    case Injection::none: return "nothing";
    case Injection::cancel: return "a cancel";
    case Injection::after_turn: return "a cancel after the turn";
    case Injection::abort: return "a cancel of the operation";
    case Injection::fail: return "a failure";
  }
  return "";
}

/// Where it comes: before a step of the world, or inside of one, while an event is published.
enum class Place : std::uint8_t { step, event };

}  // namespace strandbus::test
