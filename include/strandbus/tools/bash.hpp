#pragma once

#include "strandbus/agent/tool.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace strandbus {

struct BashOptions {
  /// The shell; started as `shell -c command`.
  std::string shell = "/bin/bash";
  /// What the command sees of the environment, as NAME=value. See bash_environment.
  std::vector<std::string> environment{"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8"};
  /// When the model asks for no timeout.
  std::chrono::milliseconds default_timeout{std::chrono::seconds{120}};
  /// The longest timeout that the model may ask for.
  std::chrono::milliseconds max_timeout{std::chrono::seconds{600}};
  /// Between SIGTERM and SIGKILL when a command has to end.
  std::chrono::milliseconds kill_grace{500};
  /// Of each output stream this much of its beginning is kept …
  std::size_t head_bytes = 32 * 1024;
  /// … and this much of its end; what lies between is left out and counted.
  std::size_t tail_bytes = 32 * 1024;
  /// Of each output stream this much is published while the command runs.
  std::size_t streamed_bytes = 1024 * 1024;
};

/// The tool `bash`: runs {"command": "make", "timeout_s"?: 60} in the workspace.
///
/// The command gets its own session, no terminal, nothing to read, no descriptor of ours and only
/// the environment of the options. It publishes bash_started, its output as tool_output while it
/// comes, and bash_executed. The output of the result is what went to stdout, followed by what went
/// to stderr under a line "[stderr]"; `data` is {"exit_code", "truncated", "signal"?}.
///
/// When the shell has ended, has run out of time or was cancelled, every process of its group is
/// killed: background processes do not outlive the call. A process that leaves the group (setsid)
/// is not followed; it cannot hold the call up either.
///
/// Errors: an exit code other than 0 is a failure without error code; E_TIMEOUT; E_VALIDATION for a
///         command that no shell can take; E_NOT_FOUND for a shell or a workspace that is missing.
/// Needs:  Linux 5.3 (pidfd_open).
/// Throws: std::invalid_argument for options that cannot be.
std::shared_ptr<Tool> make_bash(BashOptions options = {});

/// What a command may see of an environment by default: PATH, HOME, LANG, LC_ALL, TERM, TMPDIR.
/// The program passes its `environ`; the library reads no environment.
std::vector<std::string> bash_environment(const char* const* environment);

}  // namespace strandbus
