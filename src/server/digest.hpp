#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

namespace strandbus::detail {

using Sha256 = std::array<unsigned char, 32>;

/// FIPS 180-4. Errors: throws std::runtime_error when the library refuses it.
Sha256 sha256(std::string_view text);

/// RFC 2104 with SHA-256. Errors: as sha256.
Sha256 hmac_sha256(std::string_view key, std::string_view text);

/// In small letters.
std::string to_hex(std::span<const unsigned char> bytes);

/// RFC 4648, section 4, with padding.
std::string to_base64(std::span<const unsigned char> bytes);

}  // namespace strandbus::detail
