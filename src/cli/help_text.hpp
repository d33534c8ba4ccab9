#pragma once

#include <string_view>

namespace strandbus::cli {

/// What `strandbus --help` prints (an empty name), or `strandbus COMMAND --help`.
std::string_view help_text(std::string_view command) noexcept;

}  // namespace strandbus::cli
