#pragma once

#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/process_environment.hpp"

namespace strandbus::cli {

/// `strandbus sessions`
///
/// Errors: throws UsageError for a store that cannot be opened, and for a session that is not
/// there.
ExitCode sessions_command(const SessionsArguments& arguments,
                          const ProcessEnvironment& environment);

}  // namespace strandbus::cli
