#pragma once

#include <boost/json/value.hpp>

#include <span>
#include <string>

namespace strandbus::detail {

/// Something that a run waits for; it goes on with an answer to `id`.
struct AgUiInterrupt {
  std::string id{};
  std::string owner{};  ///< the sub-agent that asks; empty = the run itself
  std::string call_id{};
  std::string tool_name{};
  boost::json::value arguments{};
  std::string message{};
  std::string expires_at{};
};

/// The outcome of a run that waits for these.
std::string ag_ui_outcome(std::span<const AgUiInterrupt> interrupts);

}  // namespace strandbus::detail
