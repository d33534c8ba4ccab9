#pragma once

#include "sink/styled_line.hpp"
#include "strandbus/event/stream_event.hpp"
#include "strandbus/sink/cli_printer.hpp"

namespace strandbus::detail {

/// One line that an event is worth by itself, whatever came before it.
struct Notice {
  PrintDetail least = PrintDetail::full;  ///< shown from this detail on
  StyledLine line{};                      ///< empty: the event is worth no line
  bool whole = false;                     ///< must not be cut
};

/// Retries, warnings, errors, sub-agents, workflows, servers, files … Tools, texts and the run's
/// own begin and end are not notices.
Notice notice_of(const StreamEvent& event);

}  // namespace strandbus::detail
