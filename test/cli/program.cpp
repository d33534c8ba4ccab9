#include "cli/program.hpp"

#include "cli/trace.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <poll.h>
#include <pty.h>
#include <sstream>
#include <stdexcept>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace strandbus::testing {
namespace {

constexpr int patience_ms = 60'000;

using detail::FileDescriptor;

struct Pipe {
  FileDescriptor reader;
  FileDescriptor writer;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
  return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

/// An input that fits into a pipe, ready to be read.
FileDescriptor input_of(const std::string& text) {
  Pipe pipe = make_pipe();
  if (::write(pipe.writer.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    throw std::runtime_error("the input does not fit into a pipe");
  return std::move(pipe.reader);
}

std::vector<std::string> environment_of(const Program::Options& options) {
  std::vector<std::string> environment = options.environment;  // the first of a name counts
  for (const char* usual : {"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8", "TERM=xterm"})
    environment.emplace_back(usual);
  for (const char* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LLVM_PROFILE_FILE"}) {
    if (const char* value = std::getenv(name))
      environment.push_back(std::string(name) + "=" + value);
  }
  return environment;
}

/// What /proc/PID/stat says (proc_pid_stat(5)).
struct Process {
  pid_t id = 0;
  std::string state;
  pid_t parent = 0;
  pid_t group = 0;
};

std::vector<Process> all_processes() {
  std::vector<Process> processes;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    Process process;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), process.id);
    if (parsed.ptr != name.data() + name.size()) continue;
    std::ifstream file(entry.path() / "stat");
    std::string line;
    std::getline(file, line);
    std::istringstream fields(line.substr(std::min(line.rfind(')') + 1, line.size())));
    if (fields >> process.state >> process.parent >> process.group) processes.push_back(process);
  }
  return processes;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

Program::Program(const Arguments& arguments, const Options& options) : arguments_(arguments) {
  start(arguments, options);
}

void Program::start(const Arguments& arguments, const Options& options) {
  std::vector<std::string> words{STRANDBUS_PROGRAM};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> environment = environment_of(options);
  const auto argv = pointers_to(words);
  const auto envp = pointers_to(environment);
  const FileDescriptor input = input_of(options.input);
  Pipe out = make_pipe();
  Pipe err = make_pipe();
  int terminal = -1;
  winsize size{};
  size.ws_col = 80;
  size.ws_row = 24;

  pid_ = options.terminal ? ::forkpty(&terminal, nullptr, nullptr, &size) : ::fork();
  if (pid_ < 0) throw std::runtime_error("fork");
  if (pid_ == 0) {
    if (!options.terminal) {
      ::setsid();
      ::dup2(input.get(), STDIN_FILENO);
      ::dup2(options.out >= 0 ? options.out : out.writer.get(), STDOUT_FILENO);
      ::dup2(err.writer.get(), STDERR_FILENO);
    }
    if (options.largest_file > 0) {
      const rlimit limit{options.largest_file, options.largest_file};
      ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ::execve(argv.front(), argv.data(), envp.data());
    ::_exit(127);
  }
  if (options.terminal) {
    out_.stream = FileDescriptor(terminal);
  } else {
    out_.stream = std::move(out.reader);
    err_.stream = std::move(err.reader);
  }
}

Program::~Program() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Program::read_until(std::string_view text) {
  while (out_.text.find(text) == std::string::npos) {
    if (!read_some()) throw std::runtime_error("no \"" + std::string(text) + "\" in: " + out_.text);
  }
}

void Program::read_errors_until(std::string_view text) {
  while (err_.text.find(text) == std::string::npos) {
    if (!read_some()) throw std::runtime_error("no \"" + std::string(text) + "\" in: " + err_.text);
  }
}

void Program::read_next(std::string_view text) {
  std::size_t place = 0;
  while ((place = out_.text.find(text, found_)) == std::string::npos) {
    if (!read_some())
      throw std::runtime_error("no further \"" + std::string(text) + "\" in: " + out_.text);
  }
  found_ = place + text.size();
}

/// Waits for output and takes it; false when there is no more.
bool Program::read_some() {
  std::array<pollfd, 2> ready{pollfd{out_.stream.get(), POLLIN, 0},
                              pollfd{err_.stream.get(), POLLIN, 0}};
  if (!out_.stream && !err_.stream) return false;
  if (::poll(ready.data(), ready.size(), patience_ms) <= 0)
    throw std::runtime_error("the program says nothing any more; so far: " + out_.text + err_.text);
  if (ready[0].revents != 0) read_source(out_);
  if (ready[1].revents != 0) read_source(err_);
  return true;
}

void Program::read_source(Source& source) {
  std::array<char, 16 * 1024> buffer;
  const ssize_t count = ::read(source.stream.get(), buffer.data(), buffer.size());
  if (count > 0) {
    source.text.append(buffer.data(), static_cast<std::size_t>(count));
  } else if (count == 0 || errno != EINTR) {  // a terminal without a program is EIO
    source.stream = FileDescriptor();
  }
}

void Program::type(std::string_view text) {
  if (::write(out_.stream.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    throw std::runtime_error("cannot type");
}

void Program::send_signal(int signal) const { ::kill(pid_, signal); }

Finished Program::wait() {
  while (read_some()) {
  }
  int status = 0;
  ::waitpid(std::exchange(pid_, -1), &status, 0);
  Finished finished;
  if (WIFEXITED(status)) finished.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) finished.signal = WTERMSIG(status);
  finished.out = std::move(out_.text);
  finished.err = std::move(err_.text);
  check_events(finished);
  return finished;
}

/// What a run has recorded, and what it has printed, is what the vocabulary promises.
void Program::check_events(const Finished& finished) const {
  if (arguments_.empty() || arguments_.front() != "run") return;
  const auto has = [&](std::string_view name) {
    return std::ranges::find(arguments_, name) != arguments_.end();
  };
  for (auto word = arguments_.begin(); word + 1 < arguments_.end(); ++word) {
    if (*word == "--session" || *word == "--continue") expect_good_session(*(word + 1));
  }
  const bool whole = finished.out.empty() || finished.out.ends_with('\n');
  if (has("--json") && !has("--dialect") && !has("--continue") && whole)
    expect_good_trace(events_of(finished.out));
}

Finished run_program(const Program::Arguments& arguments, const Program::Options& options) {
  return Program(arguments, options).wait();
}

std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> children;
  for (const Process& process : all_processes()) {
    if (process.parent == parent) children.push_back(process.id);
  }
  return children;
}

bool is_gone(pid_t group) {
  for (const Process& process : all_processes()) {
    if (process.group != group || process.state == "Z") continue;
    // Killed is not dead: that takes a moment.
    const FileDescriptor handle(static_cast<int>(::syscall(SYS_pidfd_open, process.id, 0U)));
    pollfd ended{handle.get(), POLLIN, 0};
    if (handle && ::poll(&ended, 1, patience_ms) != 1) return false;
  }
  return true;
}

std::string source_file(std::string_view name) {
  return std::string(STRANDBUS_SOURCE_DIR "/").append(name);
}

}  // namespace strandbus::testing
