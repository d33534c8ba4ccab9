#pragma once

#include "server/http_message.hpp"
#include "strandbus/agent/tool.hpp"
#include "strandbus/event/types.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <vector>

namespace strandbus::detail {

/// The result of a call that the client carried out.
struct AgUiAnswer {
  std::string call_id{};
  std::string content{};
  bool failed = false;
};

/// The answer to an interrupt, which is an approval of ours.
struct AgUiDecision {
  std::string interrupt_id{};
  bool approved = false;
  bool withdrawn = false;                   ///< the client does not want to decide
  std::optional<json::object> arguments{};  ///< instead of the model's
  std::string reason{};
};

/// What a client of AG-UI asks for: its RunAgentInput, as far as it means something here.
struct AgUiInput {
  std::string thread_id{};
  std::string run_id{};
  /// What was said before the message, for a thread that is not known.
  std::vector<Message> history{};
  /// The last of the messages, if it is the user's, with the context; else empty.
  std::string message{};
  std::vector<AgUiAnswer> answers{};  ///< of all calls that have one in the messages
  std::vector<ToolDefinition> tools{};
  std::vector<AgUiDecision> decisions{};
  std::string trace_parent{};  ///< of whoever asks: a header, which the body does not hold
};

/// Reads the body of a request. What AG-UI does not describe is ignored, and so are `state` and
/// `forwardedProps`.
///
/// Errors: throws BadRequest, or JsonProblem with the pointer to what is wrong.
AgUiInput read_ag_ui_input(const ServerRequest& request);

}  // namespace strandbus::detail
