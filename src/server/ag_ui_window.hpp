#pragma once

#include "strandbus/bus/session_state.hpp"
#include "wire/ag_ui_encoder.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace strandbus::detail {

/// The ids of the calls that wait for the client's result.
std::vector<std::string> waiting_client_calls(const SessionState& state);

/// A part of a run of ours, which is a whole run for a client of AG-UI: it ends with our run, or
/// when our run can only go on with something from the client.
///
/// Threads: distinct objects.
class AgUiWindow {
 public:
  using Ids = std::set<std::string, std::less<>>;

  /// What becomes of an event.
  enum class Use : std::uint8_t {
    leave_out,
    show,
    show_last,  ///< our run ends with it
    fail,       ///< an error that says that no run will begin
  };
  /// Whether our run waits for the client.
  enum class Waiting : std::uint8_t {
    no,
    perhaps,  ///< if nothing happens for a moment
    yes,
  };

  /// On the next run that begins.
  AgUiWindow() = default;
  /// On the run that is under way, or was the last one: `state` is what has happened, `answered`
  /// are the approvals and calls that have just got an answer. Events that the state knows already
  /// may be taken, to be shown.
  AgUiWindow(SessionState state, Ids answered);

  Use take(const StreamEvent& event);

  Waiting waiting() const;
  /// The approvals that are waited for.
  std::vector<AgUiInterrupt> interrupts() const;
  /// The calls that are waited for.
  std::vector<std::string> calls() const;

 private:
  bool working() const;
  bool moving() const;
  bool is_answered(const std::string& id) const { return answered_.contains(id); }

  SessionState state_;
  std::string run_id_;  // ours; empty = it has not begun
  Ids answered_;
};

}  // namespace strandbus::detail
