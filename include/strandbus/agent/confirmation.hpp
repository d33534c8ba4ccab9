#pragma once

#include "strandbus/event/tool_payloads.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace strandbus {

/// What somebody decided about a tool call that requires confirmation. Not an aggregate, so that it
/// may be written inside an expression that awaits: `co_return Confirmation::approve("Ann");`
///
/// Threads: distinct objects.
struct Confirmation {
  /// A denial that gives no reason.
  Confirmation() = default;

  static Confirmation approve(std::string by = {}) {
    Confirmation decision;
    decision.approved = true;
    decision.by = std::move(by);
    return decision;
  }
  /// The call runs with other arguments, which are checked as the model's were.
  static Confirmation approve_with(json::object arguments, std::string by = {}) {
    Confirmation decision = approve(std::move(by));
    decision.arguments = std::move(arguments);
    return decision;
  }
  /// The model is told the reason.
  static Confirmation deny(std::string reason, std::string by = {}) {
    Confirmation decision;
    decision.reason = std::move(reason);
    decision.by = std::move(by);
    return decision;
  }

  bool approved = false;
  std::string reason;
  std::string by;                         ///< who decided, for approval_resolved
  std::optional<json::object> arguments;  ///< instead of the model's
};

/// Decides about one call. `request` is what approval_requested has published; it is valid until
/// the coroutine ends.
///
/// Errors:       an exception denies the call; its text becomes the reason.
/// Cancellation: terminal, when the answer is not wanted any more: somebody else has answered, the
///               time is over, the run was stopped.
/// Threads:      runs on the agent's strand and must not block it; calls of one turn are asked
///               about at the same time.
using Confirm = std::function<asio::awaitable<Confirmation>(const ApprovalRequested& request)>;

}  // namespace strandbus
