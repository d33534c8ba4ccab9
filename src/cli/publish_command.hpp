#pragma once

#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/process_environment.hpp"

namespace strandbus::cli {

/// `strandbus publish`. Errors: throws UsageError.
ExitCode publish_command(const PublishArguments& arguments, ProcessEnvironment& environment);

}  // namespace strandbus::cli
