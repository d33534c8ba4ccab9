#pragma once

#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/process_environment.hpp"

namespace strandbus::cli {

/// `strandbus stats`
///
/// Errors: throws UsageError for a file that cannot be read.
ExitCode stats_command(const StatsArguments& arguments, const ProcessEnvironment& environment);

}  // namespace strandbus::cli
