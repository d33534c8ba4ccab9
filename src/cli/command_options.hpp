#pragma once

#include "cli/command.hpp"

namespace strandbus::cli {

// Each command's options, in a file of their own.

TakeArguments add_run(Command command);
TakeArguments add_serve(Command command);
TakeArguments add_follow(Command command);
TakeArguments add_publish(Command command);
TakeArguments add_link(Command command);
TakeArguments add_replay(Command command);
TakeArguments add_stats(Command command);
TakeArguments add_check(Command command);
TakeArguments add_sessions(Command command);
TakeArguments add_export(Command command);

}  // namespace strandbus::cli
