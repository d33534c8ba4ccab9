#pragma once

#include "cli/session_source.hpp"

#include <memory>
#include <string>

namespace strandbus::cli {

/// The trace of another system, read from a file in the words of its dialect.
///
/// Errors: as SessionReader::open. `dialect` is one of decodable_dialect_names().
OpenedSource open_dialect_source(const std::string& path, const std::string& dialect);

}  // namespace strandbus::cli
