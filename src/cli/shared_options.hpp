#pragma once

#include "cli/command.hpp"

namespace strandbus::cli {

// Options that several commands have.

void add_model_options(Command& command, RunArguments& run);
void add_tool_options(Command& command, RunArguments& run);
void add_limit_options(Command& command, RunArguments& run);
void add_log_options(Command& command, RunArguments& run);
/// --from-dialect, and that it goes without --store.
void add_from_dialect(Command& command, std::string& dialect);
void check_from_dialect(const Command& command);
void add_output_options(Command& command, bool& json, std::string& dialect, bool& verbose);

/// Errors: throws UsageError for options of the model that do not go together.
void check_model_options(const Command& command);
/// Errors: throws UsageError if the way to speak is said, but not that JSON is wanted.
void check_output_options(const Command& command);

}  // namespace strandbus::cli
