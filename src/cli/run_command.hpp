#pragma once

#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/process_environment.hpp"

namespace strandbus::cli {

/// `strandbus run`: one task, or a conversation when there is no prompt and somebody can type.
///
/// Errors: throws UsageError before anything is run or written.
ExitCode run_command(RunArguments arguments, ProcessEnvironment& environment);

}  // namespace strandbus::cli
