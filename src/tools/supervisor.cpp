#include "tools/supervisor.hpp"

#include "tools/process_tree.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

// Runs between fork and exec, in a copy of a process that may have had other threads: only what a
// signal handler may call, no memory from the heap, nothing that throws.

namespace strandbus::detail {
namespace {

using Kind = SupervisorReport::Kind;

enum class Role : bool { outer, inner };

/// How long the outer supervisor waits for the inner one before it does the work itself.
constexpr int patience_ms = 300;
/// How often the number of processes is looked at where it is limited. A bomb doubles meanwhile.
constexpr int census_ms = 10;
/// The best that setpriority(2) can give, to those who may ask for it.
constexpr int first_in_line = -20;
/// Between two rounds of killing.
constexpr int round_ms = 10;

void tell(int line, Kind kind, int value) noexcept {
  const SupervisorReport message{kind, value};
  ::send(line, &message, sizeof message, MSG_NOSIGNAL);
}

/// Closes what the application had open, but for these.
bool close_others(std::array<int, 3> kept) noexcept {
  std::sort(kept.begin(), kept.end());
  unsigned first = STDERR_FILENO + 1;
  for (const int descriptor : kept) {
    const auto number = static_cast<unsigned>(descriptor);
    if (number > first && ::close_range(first, number - 1, 0) != 0) return false;
    first = number + 1;
  }
  return ::close_range(first, ~0U, 0) == 0;
}

bool open_nothing() noexcept {
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (nothing < 0) return false;
  for (int standard = STDIN_FILENO; standard <= STDERR_FILENO; ++standard) {
    if (::dup2(nothing, standard) < 0) return false;
  }
  return nothing <= STDERR_FILENO || ::close(nothing) == 0;
}

void forget_handlers() noexcept {
  struct sigaction usual {};
  usual.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &usual, nullptr);
}

/// Threads are counted too.
int processes_of_system() noexcept {
  struct sysinfo system {};
  return ::sysinfo(&system) == 0 ? system.procs : 0;
}

/// Where the kernel would refuse more processes of this user than the system has now and the
/// command may have. Does not bind root, and so is not all that limits them.
void limit_processes(int max_processes) noexcept {
  rlimit limit{};
  if (max_processes == 0 || ::getrlimit(RLIMIT_NPROC, &limit) != 0) return;
  const rlim_t wanted =
      static_cast<rlim_t>(processes_of_system()) + static_cast<rlim_t>(max_processes);
  limit.rlim_cur = std::min(limit.rlim_cur, wanted);
  limit.rlim_max = std::min(limit.rlim_max, wanted);
  ::setrlimit(RLIMIT_NPROC, &limit);
}

/// The end of a shell that did not begin.
[[noreturn]] void give_up(int confession) noexcept {
  const int failure = errno;
  static_cast<void>(!::write(confession, &failure, sizeof failure));
  ::_exit(127);
}

/// Every other descriptor closes at exec.
[[noreturn]] void become_shell(const Launch& launch, pid_t supervisor, int confession) noexcept {
  sigset_t none;
  ::sigemptyset(&none);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != supervisor) ::_exit(127);
  ::setpriority(PRIO_PROCESS, 0, launch.niceness);
  limit_processes(launch.max_processes);
  // What gains rights by set-uid could not be killed by us.
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::setsid() < 0 ||
      ::chdir(launch.directory) != 0 || ::dup2(launch.out, STDOUT_FILENO) < 0 ||
      ::dup2(launch.err, STDERR_FILENO) < 0 || ::sigprocmask(SIG_SETMASK, &none, nullptr) != 0) {
    give_up(confession);
  }
  ::execve(launch.program, launch.arguments, launch.environment);
  give_up(confession);
}

[[noreturn]] void fail(const Launch& launch, int failure) noexcept {
  tell(launch.line, Kind::failed, failure);
  ::_exit(EXIT_SUCCESS);
}

/// Takes nothing of the application's along but what the command needs.
void leave_application(const Launch& launch) noexcept {
  forget_handlers();
  ::setsid();
  if (!close_others({launch.out, launch.err, launch.line}) || !open_nothing()) fail(launch, errno);
}

class Supervisor {
 public:
  Supervisor(const Launch& launch, Role role, pid_t parent) noexcept
      : launch_(launch), role_(role), parent_(parent) {}

  [[noreturn]] void run() noexcept {
    if (!prepare()) fail(launch_, errno);
    start_child();
    ::close(launch_.out);
    ::close(launch_.err);
    watch();
    end_everything();
    ::_exit(EXIT_SUCCESS);
  }

 private:
  bool prepare() noexcept {
    ::prctl(PR_SET_NAME, "strandbus-guard");
    // Thousands of busy processes must not keep us from ending them.
    ::setpriority(PRIO_PROCESS, 0, first_in_line);
    // The copy of the application's memory is nobody's business; nor is its environment.
    ::prctl(PR_SET_DUMPABLE, 0);
    if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) return false;
    // Only to wake us: the thread that started us may end long before the application does.
    ::prctl(PR_SET_PDEATHSIG, SIGUSR1);
    sigset_t awaited;
    ::sigemptyset(&awaited);
    ::sigaddset(&awaited, SIGCHLD);
    ::sigaddset(&awaited, SIGUSR1);
    signals_ = ::signalfd(-1, &awaited, SFD_CLOEXEC | SFD_NONBLOCK);
    return signals_ >= 0;
  }

  void start_child() noexcept {
    if (role_ == Role::inner) return start_shell();
    const pid_t self = ::getpid();
    child_ = ::fork();
    if (child_ < 0) fail(launch_, errno);
    if (child_ == 0) Supervisor(launch_, Role::inner, self).run();
  }

  void start_shell() noexcept {
    // Sockets: a pipe could be opened by others, as a file of /proc.
    int confession[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, confession) != 0)
      fail(launch_, errno);
    const pid_t self = ::getpid();
    child_ = ::fork();
    if (child_ < 0) fail(launch_, errno);
    if (child_ == 0) become_shell(launch_, self, confession[1]);
    ::close(confession[1]);
    int failure = 0;
    const bool failed = ::read(confession[0], &failure, sizeof failure) > 0;
    ::close(confession[0]);
    if (failed) fail(launch_, failure);
    tell(launch_.line, Kind::started, child_);
  }

  /// Waits until everything has to end.
  void watch() noexcept {
    while (!child_ended_ && ::getppid() == parent_) {
      // The outer supervisor only wants to know whether somebody still holds the other end.
      const short wanted = role_ == Role::inner ? POLLIN : POLLRDHUP;
      pollfd sources[2] = {{signals_, POLLIN, 0}, {launch_.line, wanted, 0}};
      ::poll(sources, 2, limits_processes() ? census_ms : -1);
      reap();
      if (sources[1].revents != 0 && !take_orders()) return;
      if (limits_processes() && too_many()) return;
    }
  }

  bool limits_processes() const noexcept {
    return role_ == Role::inner && launch_.max_processes > 0;
  }

  /// Whether there is more to wait for.
  bool take_orders() noexcept {
    if (role_ == Role::outer) {
      wait_for_inner();
      return false;
    }
    char order = 0;
    if (::read(launch_.line, &order, 1) != 1) return false;
    if (order == order_to_end && !child_ended_) {
      ::kill(-child_, SIGTERM);
      ::kill(-child_, SIGCONT);
    }
    return true;
  }

  void wait_for_inner() noexcept {
    for (int waited = 0; waited < patience_ms && !child_ended_; waited += round_ms) pause_round();
  }

  bool too_many() noexcept {
    // Cheaper than counting: the whole system has not come to have so many more.
    if (processes_of_system() - processes_before_ <= launch_.max_processes) return false;
    const int count = tree_.count();
    if (count <= launch_.max_processes) return false;
    tell(launch_.line, Kind::too_many, count);
    return true;
  }

  /// Kills until nobody is left. Who is about to be killed cannot fork any more, so that this ends;
  /// freezing everybody first would make thousands wait for their turn twice.
  void end_everything() noexcept {
    while (reap()) {
      // One call for a whole group is faster than anything that forks.
      if (role_ == Role::inner && !child_ended_) ::kill(-child_, SIGKILL);
      if (tree_.kill_all() < 0 && !child_ended_) ::kill(child_, SIGKILL);
      if (reap()) pause_round();
    }
  }

  /// Waits for a signal, for a moment.
  void pause_round() noexcept {
    pollfd signals{signals_, POLLIN, 0};
    ::poll(&signals, 1, round_ms);
    reap();
  }

  /// Takes in who has ended. Returns whether somebody is left.
  bool reap() noexcept {
    signalfd_siginfo ignored;
    while (::read(signals_, &ignored, sizeof ignored) > 0) {
    }
    for (;;) {
      siginfo_t next{};
      if (::waitid(P_ALL, 0, &next, WEXITED | WSTOPPED | WNOHANG | WNOWAIT | __WALL) != 0)
        return false;
      if (next.si_pid == 0) return true;
      // Until it is waited for, the number of the shell's group cannot belong to anybody else.
      if (next.si_pid == child_ && next.si_code != CLD_STOPPED && role_ == Role::inner)
        ::kill(-child_, SIGKILL);
      int status = 0;
      const pid_t pid = ::waitpid(next.si_pid, &status, WNOHANG | WUNTRACED | __WALL);
      if (pid > 0 && pid == child_) take_child(status);
    }
  }

  void take_child(int status) noexcept {
    if (WIFSTOPPED(status)) {
      // Who stops the inner supervisor gains nothing. A shell may stop if it likes.
      if (role_ == Role::outer) ::kill(child_, SIGCONT);
      return;
    }
    child_ended_ = true;
    if (role_ == Role::inner) tell(launch_.line, Kind::ended, status);
  }

  const Launch& launch_;
  const Role role_;
  const pid_t parent_;
  int signals_ = -1;
  pid_t child_ = 0;
  bool child_ended_ = false;
  const int processes_before_ = processes_of_system();
  ProcessTree tree_;
};

}  // namespace

void supervise(const Launch& launch) noexcept {
  leave_application(launch);
  Supervisor(launch, Role::outer, launch.application).run();
}

}  // namespace strandbus::detail
