#pragma once

#include "strandbus/event/types.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

// The content blocks of an answer, and what of them is kept for later requests.

namespace strandbus::detail {

/// One content block, as far as it has come.
struct MessagesBlock {
  enum class Kind : std::uint8_t { text, thinking, redacted_thinking, call, other };
  Kind kind{};
  json::object start{};     ///< as it began
  std::string text{};       ///< of a text, or of thinking
  std::string signature{};  ///< of thinking
  std::string input{};      ///< the JSON text of a call's arguments
  json::array citations{};
  bool open{true};  ///< its end has not come
};

/// A block that begins so. Throws FrameError.
MessagesBlock begun_block(json::object start);

/// The block as the server wants it back to go on with a paused turn; nothing if it is empty.
std::optional<json::object> sent_back(const MessagesBlock& block);

/// Who sent an answer: thinking goes back to nobody else.
struct MessagesOrigin {
  std::string server{};  ///< host and port
  std::string model{};   ///< that was asked
};

/// The thinking before tool calls, for Message::provider_data: the API demands it back with them.
/// Null if there is none. Texts and calls are in the message already and only have their place.
json::value kept_thinking(std::span<const MessagesBlock> blocks, const MessagesOrigin& origin);

/// The blocks of a past assistant message; `calls` are those of its calls. The thinking that was
/// kept is among them where it was, unless it comes from elsewhere or the message was changed.
json::array past_blocks(const Message& message, const json::array& calls,
                        const MessagesOrigin& asked);

/// Whether a member is this text.
bool has_text(const json::object& object, std::string_view name, std::string_view text);

/// Whether a text says nothing: the API takes no text block without a word.
bool is_blank(std::string_view text) noexcept;

}  // namespace strandbus::detail
