#pragma once

#include "strandbus/agent/tool_context.hpp"
#include "strandbus/agent/tool_result.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

#include <string>

namespace strandbus {

/// How a tool presents itself to models, and what must be true before it may run.
struct ToolDefinition {
  std::string name{};         ///< 1 to 64 characters: letters, digits, '_', '-'
  std::string description{};  ///< for the model: what the tool does and when to use it
  json::object parameters{};  ///< JSON Schema of the arguments; its type is "object"
  /// Changes the file that its argument `path` names: the agent denies a call (E_VALIDATION) for a
  /// file that this conversation has not read, under its real name or under this one. What counts
  /// are the reads that tools note in ToolContext::reads, not what the messages say. Whether the
  /// file has changed since then is for the tool to find out, with ReadRecord::check.
  bool requires_read_first{};
  bool requires_confirmation{};  ///< somebody has to approve each call
  /// A call may take as long as it likes, whatever AgentOptions::tool_timeout says: for what waits
  /// for somebody.
  bool no_time_limit{};
};

/// Something that a model may call.
///
/// Threads: async_run may be called again while earlier calls are under way, always on one strand.
class Tool {
 public:
  virtual ~Tool();

  /// The same object with the same content during the tool's whole life.
  virtual const ToolDefinition& definition() const = 0;

  /// Runs one call. `arguments` follow the schema: prepare_call has checked them.
  ///
  /// Completes:    when the call has ended and nothing that it started is left: no process, no
  ///               descriptor. A failure is a result, not an exception.
  /// Errors:       throws operation_aborted after a cancellation. The agent makes a failed result
  /// of
  ///               any other exception.
  /// Cancellation: terminal. The tool cleans up, then throws.
  /// Threads:      runs on the executor of the awaiting coroutine, which must be a strand or belong
  ///               to one thread, and never blocks it.
  /// Lifetime:     the tool and `context` must outlive the operation.
  virtual asio::awaitable<ToolResult> async_run(json::object arguments, ToolContext& context) = 0;

 protected:
  Tool() = default;
  Tool(const Tool&) = default;
  Tool& operator=(const Tool&) = default;
};

}  // namespace strandbus
