#include "tools/bubblewrap.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace strandbus::detail {
namespace {

/// Where programs and their settings are; what of it does not exist is left out.
constexpr std::array<const char*, 8> system_directories{"/usr",   "/bin",   "/sbin", "/lib",
                                                        "/lib32", "/lib64", "/etc",  "/opt"};
/// Root may read them, and in some containers everybody is root.
constexpr std::array<const char*, 4> secret_files{"/etc/shadow", "/etc/shadow-", "/etc/gshadow",
                                                  "/etc/gshadow-"};
/// Where the name service of many systems is, behind a link in /etc.
constexpr const char* resolver = "/run/systemd/resolve";

/// The value of a variable; empty if there is none.
std::string_view value_of(const std::vector<std::string>& environment, std::string_view name) {
  for (const std::string_view entry : environment) {
    if (entry.starts_with(name)) return entry.substr(name.size());
  }
  return {};
}

/// The arguments of bwrap (bwrap(1)). Later ones cover earlier ones.
class Arguments {
 public:
  explicit Arguments(const std::string& program) : list_{program} {}

  template <class... Texts>
  void add(Texts&&... texts) {
    (list_.emplace_back(std::forward<Texts>(texts)), ...);
  }
  std::vector<std::string> take() { return std::move(list_); }

 private:
  std::vector<std::string> list_;
};

void add_namespaces(Arguments& arguments, SandboxNetwork network) {
  arguments.add("--unshare-all");
  if (network == SandboxNetwork::shared) {
    arguments.add("--share-net");
    arguments.add("--ro-bind-try", resolver, resolver);
  }
  arguments.add("--die-with-parent", "--new-session", "--cap-drop", "ALL");
}

void add_system(Arguments& arguments) {
  for (const char* directory : system_directories)
    arguments.add("--ro-bind-try", directory, directory);
  arguments.add("--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp");
}

void hide_secrets(Arguments& arguments) {
  // Only what is there can be covered: below a read-only directory bwrap can make nothing.
  for (const char* file : secret_files) {
    std::error_code unknown;
    if (std::filesystem::exists(file, unknown)) arguments.add("--ro-bind", "/dev/null", file);
  }
}

void add_files(Arguments& arguments, const BashOptions& options, const std::string& workspace) {
  const std::string home(value_of(options.environment, "HOME="));
  if (home.starts_with('/') && sandbox_workspace_fault(home).empty())
    arguments.add("--tmpfs", home);
  for (const std::string& path : options.readable) arguments.add("--ro-bind", path, path);
  arguments.add("--bind", workspace, workspace);
  // What git runs by itself, hooks and filters, is not for the command to choose.
  arguments.add("--ro-bind-try", workspace + "/.git", workspace + "/.git");
  arguments.add("--remount-ro", "/", "--chdir", workspace);
}

std::vector<std::string> bubblewrap_arguments(const BashOptions& options,
                                              const std::string& workspace,
                                              const std::vector<std::string>& shell) {
  Arguments arguments(options.bubblewrap);
  add_namespaces(arguments, options.network);
  add_system(arguments);
  hide_secrets(arguments);
  add_files(arguments, options, workspace);
  arguments.add("--");
  for (const std::string& word : shell) arguments.add(word);
  return arguments.take();
}

}  // namespace

ChildProcess::Command shell_command(const BashOptions& options, const std::string& workspace,
                                    const std::string& command) {
  ChildProcess::Command result;
  result.program = options.shell;
  result.arguments = {options.shell, "-c", command};
  result.environment = options.environment;
  result.directory = workspace;
  result.max_processes = options.max_processes;
  if (options.sandbox == Sandbox::none) return result;
  result.arguments = bubblewrap_arguments(options, workspace, result.arguments);
  result.program = options.bubblewrap;
  // It may name a place that the sandbox does not have; the usual one is there.
  std::erase_if(result.environment,
                [](const std::string& entry) { return entry.starts_with("TMPDIR="); });
  return result;
}

std::string sandbox_workspace_fault(const std::string& workspace) {
  const std::string path = std::filesystem::path(workspace).lexically_normal().native();
  const auto is_within = [&](std::string_view directory) {
    return path == directory || path.starts_with(std::string(directory) + '/');
  };
  const bool fits = path != "/" && path != "/home" && path != "/tmp" && !is_within("/dev") &&
                    !is_within("/proc") && std::ranges::none_of(system_directories, is_within);
  if (fits) return {};
  return "\"" + path + "\" cannot be the workspace of a sandbox: name a directory of your own";
}

std::optional<std::string> sandbox_failure(int exit_code, std::string_view errors) {
  constexpr std::string_view prefix = "bwrap: ";
  if (exit_code != 1 || !errors.starts_with(prefix)) return std::nullopt;
  return "no sandbox: " + std::string(errors.substr(0, errors.find('\n')));
}

}  // namespace strandbus::detail
