#include "cli/check_command.hpp"
#include "cli/command_line.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "cli/export_command.hpp"
#include "cli/follow_command.hpp"
#include "cli/link_command.hpp"
#include "cli/process_environment.hpp"
#include "cli/publish_command.hpp"
#include "cli/replay_command.hpp"
#include "cli/run_command.hpp"
#include "cli/serve_command.hpp"
#include "cli/sessions_command.hpp"
#include "cli/stats_command.hpp"
#include "cli/usage_error.hpp"

#include <csignal>
#include <exception>
#include <fcntl.h>
#include <unistd.h>
#include <variant>
#include <vector>

namespace strandbus::cli {
namespace {

/// Files that are opened later must not become standard output or standard error.
void keep_standard_descriptors() {
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor) {
    // What was closed stays unusable: nothing can be read from it, nothing written to it.
    const int flags = descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY;
    if (::fcntl(descriptor, F_GETFD) < 0) static_cast<void>(::open("/dev/null", flags));
  }
}

struct Dispatch {
  ProcessEnvironment& environment;

  ExitCode operator()(const RunArguments& arguments) const {
    return run_command(arguments, environment);
  }
  ExitCode operator()(const FollowArguments& arguments) const {
    return follow_command(arguments, environment);
  }
  ExitCode operator()(const PublishArguments& arguments) const {
    return publish_command(arguments, environment);
  }
  ExitCode operator()(const LinkArguments& arguments) const {
    return link_command(arguments, environment);
  }
  ExitCode operator()(const ServeArguments& arguments) const {
    return serve_command(arguments, environment);
  }
  ExitCode operator()(const ReplayArguments& arguments) const {
    return replay_command(arguments, environment);
  }
  ExitCode operator()(const StatsArguments& arguments) const {
    return stats_command(arguments, environment);
  }
  ExitCode operator()(const CheckArguments& arguments) const {
    return check_command(arguments, environment);
  }
  ExitCode operator()(const SessionsArguments& arguments) const {
    return sessions_command(arguments, environment);
  }
  ExitCode operator()(const ExportArguments& arguments) const {
    return export_command(arguments, environment);
  }
  ExitCode operator()(const Information& information) const {
    const error_code failure = write_all(STDOUT_FILENO, information.text);
    return failure ? ExitCode::failed : ExitCode::done;
  }
};

ExitCode run_program(int argc, const char* const* argv, ProcessEnvironment& environment) {
  try {
    return std::visit(Dispatch{environment}, parse_command_line(argc, argv));
  } catch (const UsageError& error) {
    say(error.what());
    return ExitCode::usage;
  } catch (const std::exception& error) {
    say(std::string("this should not happen: ") + error.what());
    return ExitCode::failed;
  }
}

}  // namespace
}  // namespace strandbus::cli

int main(int argc, char** argv) {
  using namespace strandbus::cli;
  ProcessEnvironment environment = ProcessEnvironment::take({argv, argv + argc});
  forbid_inspection();
  keep_standard_descriptors();
  // A reader that leaves and a file that may not grow are errors of write(), not the end of us.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  return static_cast<int>(run_program(argc, argv, environment));
}
