#pragma once

#include "strandbus/event/types.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

// The events of a stream of the Responses API (OpenAI API reference, Streaming events).

namespace strandbus::detail {

/// One of the texts that an item of an answer consists of.
struct ResponsesText {
  enum class Kind : std::uint8_t { answer, refusal, summary, reasoning, arguments };
  Kind kind{};
  std::int64_t index{};  ///< among those of its kind in the item, as the server counts
  std::string text{};
};

/// Which item of the answer something is about. Servers may leave out either.
struct ResponsesPlace {
  std::optional<std::int64_t> output_index{};
  std::string item_id{};
};

/// An item of an answer, as far as the server tells it at this point.
struct ResponsesItem {
  enum class Kind : std::uint8_t { message, call, reasoning };
  Kind kind{};
  std::string id{};
  std::string call_id{};               ///< of a call
  std::string name{};                  ///< of a call
  std::vector<ResponsesText> texts{};  ///< without empty ones
  std::string encrypted_content{};     ///< of reasoning
};

/// Nothing that an answer is made of: progress, a tool that runs on the server, what is unknown.
struct ResponsesSkipped {};

/// A text grows, or is now known as a whole.
struct ResponsesPiece {
  ResponsesPlace place{};
  ResponsesText text{};
  bool whole{};        ///< it is all of the text, not what is added to it
  std::string name{};  ///< of a call, which some servers tell last
};

/// An item begins, or is now known as a whole.
struct ResponsesItemNews {
  ResponsesPlace place{};
  ResponsesItem item{};
  bool begins{};
};

/// What is said about the answer itself.
struct ResponsesState {
  enum class Stage : std::uint8_t { under_way, completed, incomplete, failed };
  Stage stage{};
  std::string id{};
  std::string model{};
  std::optional<Usage> usage{};
  std::string incomplete_reason{};
  std::string status{};                        ///< in the server's words
  std::optional<boost::json::object> error{};  ///< {"error": …}: why it failed, if that is said
  std::vector<ResponsesItemNews> output{};     ///< the items, at the end all of them
};

using ResponsesEvent =
    std::variant<ResponsesSkipped, ResponsesPiece, ResponsesItemNews, ResponsesState>;

/// Whether this is a Response itself, the answer of a server that does not stream.
bool is_response(const boost::json::object& frame);

/// Reads an event of the stream or a Response. Members that are absent or null say nothing. Throws
/// FrameError for what is none.
ResponsesEvent read_responses_event(const boost::json::object& frame);

}  // namespace strandbus::detail
