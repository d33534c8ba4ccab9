#include "tools/child_process.hpp"

#include "tools/process_tree.hpp"
#include "tools/supervisor.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace strandbus::detail {
namespace {

using Error = ChildProcess::Error;

/// How long a destructor waits for the supervisors.
constexpr int patience_ms = 1000;
/// How often and how long is looked for the start of a command; then it is taken for started.
constexpr int max_looks = 200;
constexpr int look_ms = 50;

error_code system_code(int number) { return {number, boost::system::system_category()}; }

/// A descriptor that is not one of the three that a child rearranges.
FileDescriptor above_standard(FileDescriptor descriptor) {
  if (descriptor.get() > STDERR_FILENO) return descriptor;
  return FileDescriptor(::fcntl(descriptor.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

/// Two ends: ours and that of the child.
struct Ends {
  FileDescriptor ours;
  FileDescriptor theirs;
};

boost::system::result<Ends, Error> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return Error{"make a pipe", system_code(errno)};
  Ends pipe{FileDescriptor(ends[0]), above_standard(FileDescriptor(ends[1]))};
  if (!pipe.theirs || ::fcntl(pipe.ours.get(), F_SETFL, O_NONBLOCK) != 0) {
    return Error{"set up a pipe", system_code(errno)};
  }
  return pipe;
}

boost::system::result<Ends, Error> make_line() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return Error{"make a socket pair", system_code(errno)};
  Ends line{FileDescriptor(ends[0]), above_standard(FileDescriptor(ends[1]))};
  if (!line.theirs) return Error{"set up a socket pair", system_code(errno)};
  return line;
}

/// execve wants pointers to char, and does not write through them.
std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (const std::string& text : texts) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

/// Blocks every signal, so that no handler of the application runs in what is forked meanwhile.
class BlockedSignals {
 public:
  BlockedSignals() noexcept {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;
  ~BlockedSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

/// Returns the number of the supervisor; below 0: errno says why there is none.
pid_t fork_supervisor(const Launch& launch) noexcept {
  const BlockedSignals blocked;
  const pid_t pid = ::fork();
  if (pid == 0) supervise(launch);
  return pid;
}

FileDescriptor open_exit_watch(pid_t pid) {
  return FileDescriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U)));
}

}  // namespace

boost::system::result<ChildProcess, Error> ChildProcess::start(const Command& command) {
  auto out = make_pipe();
  if (!out) return out.error();
  auto err = make_pipe();
  if (!err) return err.error();
  auto line = make_line();
  if (!line) return line.error();

  const auto arguments = pointers_to(command.arguments);
  const auto environment = pointers_to(command.environment);
  const Launch launch{command.program.c_str(),
                      arguments.data(),
                      environment.data(),
                      command.directory.c_str(),
                      ::getpid(),
                      out->theirs.get(),
                      err->theirs.get(),
                      line->theirs.get(),
                      command.max_processes,
                      ::getpriority(PRIO_PROCESS, 0)};
  const pid_t pid = fork_supervisor(launch);
  if (pid < 0) return Error{"start a process", system_code(errno)};
  ChildProcess child(pid);
  line->theirs = FileDescriptor();
  child.line_ = std::move(line->ours);
  child.stdout_ = std::move(out->ours);
  child.stderr_ = std::move(err->ours);
  if (const int failure = child.await_start(); failure != 0)
    return Error{"start " + command.program, system_code(failure)};
  child.exit_watch_ = open_exit_watch(pid);
  if (!child.exit_watch_)
    return Error{"watch the process (pidfd_open, Linux 5.3)", system_code(errno)};
  return child;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)),
      line_(std::move(other.line_)),
      exit_watch_(std::move(other.exit_watch_)),
      stdout_(std::move(other.stdout_)),
      stderr_(std::move(other.stderr_)),
      failure_(other.failure_),
      shell_(other.shell_),
      status_(other.status_),
      too_many_(other.too_many_) {}

ChildProcess::~ChildProcess() {
  if (pid_ == 0) return;
  kill();
  const FileDescriptor watch = open_exit_watch(pid_);
  pollfd ended{watch.get(), POLLIN, 0};
  if (!watch || ::poll(&ended, 1, patience_ms) != 1) kill_supervisors();
  static_cast<void>(reap());
}

FileDescriptor ChildProcess::copy_of_line() const noexcept {
  return FileDescriptor(::fcntl(line_.get(), F_DUPFD_CLOEXEC, 0));
}

void ChildProcess::ask_to_end() const noexcept {
  ::send(line_.get(), &order_to_end, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void ChildProcess::kill() noexcept {
  ::shutdown(line_.get(), SHUT_WR);
  if (pid_ != 0) ::kill(-pid_, SIGCONT);  // the command may have stopped its supervisors
}

bool ChildProcess::is_stopped() const noexcept {
  const char state = pid_ != 0 ? process_state(pid_) : '\0';
  return state == 'T' || state == 't';
}

void ChildProcess::kill_supervisors() const noexcept {
  if (pid_ != 0) ::kill(-pid_, SIGKILL);
}

void ChildProcess::kill_group() const noexcept {
  if (shell_ > 0) ::kill(-shell_, SIGKILL);
}

bool ChildProcess::has_ended() const noexcept {
  siginfo_t ended{};
  const auto id = static_cast<id_t>(pid_);
  // Whoever else has waited for it (ECHILD) did so after its end.
  return ::waitid(P_PID, id, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid != 0;
}

ChildProcess::Supervision ChildProcess::reap() noexcept {
  const pid_t pid = std::exchange(pid_, 0);
  int status = 0;
  pid_t reaped = 0;
  do {
    reaped = ::waitpid(pid, &status, 0);
  } while (reaped < 0 && errno == EINTR);
  return reaped == pid && status == 0 ? Supervision::complete : Supervision::broken;
}

/// Returns the error number that the start failed with, or 0. Waits as long as a start takes.
int ChildProcess::await_start() noexcept {
  for (int looks = 0; shell_ == 0 && failure_ == 0 && looks < max_looks;) {
    pollfd line{line_.get(), POLLIN, 0};
    if (::poll(&line, 1, look_ms) != 1) {
      // The command was quicker to stop its supervisors than they to tell that it runs.
      ::kill(-pid_, SIGCONT);
      ++looks;
      continue;
    }
    SupervisorReport report;
    const ssize_t size = ::recv(line_.get(), &report, sizeof report, 0);
    if (size < 0 && errno == EINTR) continue;
    // The command was quicker to kill its supervisors than they to tell that it runs.
    if (size != sizeof report) return 0;
    take(report);
  }
  return failure_;
}

bool ChildProcess::read_reports() noexcept {
  SupervisorReport report;
  for (;;) {
    const ssize_t size = ::recv(line_.get(), &report, sizeof report, MSG_DONTWAIT);
    // An order that nobody read is told once, ahead of what has been reported.
    if (size < 0 && errno == ECONNRESET) continue;
    if (size != sizeof report) return size < 0 && (errno == EAGAIN || errno == EINTR);
    take(report);
  }
}

void ChildProcess::take(const SupervisorReport& report) noexcept {
  switch (report.kind) {
    case SupervisorReport::Kind::failed: failure_ = report.value; return;
    case SupervisorReport::Kind::started: shell_ = report.value; return;
    case SupervisorReport::Kind::ended: status_ = report.value; return;
    case SupervisorReport::Kind::too_many: too_many_ = report.value; return;
  }
}

}  // namespace strandbus::detail
