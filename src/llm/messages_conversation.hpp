#pragma once

#include "llm/messages_block.hpp"
#include "strandbus/event/types.hpp"

#include <boost/json/array.hpp>

#include <span>
#include <string>

namespace strandbus::detail {

/// The messages of a request (Anthropic API reference, POST /v1/messages). Whatever the
/// conversation is, they obey the API's rules:
///
/// - user and assistant take turns; messages of one side that follow each other become one. The
///   first and the last are the user's: where they would not be, one that says "Go on." is made up.
/// - Behind every call comes its result, first in the next message. One that is missing is made up
///   as a failure, one that answers no call is left out. The ids of calls are valid and differ.
/// - No message and no text is empty. System messages are not here.
json::array messages_conversation(std::span<const Message> messages, const MessagesOrigin& asked);

}  // namespace strandbus::detail
