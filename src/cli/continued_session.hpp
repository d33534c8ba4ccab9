#pragma once

#include "strandbus/event/stream_event.hpp"
#include "strandbus/store/jsonl_store.hpp"

#include <optional>
#include <string>
#include <vector>

namespace strandbus::cli {

/// A recorded session that goes on: in the same file, with the next seq, knowing what was said.
struct ContinuedSession {
  SessionMetadata metadata{};
  std::vector<Message> messages{};
  std::optional<StreamEvent> last_event{};  ///< none in a session without events
  JsonlStore store;
};

/// Opens a session file to go on with it.
///
/// Errors: throws UsageError: no session, a broken one, one that another program has open.
ContinuedSession continue_session(const std::string& path, JsonlStoreOptions options);

}  // namespace strandbus::cli
