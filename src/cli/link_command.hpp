#pragma once

#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/process_environment.hpp"

namespace strandbus::cli {

/// `strandbus link`: prints a link that lets a browser in to a server that runs.
///
/// Errors: throws UsageError.
ExitCode link_command(const LinkArguments& arguments, ProcessEnvironment& environment);

}  // namespace strandbus::cli
