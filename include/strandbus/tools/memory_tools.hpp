#pragma once

#include "strandbus/agent/memory.hpp"
#include "strandbus/agent/tool_registry.hpp"

#include <cstddef>
#include <memory>

namespace strandbus {

struct MemoryToolOptions {
  /// Keys that one memory_list names.
  std::size_t max_listed = 200;
};

/// Adds the tools memory_write, memory_read, memory_list and memory_delete, with which a model
/// keeps texts over conversations. They block, so they run on the registry's threads.
///
/// - memory_write {key, text}: keeps the text in place of what was under the key.
/// - memory_read {key}: the text.
/// - memory_list {prefix?}: the keys, sorted, and how large each text is.
/// - memory_delete {key}
///
/// A change publishes memory_written; its size is 0 when the key was removed. A failure has the
/// code that error_code_of gives for its MemoryFault.
///
/// Errors: throws std::invalid_argument when the memory is null, an option is 0 or one of the names
///         is taken.
void add_memory_tools(ToolRegistry& tools, std::shared_ptr<Memory> memory,
                      MemoryToolOptions options = {});

}  // namespace strandbus
