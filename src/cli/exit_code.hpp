#pragma once

namespace strandbus::cli {

/// What the program tells its caller.
enum class ExitCode : int {
  done = 0,         ///< answered, followed, replayed, counted, checked and without faults
  failed = 1,       ///< the run failed, a server refused, a session has faults
  usage = 2,        ///< wrong usage, or a file that cannot be used
  cancelled = 3,    ///< the run was cancelled
  budget = 4,       ///< the run failed with error_code budget
  lost_events = 5,  ///< the display was too slow for some events
};

}  // namespace strandbus::cli
