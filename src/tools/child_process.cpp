#include "tools/child_process.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace strandbus::detail {
namespace {

using Error = ChildProcess::Error;

error_code system_code(int number) { return {number, boost::system::system_category()}; }

/// A descriptor that is not one of the three that the child rearranges.
FileDescriptor above_standard(FileDescriptor descriptor) {
  if (descriptor.get() > STDERR_FILENO) return descriptor;
  return FileDescriptor(::fcntl(descriptor.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

struct Pipe {
  FileDescriptor reader;  ///< not blocking
  FileDescriptor writer;
};

boost::system::result<Pipe, Error> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return Error{"make a pipe", system_code(errno)};
  Pipe pipe{FileDescriptor(ends[0]), above_standard(FileDescriptor(ends[1]))};
  if (!pipe.writer || ::fcntl(pipe.reader.get(), F_SETFL, O_NONBLOCK) != 0) {
    return Error{"set up a pipe", system_code(errno)};
  }
  return pipe;
}

/// What the child does between fork and exec.
class SpawnPlan {
 public:
  SpawnPlan(const std::string& directory, int out, int err) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    note(::posix_spawn_file_actions_addchdir_np(&actions_, directory.c_str()));
    note(::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0));
    note(::posix_spawn_file_actions_adddup2(&actions_, out, STDOUT_FILENO));
    note(::posix_spawn_file_actions_adddup2(&actions_, err, STDERR_FILENO));
    note(::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1));

    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    note(::posix_spawnattr_setsigmask(&attributes_, &none));
    note(::posix_spawnattr_setsigdefault(&attributes_, &all));
    note(::posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }

  /// Returns an error number, or 0.
  int run(const ChildProcess::Command& command, pid_t& pid) const {
    if (failure_ != 0) return failure_;
    const auto arguments = pointers(command.arguments);
    const auto environment = pointers(command.environment);
    return ::posix_spawn(&pid, command.program.c_str(), &actions_, &attributes_, arguments.data(),
                         environment.data());
  }

 private:
  void note(int failure) noexcept {
    if (failure_ == 0) failure_ = failure;
  }

  /// posix_spawn wants pointers to char, and does not write through them.
  static std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> result;
    result.reserve(texts.size() + 1);
    for (const std::string& text : texts) result.push_back(const_cast<char*>(text.c_str()));
    result.push_back(nullptr);
    return result;
  }

  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
  int failure_ = 0;
};

FileDescriptor open_exit_watch(pid_t pid) {
  return FileDescriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U)));
}

}  // namespace

boost::system::result<ChildProcess, Error> ChildProcess::start(const Command& command) {
  auto out = make_pipe();
  if (!out) return out.error();
  auto err = make_pipe();
  if (!err) return err.error();

  pid_t pid = 0;
  const SpawnPlan plan(command.directory, out->writer.get(), err->writer.get());
  if (const int failure = plan.run(command, pid); failure != 0) {
    return Error{"start " + command.program, system_code(failure)};
  }
  ChildProcess child(pid);
  child.stdout_ = std::move(out->reader);
  child.stderr_ = std::move(err->reader);
  child.exit_watch_ = open_exit_watch(pid);
  if (!child.exit_watch_)
    return Error{"watch the process (pidfd_open, Linux 5.3)", system_code(errno)};
  return child;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)),
      exit_watch_(std::move(other.exit_watch_)),
      stdout_(std::move(other.stdout_)),
      stderr_(std::move(other.stderr_)) {}

ChildProcess::~ChildProcess() {
  if (pid_ == 0) return;
  signal_group(SIGKILL);
  reap();
}

void ChildProcess::signal_group(int signal) const noexcept {
  if (pid_ != 0) ::kill(-pid_, signal);
}

std::optional<int> ChildProcess::reap() noexcept {
  const pid_t pid = std::exchange(pid_, 0);
  if (pid == 0) return std::nullopt;
  int status = 0;
  pid_t reaped = 0;
  do {
    reaped = ::waitpid(pid, &status, 0);
  } while (reaped < 0 && errno == EINTR);
  if (reaped != pid) return std::nullopt;
  return status;
}

}  // namespace strandbus::detail
