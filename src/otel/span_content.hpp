#pragma once

#include "strandbus/event/types.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::detail {

/// What was said, as the conventions want it in an attribute: JSON text of at most so many bytes.
/// What is longer loses the ends of its texts, then its first elements; it stays valid JSON.
std::string content_json(json::value value, std::size_t max_bytes);

/// Messages that were sent, without those of the system.
json::value input_messages(const std::vector<Message>& messages);

/// What the messages of the system say; null if there is none.
json::value system_instructions(const std::vector<Message>& messages);

/// The one message that a model answers with.
json::value output_messages(std::string_view content, std::string_view reasoning,
                            const std::vector<ToolCall>& calls, std::string_view finish_reason);

/// The beginning of a text, valid UTF-8, with "…" where it was cut.
std::string cut_text(std::string_view text, std::size_t max_bytes);

}  // namespace strandbus::detail
