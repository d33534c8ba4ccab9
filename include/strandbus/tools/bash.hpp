#pragma once

#include "strandbus/agent/tool.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace strandbus {

/// What a command is kept from besides our environment and our descriptors.
enum class Sandbox : std::uint8_t {
  none,        ///< from nothing: it may do what the user may
  bubblewrap,  ///< from files, processes and the network: it runs in namespaces made by bwrap(1)
};

/// What a command in a sandbox sees of the network.
enum class SandboxNetwork : std::uint8_t { none, shared };

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
  /// A command that comes to have more processes than this is killed; 0: it may have any number.
  int max_processes = 1024;
  /// What the command is kept from.
  Sandbox sandbox = Sandbox::none;
  /// In a sandbox: the network.
  SandboxNetwork network = SandboxNetwork::none;
  /// In a sandbox: files and directories that may be read besides the system's own.
  std::vector<std::string> readable{};
  /// Where the program bwrap is.
  std::string bubblewrap = "/usr/bin/bwrap";
};

/// The tool `bash`: runs {"command": "make", "timeout_s"?: 60} in the workspace.
///
/// The command gets its own session, no terminal, nothing to read, no descriptor of ours, only the
/// environment of the options, and no rights from set-uid programs (no_new_privs). It publishes
/// bash_started, its output as tool_output while it comes, and bash_executed. The output of the
/// result is what went to stdout, followed by what went to stderr under a line "[stderr]"; `data`
/// is
/// {"exit_code", "truncated", "signal"?}.
///
/// When the shell has ended, has run out of time or was cancelled, every process that came of the
/// command is killed before the call ends: in the background, in another session or group, as a
/// daemon, stopped or deaf to signals. The same happens when this program ends in whatever way. Two
/// processes of ours between the command and this program see to it; a command that kills both of
/// them at once is not followed unless it is in a sandbox.
///
/// In a sandbox a command sees the system's programs and /etc to read, its workspace to write (a
/// .git in it to read), an empty home and /tmp of its own, no other process, and no network.
/// docs/shell.md says more, also about what none of this protects.
///
/// Errors: an exit code other than 0 and too many processes are failures without error code;
///         E_TIMEOUT; E_VALIDATION for a command that no shell and a workspace that no sandbox can
///         take; E_NOT_FOUND for a shell, a workspace or a bwrap that is missing; E_PERMISSIONS
///         when no sandbox can be made.
/// Cost:   a start copies the page tables of this program: some milliseconds per gigabyte in use.
/// Needs:  Linux 5.9 (close_range, pidfd_open).
/// Throws: std::invalid_argument for options that cannot be.
std::shared_ptr<Tool> make_bash(BashOptions options = {});

/// Why commands cannot run with these options, in one line; empty if they can. Starts one that does
/// nothing and waits for it, at most ten seconds.
///
/// Throws: std::invalid_argument for options that cannot be.
std::optional<std::string> bash_obstacle(const BashOptions& options,
                                         const std::filesystem::path& workspace);

/// What a command may see of an environment by default: PATH, HOME, LANG, LC_ALL, TERM, TMPDIR.
/// The program passes its `environ`; the library reads no environment.
std::vector<std::string> bash_environment(const char* const* environment);

}  // namespace strandbus
