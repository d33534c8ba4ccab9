#pragma once

#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"

namespace strandbus::cli {

/// `strandbus replay`
///
/// Errors: throws UsageError for a file that cannot be read.
ExitCode replay_command(const ReplayArguments& arguments);

}  // namespace strandbus::cli
