#pragma once

#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/process_environment.hpp"

namespace strandbus::cli {

/// `strandbus follow`
///
/// Errors: throws UsageError for a URL or a token that cannot be used.
ExitCode follow_command(const FollowArguments& arguments, ProcessEnvironment& environment);

}  // namespace strandbus::cli
