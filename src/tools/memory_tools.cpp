#include "strandbus/tools/memory_tools.hpp"

#include "strandbus/event/agent_payloads.hpp"

#include <boost/describe/class.hpp>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace strandbus {
namespace {

struct MemoryWriteArguments {
  std::string key{};
  std::string text{};
};
BOOST_DESCRIBE_STRUCT(MemoryWriteArguments, (), (key, text))

struct MemoryKeyArguments {
  std::string key{};
};
BOOST_DESCRIBE_STRUCT(MemoryKeyArguments, (), (key))

struct MemoryListArguments {
  std::optional<std::string> prefix{};
};
BOOST_DESCRIBE_STRUCT(MemoryListArguments, (), (prefix))

ToolResult failure_of(const MemoryError& error) {
  const ErrorCode code = error_code_of(error.fault);
  if (code == ErrorCode::none) return ToolResult::failure(error.message);
  std::string text = error.message;
  if (error.fault == MemoryFault::not_found) text += "; memory_list names the keys that there are";
  return ToolResult::failure(code, std::move(text));
}

ToolResult call_has_ended() { return ToolResult::failure("the call has ended"); }

void publish_change(const ToolStep& step, const Memory& memory, const std::string& key,
                    std::size_t size) {
  MemoryWritten written;
  written.store = memory.name();
  written.key = key;
  written.size = static_cast<std::int64_t>(size);
  static_cast<void>(step.publish(std::move(written)));
}

std::string bytes_text(std::int64_t count) {
  return std::to_string(count) + (count == 1 ? " byte" : " bytes");
}

ToolResult memory_write(Memory& memory, const MemoryWriteArguments& arguments,
                        const ToolContext& context) {
  const ToolStep step = context.begin_step();
  if (!step) return call_has_ended();
  const auto stored = memory.store(arguments.key, arguments.text);
  if (!stored) return failure_of(stored.error());
  publish_change(step, memory, arguments.key, arguments.text.size());
  return ToolResult::ok("kept " + bytes_text(static_cast<std::int64_t>(arguments.text.size())) +
                        " under " + arguments.key);
}

ToolResult memory_read(const Memory& memory, const MemoryKeyArguments& arguments) {
  auto text = memory.read(arguments.key);
  if (!text) return failure_of(text.error());
  return ToolResult::ok(*std::move(text));
}

ToolResult memory_delete(Memory& memory, const MemoryKeyArguments& arguments,
                         const ToolContext& context) {
  const ToolStep step = context.begin_step();
  if (!step) return call_has_ended();
  const auto removed = memory.remove(arguments.key);
  if (!removed) return failure_of(removed.error());
  publish_change(step, memory, arguments.key, 0);
  return ToolResult::ok("removed " + arguments.key);
}

std::string list_text(const std::vector<MemoryEntry>& entries, std::size_t max_listed) {
  std::string text;
  const std::size_t listed = std::min(entries.size(), max_listed);
  for (std::size_t i = 0; i < listed; ++i) {
    if (i > 0) text += '\n';
    text += entries[i].key + ", " + bytes_text(entries[i].size);
  }
  if (listed < entries.size()) {
    text += "\n[" + std::to_string(entries.size() - listed) +
            " more; say in prefix how a key begins to see fewer]";
  }
  return text;
}

ToolResult memory_list(const Memory& memory, const MemoryListArguments& arguments,
                       std::size_t max_listed) {
  auto entries = memory.list();
  if (!entries) return failure_of(entries.error());
  const std::string prefix = arguments.prefix.value_or("");
  std::erase_if(*entries, [&](const MemoryEntry& entry) { return !entry.key.starts_with(prefix); });
  if (!entries->empty()) return ToolResult::ok(list_text(*entries, max_listed));
  return ToolResult::ok(prefix.empty() ? "the memory is empty" : "no key begins with this prefix");
}

void check(const std::shared_ptr<Memory>& memory, const MemoryToolOptions& options) {
  if (!memory) throw std::invalid_argument("add_memory_tools: the memory is null");
  if (options.max_listed == 0)
    throw std::invalid_argument("MemoryToolOptions::max_listed is 0; it must be at least 1");
}

constexpr const char* key_description =
    "The name of the note: letters, digits, dots, dashes and underscores, for example "
    "\"project.build-commands\"";

}  // namespace

void add_memory_tools(ToolRegistry& tools, std::shared_ptr<Memory> memory,
                      MemoryToolOptions options) {
  check(memory, options);
  tools
      .add<MemoryWriteArguments>(
          "memory_write",
          "Keeps a note for later conversations, in place of what was under the key. Note what "
          "will still be useful then: facts, decisions, what the user prefers. No secrets.",
          [memory](const MemoryWriteArguments& arguments, ToolContext& context) {
            return memory_write(*memory, arguments, context);
          })
      .describe("key", key_description)
      .describe("text", "The whole note");
  tools
      .add<MemoryKeyArguments>(
          "memory_read", "Reads a note of an earlier conversation.",
          [memory](const MemoryKeyArguments& arguments) { return memory_read(*memory, arguments); })
      .describe("key", "As memory_list names it");
  tools
      .add<MemoryListArguments>(
          "memory_list",
          "Lists the notes of earlier conversations. Look here when you begin with a task.",
          [memory, options](const MemoryListArguments& arguments) {
            return memory_list(*memory, arguments, options.max_listed);
          })
      .describe("prefix", "Only keys that begin with this; all if absent");
  tools
      .add<MemoryKeyArguments>("memory_delete",
                               "Removes a note that is wrong or of no use any more.",
                               [memory](const MemoryKeyArguments& arguments, ToolContext& context) {
                                 return memory_delete(*memory, arguments, context);
                               })
      .describe("key", "As memory_list names it");
}

}  // namespace strandbus
