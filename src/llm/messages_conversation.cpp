#include "llm/messages_conversation.hpp"

#include "llm/past_call.hpp"

#include <algorithm>
#include <cstddef>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

namespace strandbus::detail {
namespace {

using Messages = std::span<const Message* const>;

constexpr std::size_t most_before_suffix = 56;
constexpr std::string_view go_on = "Go on.";
constexpr std::string_view lost_result = "There is no result: the call was not carried out.";

json::object text_block(std::string_view text) { return {{"type", "text"}, {"text", text}}; }

bool is_assistant(const Message* message) { return message->role == Role::assistant; }

/// Whether a message has a place among the messages at all.
bool counts(const Message& message) {
  if (message.role == Role::system) return false;
  return message.role != Role::assistant || !message.tool_calls.empty() ||
         !is_blank(message.content);
}

/// Gives every call an id that the API takes, ^[a-zA-Z0-9_-]+$, and that no other call has.
class CallIds {
 public:
  std::string make(const std::string& wanted) {
    // The same letters as in a tool's name.
    std::string id = past_tool_name(wanted);
    const std::string base = id.substr(0, most_before_suffix);
    for (std::size_t n = 2; !taken_.insert(id).second; ++n) id = base + '-' + std::to_string(n);
    return id;
  }

 private:
  std::set<std::string> taken_;
};

/// A call of the past whose result is wanted.
struct OpenCall {
  std::string id;    ///< in the conversation
  std::string sent;  ///< in the request
};

class Writer {
 public:
  explicit Writer(const MessagesOrigin& asked) : asked_(asked) {}

  /// Writes what the assistant said and what the user side said to it.
  void write_turn(Messages assistant, Messages others) {
    std::vector<OpenCall> calls;
    json::array said;
    for (const Message* message : assistant) {
      const json::array blocks = past_blocks(*message, calls_of(*message, calls), asked_);
      said.insert(said.end(), blocks.begin(), blocks.end());
    }
    add("assistant", std::move(said));
    json::array answered = results_of(calls, others);
    for (const Message* message : others) {
      if (message->role == Role::user && !is_blank(message->content))
        answered.push_back(text_block(message->content));
    }
    add("user", std::move(answered));
  }

  json::array finish() {
    if (last_role_ != "user") add("user", {text_block(go_on)});
    return std::move(out_);
  }

 private:
  json::array calls_of(const Message& message, std::vector<OpenCall>& open) {
    json::array calls;
    for (const ToolCall& call : message.tool_calls) {
      open.push_back({.id = call.call_id, .sent = ids_.make(call.call_id)});
      calls.push_back(json::object{{"type", "tool_use"},
                                   {"id", open.back().sent},
                                   {"name", past_tool_name(call.tool_name)},
                                   {"input", past_arguments(call.arguments)}});
    }
    return calls;
  }

  static json::array results_of(const std::vector<OpenCall>& calls, Messages others) {
    json::array results;
    std::set<const Message*> used;
    for (const OpenCall& call : calls) {
      const auto found = std::ranges::find_if(others, [&](const Message* message) {
        return message->role == Role::tool && message->tool_call_id == call.id &&
               !used.contains(message);
      });
      json::object& result = results.emplace_back(json::object()).get_object();
      result["type"] = "tool_result";
      result["tool_use_id"] = call.sent;
      if (found == others.end()) {
        result["content"] = lost_result;
        result["is_error"] = true;
        continue;
      }
      used.insert(*found);
      if (!is_blank((*found)->content)) result["content"] = (*found)->content;
    }
    return results;
  }

  void add(std::string_view role, json::array blocks) {
    if (blocks.empty()) return;
    if (out_.empty() && role == "assistant") add("user", {text_block(go_on)});
    if (role != last_role_) {
      out_.push_back(json::object{{"role", role}, {"content", json::array()}});
      last_role_ = role;
    }
    json::array& content = out_.back().at("content").as_array();
    content.insert(content.end(), blocks.begin(), blocks.end());
  }

  const MessagesOrigin& asked_;
  CallIds ids_;
  json::array out_;
  std::string_view last_role_;
};

}  // namespace

json::array messages_conversation(std::span<const Message> messages, const MessagesOrigin& asked) {
  std::vector<const Message*> counted;
  for (const Message& message : messages) {
    if (counts(message)) counted.push_back(&message);
  }
  Writer writer(asked);
  for (auto begin = counted.cbegin(); begin != counted.cend();) {
    const auto said = std::find_if_not(begin, counted.cend(), is_assistant);
    const auto end = std::find_if(said, counted.cend(), is_assistant);
    writer.write_turn({begin, said}, {said, end});
    begin = end;
  }
  return writer.finish();
}

}  // namespace strandbus::detail
