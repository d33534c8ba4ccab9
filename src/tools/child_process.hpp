#pragma once

#include "file_descriptor.hpp"
#include "strandbus/error.hpp"

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace strandbus::detail {

struct SupervisorReport;

/// A program in a session of its own, with /dev/null to read, two pipes to write, every signal at
/// its default, no other descriptor, no way to gain rights; and two processes of ours between it
/// and us, its supervisors, which end every process that came of it. See supervise().
///
/// Threads: distinct objects. The application must not ignore SIGCHLD.
class ChildProcess {
 public:
  struct Command {
    std::string program;                   ///< a path
    std::vector<std::string> arguments;    ///< the program's own name first
    std::vector<std::string> environment;  ///< NAME=value
    std::string directory;
    int max_processes = 0;  ///< 0: no limit
  };

  /// What could not be done, and why.
  struct Error {
    std::string action;  ///< "start /bin/bash"
    error_code code;
  };

  /// How the first supervisor ended.
  enum class Supervision : bool {
    complete,  ///< nothing of the command is left
    broken,    ///< it was killed, or somebody else took its status; the line tells the rest
  };

  static boost::system::result<ChildProcess, Error> start(const Command& command);

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  /// Has everything killed and waits for that, but not for long.
  ~ChildProcess();

  /// Ready to read when the supervisor has ended, and so has the command.
  FileDescriptor take_exit_watch() noexcept { return std::move(exit_watch_); }
  /// The reading ends of the pipes, not blocking.
  FileDescriptor take_stdout() noexcept { return std::move(stdout_); }
  FileDescriptor take_stderr() noexcept { return std::move(stderr_); }
  /// A descriptor of its own that is ready to read when the last supervisor has ended.
  FileDescriptor copy_of_line() const noexcept;

  /// Asks the command to end by itself.
  void ask_to_end() const noexcept;
  /// Has every process of the command killed.
  void kill() noexcept;
  /// Whether the supervisor was stopped, as a command may do to it.
  bool is_stopped() const noexcept;
  /// Kills the supervisors too: for those that were kept from doing what kill() asks for.
  void kill_supervisors() const noexcept;
  /// Kills what has stayed in the shell's group: for a command without supervisors.
  void kill_group() const noexcept;

  /// Whether the supervisor has ended.
  bool has_ended() const noexcept;
  /// Takes in that the supervisor, which has ended, has done so.
  Supervision reap() noexcept;
  /// Takes in what the supervisors have told; false when the last of them is gone.
  bool read_reports() noexcept;

  /// The status (waitpid) of the program, as soon as it has ended and reports were read.
  std::optional<int> status() const noexcept { return status_; }
  /// How many processes there were when the limit was reached; 0: it was not.
  int too_many() const noexcept { return too_many_; }

 private:
  explicit ChildProcess(pid_t pid) noexcept : pid_(pid) {}

  int await_start() noexcept;
  void take(const SupervisorReport& report) noexcept;

  pid_t pid_;  ///< of the outer supervisor, which leads a group of the two; 0 after reap()
  FileDescriptor line_;
  FileDescriptor exit_watch_;
  FileDescriptor stdout_;
  FileDescriptor stderr_;
  int failure_ = 0;
  pid_t shell_ = 0;  ///< once it was started
  std::optional<int> status_;
  int too_many_ = 0;
};

}  // namespace strandbus::detail
