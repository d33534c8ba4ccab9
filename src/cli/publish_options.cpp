#include "cli/command_options.hpp"

#include <memory>

namespace strandbus::cli {

TakeArguments add_publish(Command command) {
  const auto publish = std::make_shared<PublishArguments>();
  command.positional("URL", publish->url)->required();
  command.positional("FILE", publish->file);
  command.flag("--create", publish->create);
  command.option("--token-file", publish->token_file);
  return [publish] { return *publish; };
}

}  // namespace strandbus::cli
