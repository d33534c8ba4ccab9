#include "cli/command_options.hpp"
#include "cli/shared_options.hpp"

#include <memory>

namespace strandbus::cli {

TakeArguments add_check(Command command) {
  const auto check = std::make_shared<CheckArguments>();
  command.positional("SESSION", check->sessions)->required();
  command.option("--store", check->store);
  add_from_dialect(command, check->from_dialect);
  command.flag("--json", check->json);
  return [command, check] {
    check_from_dialect(command);
    return *check;
  };
}

}  // namespace strandbus::cli
