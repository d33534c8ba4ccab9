#pragma once

#include "cli/command_line.hpp"
#include "strandbus/agent/recording.hpp"
#include "strandbus/store/session_file.hpp"

#include <memory>
#include <optional>
#include <string>

namespace strandbus::cli {

/// A recorded session that answers for the model and the tools.
struct RecordedScript {
  SessionMetadata metadata{};
  std::shared_ptr<const Recording> recording{};
};

/// What --script names, if that is a session file; nothing if it is something else.
///
/// Errors: throws UsageError: a session file that is broken or holds no run, options that a
///         recording does not go with.
std::optional<RecordedScript> read_recorded_script(const RunArguments& arguments);

}  // namespace strandbus::cli
