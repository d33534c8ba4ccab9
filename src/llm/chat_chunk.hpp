#pragma once

#include "strandbus/event/types.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::detail {

/// A piece of a tool call.
struct CallPiece {
  std::optional<std::int64_t> index{};  ///< which call of the answer; some servers leave it out
  std::string id{};
  std::string name{};
  std::string arguments{};  ///< a part of their JSON text
};

/// One chunk of an answer, the same whatever dialect the server speaks.
struct ChatChunk {
  std::string id{};
  std::string model{};
  std::optional<Usage> usage{};
  std::string text{};
  std::string reasoning{};
  std::string_view
      reasoning_field{};  ///< under which name it came; empty if it has none of its own
  std::string refusal{};
  std::vector<CallPiece> calls{};
  std::string finish_reason{};  ///< empty = it goes on
  bool whole{};                 ///< a message instead of a delta: nothing else will come
};

/// Reads chat.completion.chunk and chat.completion (OpenAI API reference). Members that are absent
/// or null say nothing; only the choice with index 0 is read. Throws FrameError for what is none.
ChatChunk read_chat_chunk(const boost::json::object& frame);

}  // namespace strandbus::detail
