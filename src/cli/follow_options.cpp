#include "cli/argument_text.hpp"
#include "cli/command_options.hpp"
#include "cli/shared_options.hpp"
#include "strandbus/event/event_type.hpp"

#include <memory>

namespace strandbus::cli {
namespace {

/// What is wrong with a list of event types; empty if nothing is.
std::string fault_of_types(const std::string& text) {
  for (const std::string& type : split_list(text)) {
    if (!event_type_from(type)) return in_quotes(type) + " is no type of an event";
  }
  return {};
}

}  // namespace

TakeArguments add_follow(Command command) {
  const auto follow = std::make_shared<FollowArguments>();
  command.positional("URL", follow->url)->required();
  command.option(
      "--after",
      [follow](const std::string& text) {
        follow->after = static_cast<std::uint64_t>(*parse_whole(text, 0));
      },
      at_least(0));
  command.option(
      "--type", [follow](const std::string& text) { follow->types = split_list(text); },
      fault_of_types);
  command.flag("--until-idle", follow->until_idle);
  command.option("--token-file", follow->token_file);
  add_output_options(command, follow->json, follow->dialect, follow->verbose);
  return [command, follow] {
    check_output_options(command);
    return *follow;
  };
}

}  // namespace strandbus::cli
