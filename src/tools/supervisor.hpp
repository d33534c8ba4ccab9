#pragma once

#include <cstdint>
#include <sys/types.h>

namespace strandbus::detail {

/// What a supervisor needs, made before the fork: it may allocate nothing.
struct Launch {
  const char* program;
  char* const* arguments;
  char* const* environment;
  const char* directory;
  pid_t application;  ///< whose command it is
  int out;            ///< the writing ends of the command's pipes
  int err;
  int line;           ///< a socket to the application: orders come in, reports go out
  int max_processes;  ///< 0: no limit
  int niceness;       ///< of the command
};

/// Asks the command to end by itself: SIGTERM to the shell's group.
constexpr char order_to_end = 't';

/// What a supervisor tells, each in one piece.
struct SupervisorReport {
  enum class Kind : std::int32_t {
    failed,    ///< the command could not start; the value is an error number
    started,   ///< the command runs; the value is the number of its shell
    ended,     ///< the shell has ended; the value is its status (waitpid)
    too_many,  ///< there were more processes than allowed; the value is how many
  };
  Kind kind{};
  std::int32_t value = 0;
};

/// Runs a command and ends every process that came of it. For a process that was just forked, with
/// every signal blocked.
///
/// It splits into two supervisors. The inner one starts the shell and ends what is left of the
/// command; the outer one does so when the inner one was killed. Both are subreapers, so that no
/// process of the command can leave them but by killing both. Everything ends when the shell has
/// ended, when the line is closed, and when the application is gone.
[[noreturn]] void supervise(const Launch& launch) noexcept;

}  // namespace strandbus::detail
