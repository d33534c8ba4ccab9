#include "tools/process_tree.hpp"

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <string_view>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace strandbus::detail {
namespace {

/// The kernel gives no higher numbers (proc(5), pid_max).
constexpr pid_t pid_limit = 4 * 1024 * 1024;

/// What /proc/PID/stat says (proc(5)).
struct Stat {
  char state = 0;  ///< 0: there is no such process
  pid_t parent = 0;
};

Stat read_stat(int directory) noexcept {
  char text[512];
  const int file = ::openat(directory, "stat", O_RDONLY | O_CLOEXEC);
  if (file < 0) return {};
  const ssize_t size = ::read(file, text, sizeof text);
  ::close(file);
  const std::string_view line(text, size > 0 ? static_cast<std::size_t>(size) : 0);
  const std::size_t name_end = line.rfind(')');  // the name may hold anything
  if (name_end == std::string_view::npos || line.size() < name_end + 5) return {};
  Stat stat;
  stat.state = line[name_end + 2];
  std::from_chars(line.data() + name_end + 4, line.data() + line.size(), stat.parent);
  return stat;
}

int open_process(int proc, const char* number) noexcept {
  return ::openat(proc, number, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

pid_t number_of(std::string_view name) noexcept {
  pid_t number = 0;
  const auto parsed = std::from_chars(name.data(), name.data() + name.size(), number);
  const bool whole = parsed.ec == std::errc() && parsed.ptr == name.data() + name.size();
  return whole && number > 0 && number < pid_limit ? number : 0;
}

/// Calls `visit(pid, name)` for every process that a directory of /proc shows.
template <class Visit>
void for_each_process(int proc, Visit visit) noexcept {
  // As getdents64(2) gives it; glibc's own directory functions allocate.
  struct Entry {
    std::uint64_t inode;
    std::int64_t offset;
    std::uint16_t size;
    std::uint8_t type;
    char name[1];
  };
  constexpr std::size_t name_offset = offsetof(Entry, name);
  alignas(Entry) char buffer[8192];
  ::lseek(proc, 0, SEEK_SET);
  for (;;) {
    const long size = ::syscall(SYS_getdents64, proc, buffer, sizeof buffer);
    if (size <= 0) return;
    for (long at = 0; at < size;) {
      std::uint16_t length = 0;
      std::memcpy(&length, buffer + at + offsetof(Entry, size), sizeof length);
      const char* const name = buffer + at + name_offset;
      if (const pid_t pid = number_of(name)) visit(pid, name);
      at += length;
    }
  }
}

}  // namespace

/// Who the parent of a process is, by its number. Only pages that are used take memory.
class ProcessTree::Table {
 public:
  Table() noexcept : self_(::getpid()) {
    void* const memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory != MAP_FAILED) parents_ = static_cast<pid_t*>(memory);
  }
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;
  ~Table() {
    if (parents_ != nullptr) ::munmap(parents_, bytes);
  }

  explicit operator bool() const noexcept { return parents_ != nullptr; }

  void set(pid_t process, pid_t parent) noexcept { parents_[process] = parent; }

  /// Whether a process with this parent is one of ours. Shortens the way for those who ask later.
  bool is_below_us(pid_t parent) noexcept {
    pid_t ancestor = parent;
    // A process that ended while the table was made may have left a circle behind.
    for (int steps = 0; is_other(ancestor) && steps < pid_limit; ++steps)
      ancestor = parents_[ancestor];
    const bool ours = ancestor == self_;
    if (!ours) return false;
    for (pid_t next = parent; is_other(next);) next = std::exchange(parents_[next], self_);
    return true;
  }

 private:
  static constexpr std::size_t bytes = std::size_t{pid_limit} * sizeof(pid_t);

  bool is_other(pid_t pid) const noexcept { return pid > 0 && pid < pid_limit && pid != self_; }

  const pid_t self_;
  pid_t* parents_ = nullptr;
};

char process_state(pid_t process) noexcept {
  char path[32] = "/proc/";
  constexpr std::size_t prefix = 6;
  *std::to_chars(path + prefix, path + sizeof path - 1, process).ptr = '\0';
  const int directory = ::open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return 0;
  const char state = read_stat(directory).state;
  ::close(directory);
  return state;
}

ProcessTree::ProcessTree() noexcept : proc_(::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {}

ProcessTree::~ProcessTree() {
  if (proc_ >= 0) ::close(proc_);
}

bool ProcessTree::can_see() const noexcept {
  char text[32];
  const ssize_t size = ::readlinkat(proc_, "self", text, sizeof text);
  return size > 0 && number_of({text, static_cast<std::size_t>(size)}) == ::getpid();
}

int ProcessTree::kill_all() noexcept {
  kill_children();
  Table table;
  if (!table || !can_see()) return -1;
  // The first walk goes up the numbers, as new processes do, and so overtakes whoever forks. It
  // misses a child with a lower number than its parent; the second one knows them all.
  return kill_walk(table) + kill_walk(table);
}

/// Some are hidden from everybody else (proc(5), hidepid), but not from their parent, where the
/// kernel has this file. Nobody gets the number of a child that was not waited for.
void ProcessTree::kill_children() noexcept {
  const int children = ::openat(proc_, "thread-self/children", O_RDONLY | O_CLOEXEC);
  if (children < 0) return;
  char text[4096];
  const ssize_t size = ::read(children, text, sizeof text);
  ::close(children);
  std::string_view list(text, size > 0 ? static_cast<std::size_t>(size) : 0);
  // What was cut off comes the next time; so does a number that was.
  for (std::size_t end = list.find(' '); end != std::string_view::npos; end = list.find(' ')) {
    if (const pid_t child = number_of(list.substr(0, end))) ::kill(child, SIGKILL);
    list.remove_prefix(end + 1);
  }
}

int ProcessTree::kill_walk(Table& table) noexcept {
  int killed = 0;
  for_each_process(proc_, [&](pid_t pid, const char* name) {
    // The open directory stands for this very process (pidfd_send_signal(2)): its number may be
    // given to another one meanwhile.
    const int process = open_process(proc_, name);
    if (process < 0) return;
    const Stat stat = read_stat(process);
    table.set(pid, stat.parent);
    const bool dead = stat.state == 0 || stat.state == 'Z' || stat.state == 'X';
    if (!dead && table.is_below_us(stat.parent)) {
      if (::syscall(SYS_pidfd_send_signal, process, SIGKILL, nullptr, 0U) != 0 && errno != ESRCH)
        ::kill(pid, SIGKILL);
      ++killed;
    }
    ::close(process);
  });
  return killed;
}

int ProcessTree::count() noexcept {
  Table table;
  if (!table || !can_see()) return -1;
  int found = 0;
  for_each_process(proc_, [&](pid_t pid, const char* name) {
    const int process = open_process(proc_, name);
    if (process < 0) return;
    const Stat stat = read_stat(process);
    table.set(pid, stat.parent);
    if (table.is_below_us(stat.parent)) ++found;
    ::close(process);
  });
  return found;
}

}  // namespace strandbus::detail
