#pragma once

#include "file_descriptor.hpp"
#include "strandbus/error.hpp"

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace strandbus::detail {

/// A program in a session and process group of its own, with /dev/null to read, two pipes to write,
/// every signal at its default and no other descriptor.
///
/// The process stays a zombie until reap(), so that its group's number belongs to it until then.
/// Threads: distinct objects. The application must not ignore SIGCHLD, nor wait for any child.
class ChildProcess {
 public:
  struct Command {
    std::string program;                   ///< a path
    std::vector<std::string> arguments;    ///< the program's own name first
    std::vector<std::string> environment;  ///< NAME=value
    std::string directory;
  };

  /// What could not be done, and why.
  struct Error {
    std::string action;  ///< "start /bin/bash"
    error_code code;
  };

  static boost::system::result<ChildProcess, Error> start(const Command& command);

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  /// Kills the group and waits for the process, which a killed one does not keep waiting.
  ~ChildProcess();

  /// Ready to read when the process has ended.
  FileDescriptor take_exit_watch() noexcept { return std::move(exit_watch_); }
  /// The reading ends of the pipes, not blocking.
  FileDescriptor take_stdout() noexcept { return std::move(stdout_); }
  FileDescriptor take_stderr() noexcept { return std::move(stderr_); }

  /// Sends a signal to every process of the group. Nothing after reap().
  void signal_group(int signal) const noexcept;

  /// The status (waitpid) of the process, which has ended; nullopt when somebody else took it.
  std::optional<int> reap() noexcept;

 private:
  explicit ChildProcess(pid_t pid) noexcept : pid_(pid) {}

  pid_t pid_;  ///< 0 after reap()
  FileDescriptor exit_watch_;
  FileDescriptor stdout_;
  FileDescriptor stderr_;
};

}  // namespace strandbus::detail
