#include "cli/command_options.hpp"
#include "cli/usage_error.hpp"

#include <memory>

namespace strandbus::cli {

TakeArguments add_sessions(Command command) {
  const auto sessions = std::make_shared<SessionsArguments>();
  command.option("--store", sessions->store);
  command.flag("--json", sessions->json);
  command.option("--delete", sessions->removed);
  command.flag("--yes", sessions->yes);
  return [command, sessions] {
    command.forbid_together({{"--json", "--delete"}});
    if (command.has("--delete") && sessions->removed.empty())
      throw UsageError("--delete: the id is empty; strandbus sessions lists them");
    if (sessions->yes && !command.has("--delete"))
      throw UsageError("--yes answers what --delete asks: name a session with --delete");
    return *sessions;
  };
}

}  // namespace strandbus::cli
