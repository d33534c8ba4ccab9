#include "unanswered_calls.hpp"

#include "strandbus/event/event_id.hpp"

#include <algorithm>
#include <utility>

namespace strandbus::detail {
namespace {

Message unknown_result(const ToolCall& call) {
  Message message;
  message.id = make_message_id();
  message.role = Role::tool;
  message.content = "The call was interrupted; whether it ran, and its result, are unknown.";
  message.tool_call_id = call.call_id;
  return message;
}

}  // namespace

std::vector<Message> with_all_answers(std::vector<Message> messages) {
  std::vector<Message> result;
  std::vector<ToolCall> open;
  const auto close = [&] {
    for (const ToolCall& call : open) result.push_back(unknown_result(call));
    open.clear();
  };
  for (Message& message : messages) {
    if (message.role == Role::tool) {
      std::erase_if(open,
                    [&](const ToolCall& call) { return call.call_id == message.tool_call_id; });
    } else {
      close();
      open = message.tool_calls;
    }
    result.push_back(std::move(message));
  }
  close();
  return result;
}

}  // namespace strandbus::detail
