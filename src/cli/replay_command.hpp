#pragma once

#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/process_environment.hpp"

namespace strandbus::cli {

/// `strandbus replay`
///
/// Errors: throws UsageError for a file that cannot be read.
ExitCode replay_command(const ReplayArguments& arguments, const ProcessEnvironment& environment);

}  // namespace strandbus::cli
