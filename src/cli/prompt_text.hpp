#pragma once

#include <optional>
#include <string>

namespace strandbus::cli {

/// The prompt that `argument` says, where "-" is standard input; valid UTF-8, not blank.
///
/// Errors: throws UsageError.
std::string read_prompt(const std::optional<std::string>& argument);

/// The system prompt that `argument` says: a text, or "@" and the name of a file.
///
/// Errors: throws UsageError.
std::string read_system_prompt(const std::string& argument);

}  // namespace strandbus::cli
