#pragma once

#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/process_environment.hpp"

namespace strandbus::cli {

/// `strandbus run`
///
/// Errors: throws UsageError before anything is run or written.
ExitCode run_command(const RunArguments& arguments, ProcessEnvironment& environment);

}  // namespace strandbus::cli
