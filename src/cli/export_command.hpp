#pragma once

#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/process_environment.hpp"

namespace strandbus::cli {

/// `strandbus export`
///
/// Errors: throws UsageError for a session that cannot be read, and for a file that cannot be made.
ExitCode export_command(const ExportArguments& arguments, const ProcessEnvironment& environment);

}  // namespace strandbus::cli
