#pragma once

#include "strandbus/tools/bash.hpp"
#include "tools/child_process.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// How a shell is started that runs `command` in `workspace`, within the sandbox of the options.
ChildProcess::Command shell_command(const BashOptions& options, const std::string& workspace,
                                    const std::string& command);

/// Why a directory cannot be the workspace of a sandbox; empty if it can.
std::string sandbox_workspace_fault(const std::string& workspace);

/// What bwrap says about a sandbox that it could not make, in one line; empty if it made one.
std::optional<std::string> sandbox_failure(int exit_code, std::string_view errors);

}  // namespace strandbus::detail
