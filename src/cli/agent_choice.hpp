#pragma once

#include "cli/command_line.hpp"
#include "cli/model_choice.hpp"
#include "cli/process_environment.hpp"
#include "strandbus/agent/agent_options.hpp"
#include "strandbus/event/redactor.hpp"

#include <string>
#include <vector>

namespace strandbus::cli {

// What the user has said about agents, whoever runs them.

/// Limits, rules and the system prompt.
///
/// Errors: throws UsageError.
AgentOptions agent_options(const RunArguments& arguments);

/// What leaves the events: known forms of secrets, the key of the model, secrets of the environment
/// and those named here.
Redactor redactor_of(const RunArguments& arguments, const ProcessEnvironment& environment,
                     const ModelChoice& choice, const std::vector<std::string>& others = {});

/// Where the library logs to.
///
/// Errors: throws UsageError.
Logger logger_of(const RunArguments& arguments);

}  // namespace strandbus::cli
