#include "cli/message_lines.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace strandbus::cli {
namespace {

/// The first member in which two messages differ; empty if none.
std::string_view difference(const Message& a, const Message& b) {
  const auto same_call = [](const ToolCall& one, const ToolCall& other) {
    return one.call_id == other.call_id && one.tool_name == other.tool_name &&
           one.arguments == other.arguments;
  };
  if (a.id != b.id) return "id";
  if (a.role != b.role) return "role";
  if (a.content != b.content) return "content";
  if (!std::ranges::equal(a.tool_calls, b.tool_calls, same_call)) return "tool_calls";
  if (a.tool_call_id != b.tool_call_id) return "tool_call_id";
  if (a.provider_data != b.provider_data) return "provider_data";
  return {};
}

}  // namespace

void MessageLines::event(const StreamEvent& event, std::size_t line) {
  seq_ = event.seq();
  if (committed_) {
    add(line, "the message " + committed_->id + " was committed and has no line of its own",
        "it directly behind the event that commits it");
    committed_.reset();
  }
  const auto* const commit = event.get_if<MessageCommitted>();
  if (commit && event.context().depth <= 0) committed_ = commit->message;
}

void MessageLines::message(const Message& message, std::size_t line) {
  const auto committed = std::exchange(committed_, std::nullopt);
  if (!committed) {
    if (seq_ > 0)
      add(line, "no event has committed the message " + message.id,
          "a message behind the event that commits it");
    return;
  }
  const std::string member(difference(*committed, message));
  if (member.empty()) return;
  add(line, "the " + member + " of the message " + message.id + " differs",
      "the one of the event before it");
}

void MessageLines::add(std::size_t line, std::string problem, std::string expected) {
  findings_.push_back({.rule = TraceRule::conversation,
                       .seq = seq_,
                       .line = line,
                       .type = "message",
                       .run_id = {},
                       .problem = std::move(problem),
                       .expected = std::move(expected)});
}

}  // namespace strandbus::cli
