#pragma once

#include "strandbus/agent/run_control.hpp"
#include "strandbus/event/tool_payloads.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/json/object.hpp>

#include <optional>
#include <string>

namespace strandbus::detail {

/// An answer to approval_requested.
struct ApprovalAnswer {
  ApprovalResolved resolved{};
  std::optional<json::object> arguments{};  ///< of the call, if they were edited
};

/// What a RunControl commands: an agent, a workflow.
///
/// Threads: any thread; commands are carried out on the strand, in order.
class Controlled {
 public:
  virtual ~Controlled() = default;

  virtual const asio::any_io_executor& strand() const noexcept = 0;
  virtual void cancel(std::string reason, CancelWhen when) = 0;
  virtual void add_input(std::string text) = 0;
  virtual void resolve_approval(std::string approval_id, ApprovalAnswer answer) = 0;
};

}  // namespace strandbus::detail
