#include "cli/child_groups.hpp"

#include <charconv>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <unistd.h>

namespace strandbus::cli {
namespace {

/// The parent of a process, from /proc/PID/stat (proc_pid_stat(5)); 0 if nobody knows.
pid_t parent_of(const std::filesystem::path& process) {
  std::ifstream file(process / "stat");
  std::string line;
  std::getline(file, line);
  const std::size_t name_end = line.rfind(')');  // the name may hold anything
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(line.substr(name_end + 1));
  std::string state;
  pid_t parent = 0;
  fields >> state >> parent;
  return parent;
}

}  // namespace

void kill_child_groups() noexcept {
  try {
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      const std::string name = entry.path().filename();
      pid_t process = 0;
      const char* const end = name.data() + name.size();
      if (std::from_chars(name.data(), end, process).ptr != end) continue;
      if (parent_of(entry.path()) != ::getpid()) continue;
      ::kill(-process, SIGKILL);
      ::kill(process, SIGKILL);
    }
  } catch (...) {  // what cannot be found cannot be killed; the program ends all the same
  }
}

}  // namespace strandbus::cli
