#pragma once

#include "strandbus/event/event_type.hpp"
#include "strandbus/event/types.hpp"

namespace strandbus {

// Published by a service or by a restore, never by one run.

struct SessionCreated {
  static constexpr EventType event_type = EventType::session_created;
  std::string workspace{};
  std::string title{};
  std::string client{};
};
STRANDBUS_DESCRIBE(SessionCreated, 3, workspace, title, client)

struct SessionRestored {
  static constexpr EventType event_type = EventType::session_restored;
  std::int64_t from_seq{};
  std::int64_t events{};
  std::int64_t messages{};
};
STRANDBUS_DESCRIBE(SessionRestored, 0, from_seq, events, messages)

struct SessionClosed {
  static constexpr EventType event_type = EventType::session_closed;
  std::string reason{};
};
STRANDBUS_DESCRIBE(SessionClosed, 0, reason)

struct WorkspaceUpdated {
  static constexpr EventType event_type = EventType::workspace_updated;
  std::string root{};
  std::string reason{};
};
STRANDBUS_DESCRIBE(WorkspaceUpdated, 1, root, reason)

}  // namespace strandbus
