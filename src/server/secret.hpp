#pragma once

#include <string>
#include <string_view>

namespace strandbus::detail {

/// Whether two texts are equal, in a time that does not depend on where they differ.
bool equal_secrets(std::string_view a, std::string_view b);

/// 32 random bytes in hexadecimal. Errors: throws std::runtime_error when there is no randomness.
std::string random_secret();

}  // namespace strandbus::detail
