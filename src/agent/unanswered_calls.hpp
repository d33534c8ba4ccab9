#pragma once

#include "strandbus/event/types.hpp"

#include <optional>
#include <string>
#include <vector>

namespace strandbus::detail {

/// The conversation with one answer behind every tool call: whoever recorded it may have been
/// interrupted, and providers refuse a call without an answer. Answers keep their order; those that
/// are missing say that the result is unknown; of several to one call, the last one counts, since
/// the call was taken up again after the others. Pure, but for the ids of new messages.
std::vector<Message> with_all_answers(std::vector<Message> messages);

/// The conversation without the answers to these calls, which are about to get others. Empty if
/// they are not calls of its last message that has any, or something else was said behind them.
std::optional<std::vector<Message>> without_answers(std::vector<Message> messages,
                                                    const std::vector<std::string>& call_ids);

}  // namespace strandbus::detail
