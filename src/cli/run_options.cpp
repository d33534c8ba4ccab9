#include "cli/argument_text.hpp"
#include "cli/command_options.hpp"
#include "cli/shared_options.hpp"
#include "cli/usage_error.hpp"

#include <memory>

namespace strandbus::cli {
namespace {

void check_run(const Command& command) {
  check_output_options(command);
  command.forbid_together(
      {{"--session", "--continue"}, {"--fork", "--continue"}, {"--workflow", "--fork"}});
  check_model_options(command);
  if (command.has("--fork-at") && !command.has("--fork"))
    throw UsageError("--fork-at says where --fork begins: name the session with --fork");
}

}  // namespace

TakeArguments add_run(Command command) {
  const auto run = std::make_shared<RunArguments>();
  command.positional("PROMPT", run->prompt);
  add_model_options(command, *run);
  command.option("--workflow", run->workflow);
  command.option("--workspace", run->workspace);
  add_tool_options(command, *run);
  command.option("--memory", run->memory);
  add_limit_options(command, *run);
  add_output_options(command, run->json, run->dialect, run->verbose);
  command.option("--session", run->session);
  command.option("--continue", run->continued);
  command.option("--fork", run->fork);
  command.option(
      "--fork-at", [run](const std::string& text) { run->fork_at = parse_whole(text, 1); },
      at_least(1));
  add_log_options(command, *run);
  return [command, run] {
    check_run(command);
    return *run;
  };
}

}  // namespace strandbus::cli
