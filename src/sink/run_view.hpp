#pragma once

#include "sink/message_flow.hpp"
#include "sink/page.hpp"
#include "sink/runs_below.hpp"
#include "strandbus/event/stream_event.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::detail {

/// A tool call that has not ended.
struct CallView {
  std::string call_id{};
  std::string name{};
  std::string arguments{};  ///< brief
  bool running{};           ///< false: the model has asked for it
  Timestamp since{};
  std::optional<double> progress{};
};

/// What the printer remembers of one open run.
struct RunView {
  std::string agent{};
  int depth = 0;
  std::int64_t turn = 0;
  std::int64_t tokens = 0;
  RunsBelow below{};
  std::string phase{};  ///< what it is doing when no tool runs; empty: nothing to say
  Timestamp phase_since{};

  std::string message_id{};  ///< of the text that is being streamed
  MessageFlow text{};
  MessageFlow reasoning{};
  TextKind open_kind = TextKind::answer;  ///< of open_line
  std::string open_line{};                ///< nested run: the line that is not complete yet
  bool answered = false;

  std::vector<CallView> calls{};
  std::vector<std::string> approvals{};  ///< ids of those that wait

  void enter(std::string_view new_phase, Timestamp now);
  /// The call of that id; made if it is not known.
  CallView& call(std::string_view call_id);
  /// Forgets the call and returns what was known of it.
  CallView take_call(std::string_view call_id);
};

/// The open runs of a stream by their id; "" is for events that belong to no run.
using RunViews = std::map<std::string, RunView, std::less<>>;

/// "thinking… · turn 2 · 1.2 s · 85 tokens", "running bash, calculator… · turn 1 · 0.3 s". Empty
/// where nothing goes on or an approval waits: then the line belongs to whoever asks.
StyledLine status_of(const RunViews& runs, Timestamp now, std::string_view hint);

}  // namespace strandbus::detail
