#pragma once

#include "strandbus/error.hpp"
#include "strandbus/event/timestamp.hpp"
#include "strandbus/event/types.hpp"

#include <boost/assert/source_location.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace strandbus {

// A session file holds one session as JSON lines (UTF-8, "\n" after each, mode 0600):
//
//   {"_type":"metadata","schema":1,"session_id":…,"created_at":…,"workspace":…,"provider":…,"model":…}
//                           and, for the fork of another session, "forked_from" and "forked_at"
//   {"_type":"event", …}     an event in the native form (json_codec.hpp)
//   {"_type":"message", …}   a message of the conversation, after the event that committed it
//
// The metadata comes first and once; events and messages follow in the order in which they
// happened. Messages before the first event are what the session began with. Each line is one
// write, so that whatever ends the writer leaves at most the last line incomplete.

/// What a session is; the first line of its file.
struct SessionMetadata {
  std::string session_id{};
  Timestamp created_at{};
  std::string workspace{};  ///< the directory in which its tools worked
  std::string provider{};
  std::string model{};
  std::string title{};        ///< absent when empty
  std::string forked_from{};  ///< the session with whose messages this one began; absent when empty
  std::uint64_t forked_at{};  ///< the seq of that session before which they were taken
};

/// A message of the conversation and when it became one.
struct StoredMessage {
  Message message{};
  Timestamp timestamp{};
};

/// Why a session file cannot be written or read.
struct SessionError {
  error_code code{};      ///< Errc::invalid_file, malformed_json, invalid_event, limit_exceeded, or
                          ///< what the system said
  std::size_t line{};     ///< from 1; 0 = the file as a whole
  std::string pointer{};  ///< the member of the line, RFC 6901; empty = the line
  std::string message{};  ///< says all of this, ready to show: "s.jsonl:12: /data/text: expected …"
};

/// A value or the reason why there is none.
template <class T>
using SessionResult = boost::system::result<T, SessionError>;

/// What `result.value()` throws: a system_error whose text holds the message.
[[noreturn]] void throw_exception_from_error(const SessionError& error,
                                             const boost::source_location& where);

}  // namespace strandbus
