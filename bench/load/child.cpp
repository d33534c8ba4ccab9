#include "load/child.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <spawn.h>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace strandbus::load {
namespace {

std::string read_whole(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A line "Name:   123 kB" of a file of /proc.
std::size_t kilobytes(const std::string& text, const std::string& name) {
  const std::size_t at = text.find('\n' + name + ':');
  if (at == std::string::npos) return 0;
  return std::stoull(text.substr(at + name.size() + 2)) * 1024;
}

double processor_seconds(const std::filesystem::path& process) {
  // proc(5): fields 14 and 15, the twelfth and thirteenth behind the name.
  const std::string text = read_whole(process / "stat");
  std::istringstream fields(text.substr(text.rfind(')') + 1));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

void add_use(ProcessUse& sum, const std::filesystem::path& process) {
  const std::string pages = read_whole(process / "smaps_rollup");
  sum.resident_bytes += kilobytes(pages, "Rss");
  sum.proportional_bytes += kilobytes(pages, "Pss");
  sum.processor_seconds += processor_seconds(process);
  std::error_code failed;
  for (std::filesystem::directory_iterator entry(process / "fd", failed), end;
       !failed && entry != end; entry.increment(failed))
    ++sum.descriptors;
}

std::vector<std::string> children_of(pid_t pid) {
  const std::string name = std::to_string(pid);
  std::istringstream list(read_whole("/proc/" + name + "/task/" + name + "/children"));
  return {std::istream_iterator<std::string>(list), {}};
}

pid_t spawn(const std::vector<std::string>& command, int output, const std::string& errors) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0600);
  std::vector<char*> words;
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  std::string path = "PATH=/usr/sbin:/usr/bin:/bin";
  const std::array<char*, 2> environment{path.data(), nullptr};
  pid_t pid = -1;
  const int failed =
      ::posix_spawn(&pid, words.front(), &actions, nullptr, words.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0)
    throw std::system_error(failed, std::generic_category(), "cannot start " + command.front());
  return pid;
}

}  // namespace

Child::Child(const std::vector<std::string>& command, const std::string& errors) : errors_(errors) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    throw std::system_error(errno, std::generic_category(), "pipe");
  output_ = detail::FileDescriptor(ends[0]);
  const detail::FileDescriptor input(ends[1]);
  pid_ = spawn(command, input.get(), errors);
}

/// Asks it to end first: a server with workers would leave them behind.
Child::~Child() {
  ::kill(pid_, SIGTERM);
  constexpr int patience_ms = 10'000;
  for (int i = 0; i < patience_ms / 10; ++i) {
    if (::waitpid(pid_, nullptr, WNOHANG) != 0) return;
    ::usleep(10'000);
  }
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

std::string Child::read_line(const std::string& begin) {
  for (;;) {
    const std::size_t at = text_.find(begin);
    const std::size_t end = at == std::string::npos ? at : text_.find('\n', at);
    if (end != std::string::npos) return text_.substr(at + begin.size(), end - at - begin.size());
    std::array<char, 4096> part;
    const ssize_t size = ::read(output_.get(), part.data(), part.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) throw std::runtime_error("the server did not start: " + read_whole(errors_));
    text_.append(part.data(), static_cast<std::size_t>(size));
  }
}

ProcessUse Child::use() const {
  ProcessUse sum;
  add_use(sum, "/proc/" + std::to_string(pid_));
  for (const std::string& child : children_of(pid_)) add_use(sum, "/proc/" + child);
  return sum;
}

bool Child::alive() const {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == 0;
}

}  // namespace strandbus::load
