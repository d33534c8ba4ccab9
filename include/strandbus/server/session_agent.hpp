#pragma once

#include "strandbus/agent/agent_options.hpp"
#include "strandbus/agent/run_control.hpp"
#include "strandbus/agent/tool_registry.hpp"
#include "strandbus/bus/publisher.hpp"
#include "strandbus/event/tool_payloads.hpp"
#include "strandbus/event/types.hpp"
#include "strandbus/llm/provider.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace strandbus {

/// The agent of one session, as a server sees it: something that answers messages, publishes what
/// happens and takes commands. Agent is one (agent_factory); any other loop can be one too.
///
/// Threads: called on the session's strand, which run() must not block. Commands come while run()
///          is suspended.
class SessionAgent {
 public:
  SessionAgent(const SessionAgent&) = delete;
  SessionAgent& operator=(const SessionAgent&) = delete;
  /// Ends a run that is under way; it still publishes its end.
  virtual ~SessionAgent() = default;

  /// Answers one message: publishes a run from run_started to its terminal event and then returns.
  /// Not called again before it has returned.
  ///
  /// Errors: an exception is for what could not even begin; it is logged.
  virtual asio::awaitable<void> run(std::string message) = 0;

  /// Goes on where a run waited for approvals when the process was stopped: SessionSetup::messages
  /// say what was said until then, and that these calls did not run. Asks for each of them again,
  /// under the same approval id, and returns when the run has ended. What is not overridden leaves
  /// it at that.
  virtual asio::awaitable<void> resume(std::vector<ApprovalRequested> pending);

  // What came of a command is published as an event; a command for which there is nothing to do
  // does nothing.

  virtual void cancel(std::string reason, CancelWhen when) = 0;
  virtual void send(std::string text) = 0;
  virtual void approve(std::string approval_id, std::string by) = 0;
  virtual void approve_with(std::string approval_id, json::object arguments, std::string by) = 0;
  virtual void deny(std::string approval_id, std::string reason, std::string by) = 0;

  /// Offers the model tools that whoever talks to the session carries out, beside the agent's own;
  /// from the next run on, instead of what was offered before.
  ///
  /// Errors: throws std::invalid_argument naming the tool that cannot be, for example since its
  ///         name is taken. An agent that does not override this takes none.
  virtual void offer(std::vector<ToolDefinition> tools);
  /// Says in which trace of somebody else the next run lies: the value of a W3C `traceparent`,
  /// which that run's events then carry as the attribute of this name; empty = in none. An agent
  /// that does not override this carries none.
  virtual void continue_trace(std::string traceparent);
  /// The result of a call of such a tool.
  virtual void answer(std::string call_id, ToolResult result);

 protected:
  SessionAgent() = default;
};

/// What the agent of a session works with.
struct SessionSetup {
  asio::any_io_executor executor{};   ///< a strand of the session
  Publisher publisher{};              ///< to the session's bus; names the session
  std::filesystem::path workspace{};  ///< the session's own directory; empty = none
  std::vector<Message> messages{};    ///< what was said before
};

/// Makes the agent of a session. Called on the session's strand, when its first run begins.
using SessionFactory = std::function<std::unique_ptr<SessionAgent>(SessionSetup)>;

/// A factory whose sessions each have an Agent of their own, with the same provider, tools and
/// options; tools work in the session's directory.
///
/// Errors: the factory throws what Agent's constructor throws.
SessionFactory agent_factory(std::shared_ptr<Provider> provider, ToolRegistry tools,
                             AgentOptions options);

}  // namespace strandbus
