#pragma once

#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/process_environment.hpp"

namespace strandbus::cli {

/// `strandbus serve`: sessions behind HTTP until the program is told to end.
///
/// Errors: throws UsageError.
ExitCode serve_command(ServeArguments arguments, ProcessEnvironment& environment);

}  // namespace strandbus::cli
