#pragma once

#include "strandbus/bus/trace_checker.hpp"
#include "strandbus/store/session_file.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace strandbus::cli {

/// What was found in one session.
struct CheckedFile {
  std::string path{};   ///< of its file; its id if it is in a store
  bool stored = false;  ///< it is in a store
  std::uint64_t events{};
  std::uint64_t runs{};
  std::uint64_t found{};  ///< faults; more than `findings` has when there are many
  std::vector<TraceFinding> findings{};
  std::vector<TraceOpenRun> open_runs{};
  std::vector<std::string> open_work{};
  std::string torn{};                   ///< what is wrong with the last line; empty = nothing
  std::uint64_t skipped{};              ///< lines of a kind that this version does not know
  std::optional<SessionError> error{};  ///< why it could not be read to its end
};

/// One line for each fault, and one that sums them up.
std::string check_text(const CheckedFile& file);

/// One line with a JSON object.
std::string check_json(const CheckedFile& file);

}  // namespace strandbus::cli
