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
  std::size_t first_answer = 0;  // of the calls that were made last
  const auto close = [&] {
    for (const ToolCall& call : open) result.push_back(unknown_result(call));
    open.clear();
  };
  for (Message& message : messages) {
    if (message.role == Role::tool) {
      const auto answers_it = [&](const Message& known) {
        return known.tool_call_id == message.tool_call_id;
      };
      const auto begin = result.begin() + static_cast<std::ptrdiff_t>(first_answer);
      const auto before = std::find_if(begin, result.end(), answers_it);
      if (before != result.end()) {
        *before = std::move(message);
        continue;
      }
      std::erase_if(open,
                    [&](const ToolCall& call) { return call.call_id == message.tool_call_id; });
    } else {
      close();
      open = message.tool_calls;
      first_answer = result.size() + 1;
    }
    result.push_back(std::move(message));
  }
  close();
  return result;
}

std::optional<std::vector<Message>> without_answers(std::vector<Message> messages,
                                                    const std::vector<std::string>& call_ids) {
  const auto is_answer = [](const Message& message) { return message.role == Role::tool; };
  const auto last = std::find_if_not(messages.rbegin(), messages.rend(), is_answer);
  if (last == messages.rend()) return std::nullopt;
  const auto made = [&](const std::string& id) {
    return std::any_of(last->tool_calls.begin(), last->tool_calls.end(),
                       [&](const ToolCall& call) { return call.call_id == id; });
  };
  if (!std::all_of(call_ids.begin(), call_ids.end(), made)) return std::nullopt;
  const auto withdrawn = [&](const Message& answer) {
    return std::find(call_ids.begin(), call_ids.end(), answer.tool_call_id) != call_ids.end();
  };
  messages.erase(std::remove_if(last.base(), messages.end(), withdrawn), messages.end());
  return messages;
}

}  // namespace strandbus::detail
