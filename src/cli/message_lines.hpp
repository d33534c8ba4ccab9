#pragma once

#include "strandbus/bus/trace_checker.hpp"
#include "strandbus/event/stream_event.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace strandbus::cli {

/// Checks the message lines of a session file: each repeats the message that the event before it
/// commits. Those before the first event are what the session began with.
class MessageLines {
 public:
  void event(const StreamEvent& event, std::size_t line);
  void message(const Message& message, std::size_t line);

  const std::vector<TraceFinding>& findings() const noexcept { return findings_; }

 private:
  void add(std::size_t line, std::string problem, std::string expected);

  std::vector<TraceFinding> findings_;
  std::optional<Message> committed_;  ///< by the last event; its line must follow
  std::uint64_t seq_ = 0;             ///< of the last event
};

}  // namespace strandbus::cli
