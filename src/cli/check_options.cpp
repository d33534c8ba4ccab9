#include "cli/command_options.hpp"

#include <memory>

namespace strandbus::cli {

TakeArguments add_check(Command command) {
  const auto check = std::make_shared<CheckArguments>();
  command.positional("SESSION", check->sessions)->required();
  command.option("--store", check->store);
  command.flag("--json", check->json);
  return [check] { return *check; };
}

}  // namespace strandbus::cli
