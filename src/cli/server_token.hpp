#pragma once

#include <string>

namespace strandbus::cli {

/// The token that a file holds. If there is no such file, a new token of 256 random bits is made
/// and kept in it, readable by its owner only, so that a server that comes back has the same one.
///
/// Errors: throws UsageError: unreadable, not to be written, too short. No message holds any of it.
std::string take_server_token(const std::string& path);

}  // namespace strandbus::cli
