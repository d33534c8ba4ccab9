#include "strandbus/agent/recording.hpp"
#include "strandbus/event/json_codec.hpp"

#include <algorithm>
#include <string_view>

namespace strandbus {
namespace {

constexpr std::size_t excerpt_bytes = 60;
constexpr std::string_view marker = "[redacted-";

std::string in_quotes(std::string_view text) {
  std::string quoted;
  append_json_string(quoted, text);
  return quoted;
}

/// A piece of the text around the place where it begins to differ.
std::string excerpt(std::string_view text, std::size_t place) {
  constexpr std::size_t before = 20;
  const std::size_t begin = place > before ? place - before : 0;
  const std::string_view piece = text.substr(begin, excerpt_bytes);
  return (begin > 0 ? "…" : "") + in_quotes(piece) +
         (begin + piece.size() < text.size() ? "…" : "");
}

/// Whether the texts are the same but for what was redacted in the recorded one.
bool fits(std::string_view recorded, std::string_view now) {
  for (;;) {
    const std::size_t begin = recorded.find(marker);
    if (begin == std::string_view::npos) return recorded == now;
    const std::size_t end = recorded.find(']', begin);
    if (end == std::string_view::npos) return recorded == now;
    if (now.substr(0, begin) != recorded.substr(0, begin)) return false;
    recorded.remove_prefix(end + 1);
    now.remove_prefix(begin);
    // The text up to the next marker says where the secret ends.
    const std::string_view next = recorded.substr(0, recorded.find(marker));
    const std::size_t place = next.empty() ? now.size() : now.find(next);
    if (place == std::string_view::npos) return false;
    if (next.empty() && recorded.empty()) return true;
    now.remove_prefix(place);
  }
}

std::string json_text(const json::value& value) {
  std::string text;
  append_json(text, value);
  return text;
}

std::string names_text(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "none" : text;
}

std::string calls_text(const std::vector<ToolCall>& calls) {
  std::string text;
  for (const ToolCall& call : calls)
    text += (text.empty() ? "" : ", ") + call.tool_name + json_text(call.arguments);
  return text;
}

std::string text_difference(std::string_view recorded, std::string_view now) {
  if (fits(recorded, now)) return {};
  const auto [at, other] = std::ranges::mismatch(recorded, now);
  const auto place = static_cast<std::size_t>(at - recorded.begin());
  return "the recording says " + excerpt(recorded, place) + ", now it is " + excerpt(now, place);
}

std::string message_difference(const Message& recorded, const Message& now) {
  if (recorded.role != now.role) {
    return "the recording has one of the role " + std::string(to_string(recorded.role)) + ": " +
           excerpt(recorded.content, 0);
  }
  std::string text = text_difference(recorded.content, now.content);
  if (text.empty())
    text = text_difference(calls_text(recorded.tool_calls), calls_text(now.tool_calls));
  return text;
}

std::string messages_difference(std::span<const Message> recorded, std::span<const Message> now) {
  const auto name = [](std::size_t i, const Message& message) {
    return "message " + std::to_string(i + 1) + " (" + std::string(to_string(message.role)) + "): ";
  };
  for (std::size_t i = 0; i < std::min(recorded.size(), now.size()); ++i) {
    const std::string text = message_difference(recorded[i], now[i]);
    if (!text.empty()) return name(i, now[i]) + text;
  }
  if (recorded.size() < now.size()) {
    const Message& more = now[recorded.size()];
    return name(recorded.size(), more) + "the recording has only " +
           std::to_string(recorded.size()) + " messages, now there is " + excerpt(more.content, 0);
  }
  if (now.size() < recorded.size()) {
    const Message& more = recorded[now.size()];
    return name(now.size(), more) + "it is missing; the recording says " + excerpt(more.content, 0);
  }
  return {};
}

}  // namespace

std::string difference(const Recording& recording, const RecordedRequest& recorded,
                       const ModelRequest& request) {
  std::string text = messages_difference(recording.messages(recorded), request.messages);
  if (!text.empty()) return text;
  std::vector<std::string> tools;
  for (const ToolSpec& tool : request.tools) tools.push_back(tool.name);
  if (tools != recorded.tools)
    return "tools: the recording has " + names_text(recorded.tools) + ", now there are " +
           names_text(tools);
  if (request.model != recorded.model)
    return "the model: the recording asks " + recorded.model + ", now " + request.model;
  const json::value parameters =
      request.parameters.empty() ? json::value() : json::value(request.parameters);
  if (parameters != recorded.parameters)
    text = "parameters: " + text_difference(json_text(recorded.parameters), json_text(parameters));
  return text;
}

}  // namespace strandbus
