#include "report/process.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <poll.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

extern char** environ;

namespace strandbus::bench {

namespace {

using Clock = std::chrono::steady_clock;

void require(int error, const char* what) {
  if (error != 0) throw std::system_error(error, std::generic_category(), what);
}

/// A child that writes into a pipe, and does not outlive this object.
class Child {
 public:
  Child(const std::string& file, const std::vector<std::string>& arguments) {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) require(errno, "pipe");
    output_ = ends[0];
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    posix_spawn_file_actions_addclose(&actions, ends[1]);
    std::vector<char*> words{const_cast<char*>(file.c_str())};
    for (const std::string& argument : arguments)
      words.push_back(const_cast<char*>(argument.c_str()));
    words.push_back(nullptr);
    const int error = posix_spawn(&pid_, file.c_str(), &actions, nullptr, words.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (error != 0) close(output_);
    require(error, "it cannot be started");
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    close(output_);
    if (pid_ < 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }

  /// Everything up to its end of the pipe being closed.
  std::string read_all(Clock::time_point end) {
    std::string text;
    std::array<char, 4096> part{};
    for (;;) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
      pollfd wait{.fd = output_, .events = POLLIN, .revents = 0};
      const int ready = left > 0 ? poll(&wait, 1, int(left)) : 0;
      if (ready == 0) throw std::runtime_error("it took too long and was killed");
      if (ready < 0 && errno == EINTR) continue;
      const ssize_t size = read(output_, part.data(), part.size());
      if (size < 0 && errno == EINTR) continue;
      if (size <= 0) return text;
      text.append(part.data(), std::size_t(size));
    }
  }

  int wait() {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return status;
  }

 private:
  pid_t pid_ = -1;
  int output_ = -1;
};

}  // namespace

std::string run_program(const std::string& file, const std::vector<std::string>& arguments,
                        std::chrono::milliseconds limit) {
  Child child(file, arguments);
  std::string output = child.read_all(Clock::now() + limit);
  const int status = child.wait();
  if (WIFSIGNALED(status))
    throw std::runtime_error("it was ended by signal " + std::to_string(WTERMSIG(status)));
  if (WEXITSTATUS(status) != 0)
    throw std::runtime_error("it ended with exit code " + std::to_string(WEXITSTATUS(status)));
  return output;
}

}  // namespace strandbus::bench
