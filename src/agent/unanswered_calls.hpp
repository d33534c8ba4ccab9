#pragma once

#include "strandbus/event/types.hpp"

#include <vector>

namespace strandbus::detail {

/// The conversation with an answer behind every tool call: whoever recorded it may have been
/// interrupted, and providers refuse a call without an answer. Answers keep their order; those that
/// are missing say that the result is unknown. Pure, but for the ids of new messages.
std::vector<Message> with_all_answers(std::vector<Message> messages);

}  // namespace strandbus::detail
