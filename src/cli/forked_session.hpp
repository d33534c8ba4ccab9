#pragma once

#include "strandbus/store/session_file.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace strandbus::cli {

/// A recorded session up to one of its events, to go on from there in another way.
struct ForkedSession {
  SessionMetadata metadata{};             ///< of the recorded one
  std::uint64_t at{};                     ///< the seq before which it was left
  std::vector<StoredMessage> messages{};  ///< that were said before
  std::optional<std::string> prompt{};    ///< what the user said next, if anything
};

/// Reads a session up to the event `at`; all of it if that is absent.
///
/// Errors: throws UsageError: no session, a broken one, one without such an event.
ForkedSession fork_session(const std::string& path, std::optional<std::int64_t> at);

}  // namespace strandbus::cli
