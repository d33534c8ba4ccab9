#pragma once

#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"

namespace strandbus::cli {

/// `strandbus stats`
///
/// Errors: throws UsageError for a file that cannot be read.
ExitCode stats_command(const StatsArguments& arguments);

}  // namespace strandbus::cli
