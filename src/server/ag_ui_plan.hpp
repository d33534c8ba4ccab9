#pragma once

#include "server/ag_ui_input.hpp"
#include "server/ag_ui_window.hpp"
#include "server/http_message.hpp"
#include "strandbus/server/session_hub.hpp"

#include <boost/system/result.hpp>

#include <cstdint>
#include <vector>

namespace strandbus::detail {

/// What becomes of an AG-UI request.
struct AgUiPlan {
  enum class Kind : std::uint8_t {
    create,      ///< the thread is new: a session with its history, and a run
    run,         ///< a run
    go_on,       ///< the run that is under way gets answers
    begin_anew,  ///< it is cancelled, since nobody answers it, and another one begins
    nothing,     ///< all that it takes back is over already
  };
  Kind kind = Kind::run;
  std::vector<SessionCommand> commands{};  ///< to be given first
  AgUiWindow::Ids answered{};              ///< approvals and calls that the commands answer
};

/// Decides. `state` is that of the thread's session; null = there is none.
boost::system::result<AgUiPlan, HttpRefusal> plan_ag_ui(const AgUiInput& input,
                                                        const SessionState* state);

}  // namespace strandbus::detail
