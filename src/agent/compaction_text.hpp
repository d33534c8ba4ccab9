#pragma once

#include "agent/compaction_plan.hpp"

#include <span>
#include <string>

namespace strandbus::detail {

/// The part of a conversation that a summary is to replace, as the author of the summary reads it:
/// who speaks, what is said, which tools are called with what, and their answers. Answers and
/// arguments that are longer than options.max_tool_output_bytes lose their middle, which is said.
std::string text_to_summarise(std::span<const Message> messages, const CompactionPlan& plan,
                              const CompactionOptions& options);

}  // namespace strandbus::detail
