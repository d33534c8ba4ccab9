#pragma once

#include "strandbus/log.hpp"

#include <string>

namespace strandbus::cli {

/// A logger for services: one JSON object per line, with `ts`, `level` and `message`, on standard
/// error or appended to a file.
///
/// Errors: throws UsageError naming the file that cannot be opened.
Logger json_logger(LogLevel threshold, const std::string& file);

}  // namespace strandbus::cli
