#pragma once

#include "strandbus/event/json_codec.hpp"
#include "strandbus/store/session_reader.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>

// The lines of a session file as text. Nothing here knows files.

namespace strandbus::detail {

// Each appends one line with its end.
void append_metadata_line(std::string& out, const SessionMetadata& metadata);
void append_event_line(std::string& out, const StreamEvent& event);
/// Whether a message line belongs behind the line of this event: what nested runs say is no part of
/// the conversation.
bool commits_message(const StreamEvent& event);
/// The message that `event` commits.
void append_message_line(std::string& out, const StreamEvent& event);
/// A message that no event of this session has committed.
void append_message_line(std::string& out, const StoredMessage& message);

/// A line of a kind that this version does not know.
struct UnknownLine {};

using DecodedLine = std::variant<StreamEvent, StoredMessage, UnknownLine>;

/// Reads the first line of a file, given without its end.
boost::system::result<SessionMetadata, DecodeError> decode_metadata(std::string_view line,
                                                                    const DecodeLimits& limits);

/// Reads the lines that follow, given without their ends.
///
/// Threads: distinct objects.
class LineDecoder {
 public:
  explicit LineDecoder(const DecodeLimits& limits) : limits_(limits), events_(limits) {}

  boost::system::result<DecodedLine, DecodeError> decode(std::string_view line);

 private:
  boost::system::result<DecodedLine, DecodeError> decode_event(std::string_view line);

  DecodeLimits limits_;
  EventReader events_;
};

}  // namespace strandbus::detail
