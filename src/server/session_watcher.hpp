#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace strandbus::detail {

class DurableLog;

/// Somebody who wants to know of all sessions that are in memory.
///
/// Threads: called on the hub's strand.
class SessionWatcher {
 public:
  SessionWatcher(const SessionWatcher&) = delete;
  SessionWatcher& operator=(const SessionWatcher&) = delete;
  virtual ~SessionWatcher() = default;

  /// A session has come; what happened since it came is behind `after`.
  virtual void session_came(const std::string& session_id, std::shared_ptr<DurableLog> log,
                            std::uint64_t after) = 0;
  /// No further one will come.
  virtual void hub_closed() = 0;

 protected:
  SessionWatcher() = default;
};

}  // namespace strandbus::detail
