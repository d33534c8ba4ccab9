#pragma once

#include "cli/exit_code.hpp"
#include "cli/live_session.hpp"
#include "cli/model_choice.hpp"

namespace strandbus::cli {

/// Lets the user talk to an agent at the terminal: one message, one run, until Ctrl-D.
ExitCode converse(SessionPlan plan, const ModelChoice& choice);

}  // namespace strandbus::cli
