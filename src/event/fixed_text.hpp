#pragma once

#include "strandbus/event/event_id.hpp"
#include "strandbus/event/timestamp.hpp"
#include "strandbus/event/types.hpp"

#include <cstddef>

// Texts of bounded length, written to a caller's buffer so that the codec need not allocate.
// Each function returns the end of what it wrote.

namespace strandbus::detail {

inline constexpr std::size_t rfc3339_size = 30;  ///< with nine decimals
char* write_rfc3339(char* out, Timestamp time, int digits) noexcept;

inline constexpr std::size_t event_id_size = 36;
char* write_event_id(char* out, const EventId& id) noexcept;

inline constexpr std::size_t nano_usd_size = 21;  ///< sign, ten digits, point, nine digits
char* write_nano_usd(char* out, NanoUsd amount) noexcept;

}  // namespace strandbus::detail
