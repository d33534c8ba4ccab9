#include "agent/compaction_plan.hpp"

#include "strandbus/event/event_id.hpp"
#include "strandbus/event/json_codec.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace strandbus::detail {
namespace {

/// A summary of less would hardly be shorter.
constexpr std::int64_t min_summarised_tokens = 100;
constexpr std::string_view summary_begin =
    "This is a summary of the conversation so far; the messages themselves were left out to save "
    "room.\n<summary>\n";
constexpr std::string_view summary_end = "\n</summary>";

/// Messages that must stay together: one that is no tool's answer, and the answers after it.
struct Group {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool kept = false;
};

std::vector<Group> groups_of(std::span<const Message> messages) {
  std::vector<Group> groups;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (groups.empty() || messages[i].role != Role::tool)
      groups.push_back({i, i, messages[i].role == Role::system});
    groups.back().end = i + 1;
  }
  return groups;
}

std::span<const Message> part(std::span<const Message> messages, const Group& group) {
  return messages.subspan(group.begin, group.end - group.begin);
}

/// The group with which the last turns begin; 0 if there are no others.
std::size_t first_of_last_turns(std::span<const Message> messages, std::span<const Group> groups,
                                std::int64_t turns) {
  for (std::size_t i = groups.size(); i-- > 1;) {
    // What follows a user message is the answer to it, or more of what the user says.
    const bool begins = messages[groups[i - 1].begin].role != Role::user &&
                        messages[groups[i].begin].role != Role::system;
    if (begins && --turns == 0) return i;
  }
  return 0;
}

/// Keeps the latest groups with a failed call, as long as they need no more tokens than that.
void keep_failures(std::span<const Message> messages, std::span<Group> groups,
                   std::int64_t tokens) {
  for (std::size_t i = groups.size(); i-- > 0;) {
    const auto group = part(messages, groups[i]);
    const bool calls = group.front().role == Role::assistant;
    if (!calls || std::ranges::none_of(group, is_failed_answer)) continue;
    tokens -= estimate_tokens(group, {});
    if (tokens < 0) return;
    groups[i].kept = true;
  }
}

bool worth_a_summary(std::span<const Message> messages, std::span<const Group> groups) {
  bool anything_new = false;
  std::int64_t tokens = 0;
  for (const Group& group : groups) {
    if (group.kept) continue;
    anything_new = anything_new || !is_summary(messages[group.begin]);
    tokens += estimate_tokens(part(messages, group), {});
  }
  return anything_new && tokens >= min_summarised_tokens;
}

void require(bool allowed, const char* option, const std::string& value, const char* rule) {
  if (allowed) return;
  throw std::invalid_argument(std::string("CompactionOptions::") + option + " is " + value +
                              ": it must be " + rule);
}

}  // namespace

void require_valid(const CompactionOptions& options) {
  require(options.context_window >= 0, "context_window", std::to_string(options.context_window),
          "0 (unknown) or more");
  require(options.threshold > 0 && options.threshold <= 1, "threshold",
          std::to_string(options.threshold), "more than 0 and at most 1");
  require(options.keep_turns >= 1, "keep_turns", std::to_string(options.keep_turns), "at least 1");
  require(options.max_failures >= 1, "max_failures", std::to_string(options.max_failures),
          "at least 1");
  require(options.max_tool_output_bytes >= 0, "max_tool_output_bytes",
          std::to_string(options.max_tool_output_bytes), "0 or more");
  require(!options.prompt.empty(), "prompt", "empty", "a text");
}

std::int64_t estimate_tokens(std::span<const Message> messages, std::string_view system) {
  std::size_t bytes = system.size();
  std::string arguments;
  for (const Message& message : messages) {
    bytes += message.content.size();
    for (const ToolCall& call : message.tool_calls) {
      arguments.clear();
      append_json(arguments, call.arguments);
      bytes += call.tool_name.size() + arguments.size();
    }
  }
  return static_cast<std::int64_t>((bytes + 3) / 4);
}

bool compaction_due(std::int64_t tokens, const CompactionOptions& options) {
  return options.context_window > 0 &&
         static_cast<double>(tokens) >=
             options.threshold * static_cast<double>(options.context_window);
}

std::optional<CompactionPlan> plan_compaction(std::span<const Message> messages,
                                              const CompactionOptions& options) {
  std::vector<Group> groups = groups_of(messages);
  const std::size_t first_kept = first_of_last_turns(messages, groups, options.keep_turns);
  if (first_kept == 0) return std::nullopt;
  for (std::size_t i = first_kept; i < groups.size(); ++i) groups[i].kept = true;
  const std::span<Group> older = std::span(groups).first(first_kept);
  keep_failures(messages, older,
                estimate_tokens(messages.subspan(groups[first_kept].begin), {}) / 4);
  if (!worth_a_summary(messages, older)) return std::nullopt;

  CompactionPlan plan;
  plan.tokens_before = estimate_tokens(messages, {});
  for (const Group& group : groups) {
    for (std::size_t i = group.begin; i < group.end; ++i)
      (group.kept ? plan.kept : plan.summarised).push_back(i);
  }
  return plan;
}

std::vector<Message> compacted(std::span<const Message> messages, const CompactionPlan& plan,
                               std::string summary) {
  std::vector<Message> result;
  result.reserve(plan.kept.size() + 1);
  Message first;
  first.id = make_message_id();
  first.role = Role::user;
  first.content = std::string(summary_begin) + std::move(summary) + std::string(summary_end);
  result.push_back(std::move(first));
  for (const std::size_t i : plan.kept) result.push_back(messages[i]);
  return result;
}

bool is_summary(const Message& message) {
  return message.role == Role::user && message.content.starts_with(summary_begin);
}

bool is_failed_answer(const Message& message) {
  if (message.role != Role::tool) return false;
  // ToolResult::model_text begins so, and a call that never ran with its code.
  const std::string_view text = message.content;
  if (text.starts_with("Error: ") || text.starts_with("Error (")) return true;
  const std::string_view code = text.substr(0, text.find(": "));
  return code.starts_with("E_") &&
         code.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == std::string_view::npos;
}

}  // namespace strandbus::detail
