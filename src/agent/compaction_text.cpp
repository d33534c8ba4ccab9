#include "agent/compaction_text.hpp"

#include "strandbus/event/json_codec.hpp"

#include <string_view>
#include <unordered_map>

namespace strandbus::detail {
namespace {

/// The nearest place at or before `at` where no code point is cut in two.
std::size_t boundary(std::string_view text, std::size_t at) {
  const auto inside = [&] { return (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U; };
  while (at > 0 && at < text.size() && inside()) --at;
  return at;
}

void append_shortened(std::string& out, std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) {
    out += text;
    return;
  }
  const std::size_t head = boundary(text, max_bytes / 2);
  const std::size_t tail = boundary(text, text.size() - max_bytes / 2);
  out += text.substr(0, head);
  out += "\n[" + std::to_string(tail - head) + " bytes are left out here]\n";
  out += text.substr(tail);
}

class Transcript {
 public:
  explicit Transcript(std::size_t max_output_bytes) : max_output_bytes_(max_output_bytes) {}

  void add(const Message& message) {
    if (message.role == Role::tool) {
      begin("Answer of " + tool_of(message.tool_call_id));
      append_shortened(text_, message.content, max_output_bytes_);
    } else if (!message.content.empty()) {
      begin(is_summary(message) ? "Earlier summary" : speaker(message.role));
      text_ += message.content;
    }
    for (const ToolCall& call : message.tool_calls) add(call);
  }

  std::string text() && { return std::move(text_); }

 private:
  void add(const ToolCall& call) {
    tools_[call.call_id] = call.tool_name;
    begin("Assistant calls " + call.tool_name);
    std::string arguments;
    append_json(arguments, call.arguments);
    append_shortened(text_, arguments, max_output_bytes_);
  }

  void begin(const std::string& heading) {
    if (!text_.empty()) text_ += "\n\n";
    text_ += "## " + heading + "\n";
  }

  std::string tool_of(std::string_view call_id) const {
    const auto found = tools_.find(call_id);
    return std::string(found == tools_.end() ? "a tool" : found->second);
  }

  static std::string speaker(Role role) {
    switch (role) {
      case Role::user: return "User";
      case Role::assistant: return "Assistant";
      case Role::system: return "System";
      case Role::tool: break;
    }
    return "Tool";
  }

  const std::size_t max_output_bytes_;
  std::unordered_map<std::string_view, std::string_view> tools_;  ///< by call, of the messages
  std::string text_;
};

}  // namespace

std::string text_to_summarise(std::span<const Message> messages, const CompactionPlan& plan,
                              const CompactionOptions& options) {
  Transcript transcript(static_cast<std::size_t>(options.max_tool_output_bytes));
  for (const std::size_t i : plan.summarised) transcript.add(messages[i]);
  return std::move(transcript).text();
}

}  // namespace strandbus::detail
