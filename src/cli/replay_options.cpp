#include "cli/argument_text.hpp"
#include "cli/command_options.hpp"
#include "cli/shared_options.hpp"

#include <memory>

namespace strandbus::cli {

TakeArguments add_replay(Command command) {
  const auto replay = std::make_shared<ReplayArguments>();
  command.positional("SESSION", replay->session)->required();
  command.option("--store", replay->store);
  add_from_dialect(command, replay->from_dialect);
  command.option(
      "--from",
      [replay](const std::string& text) {
        replay->from = static_cast<std::uint64_t>(*parse_whole(text, 1));
      },
      at_least(1));
  const auto parse_speed = [](const std::string& text) { return parse_decimal(text, 0); };
  command.option(
      "--speed", [replay](const std::string& text) { replay->speed = *parse_decimal(text, 0); },
      check_of(parse_speed, "number from 0 on"));
  add_output_options(command, replay->json, replay->dialect, replay->verbose);
  return [command, replay] {
    check_output_options(command);
    check_from_dialect(command);
    return *replay;
  };
}

}  // namespace strandbus::cli
