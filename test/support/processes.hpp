#pragma once

#include <charconv>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace strandbus::test {

/// A living process whose environment, arguments or working directory hold a mark.
struct MarkedProcess {
  pid_t id = 0;
  std::string arguments;
};

namespace marked {

/// Empty when the process ends meanwhile.
inline std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// A dead process that nobody has waited for has no environment and no arguments either.
inline bool holds(const std::filesystem::path& process, std::string_view mark) {
  std::error_code gone;
  const std::string directory = std::filesystem::read_symlink(process / "cwd", gone).native();
  return contents(process / "environ").find(mark) != std::string::npos ||
         contents(process / "cmdline").find(mark) != std::string::npos ||
         directory.find(mark) != std::string::npos;
}

}  // namespace marked

inline std::vector<MarkedProcess> processes_with(std::string_view mark) {
  std::vector<MarkedProcess> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    MarkedProcess process;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), process.id);
    if (parsed.ptr != name.data() + name.size() || !marked::holds(entry.path(), mark)) continue;
    process.arguments = marked::contents(entry.path() / "cmdline");
    for (char& c : process.arguments) c = c == '\0' ? ' ' : c;
    found.push_back(std::move(process));
  }
  return found;
}

inline void PrintTo(const MarkedProcess& process, std::ostream* out) {
  *out << process.id << " " << process.arguments;
}

}  // namespace strandbus::test
