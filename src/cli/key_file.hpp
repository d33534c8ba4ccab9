#pragma once

#include <string>

namespace strandbus::cli {

/// The key that a file holds: its first line, without white space around it. `what` is how messages
/// call it.
///
/// Errors: throws UsageError: unreadable, empty, too long to be a key. No message holds any of it.
std::string read_key_file(const std::string& path, const std::string& what = "key");

}  // namespace strandbus::cli
