#pragma once

#include "strandbus/event/stream_event.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace strandbus {

/// Writes an event stream as JSON lines in the words of one system.
///
/// A dialect holds only the types and keys of its system, in its order and with its form of time.
/// An event without a counterpart there adds nothing; one event may add several lines.
///
/// Events of nested runs (depth > 0) are written where a line can say whose they are: in "ag-ui" as
/// those of a sub-agent, in "agent-event" as those of a run of its own, in "lifecycle" with the
/// workflow ids, in "trace-event" with depth, principal and spans. In "agent-runner" and "rollouts"
/// they are left out, and the run around them reports the result. docs/dialects.md says what each
/// dialect carries and loses.
///
/// Threads: distinct objects; one object per stream, it may remember earlier events.
class Dialect {
 public:
  Dialect(const Dialect&) = delete;
  Dialect& operator=(const Dialect&) = delete;
  virtual ~Dialect() = default;

  /// Appends zero or more whole lines, each one JSON object and "\n".
  virtual void append(std::string& out, const StreamEvent& event) = 0;

 protected:
  Dialect() = default;
};

/// The names that make_dialect knows: "native" first, then those of other systems.
std::span<const std::string_view> dialect_names() noexcept;

/// A fresh encoder for one stream, or null if there is no dialect of that name.
std::unique_ptr<Dialect> make_dialect(std::string_view name);

}  // namespace strandbus
