#pragma once

#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/process_environment.hpp"

namespace strandbus::cli {

/// `strandbus check`
///
/// A file that cannot be read is said and does not keep the others from being checked; the exit
/// code is then ExitCode::usage.
ExitCode check_command(const CheckArguments& arguments, const ProcessEnvironment& environment);

}  // namespace strandbus::cli
