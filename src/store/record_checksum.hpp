#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace strandbus::detail {

/// The CRC-32 (ISO 3309) of a record: of the session it belongs to, its numbers and its bytes, so
/// that a record in the wrong place is found like a damaged one.
std::uint32_t record_checksum(std::string_view session_id,
                              std::initializer_list<std::uint64_t> numbers,
                              std::string_view bytes = {});

}  // namespace strandbus::detail
