#include "cli/command_options.hpp"

#include <memory>

namespace strandbus::cli {

TakeArguments add_link(Command command) {
  const auto link = std::make_shared<LinkArguments>();
  command.positional("URL", link->url);
  command.option("--token-file", link->token_file);
  return [link] { return *link; };
}

}  // namespace strandbus::cli
