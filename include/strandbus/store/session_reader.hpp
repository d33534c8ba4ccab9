#pragma once

#include "strandbus/event/stream_event.hpp"
#include "strandbus/store/session_file.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace strandbus {
namespace detail {
class SessionScan;
}

/// What is accepted of a session file, which may come from anyone.
struct SessionLimits {
  std::size_t max_line_bytes = std::size_t{64} * 1024 * 1024;
  std::size_t max_depth = 64;  ///< nesting of one line
  /// What load_session takes into memory; SessionReader has no such limit.
  std::size_t max_total_bytes = std::size_t{1024} * 1024 * 1024;
};

/// One line after the metadata.
using SessionRecord = std::variant<StreamEvent, StoredMessage>;

/// The last line of a file whose writer was interrupted: it has no line end.
struct TornLine {
  std::size_t line{};     ///< from 1
  std::size_t bytes{};    ///< of it that are there
  bool whole{};           ///< only the line end is missing: the line was read
  std::string message{};  ///< ready to show, with the file's name
};

/// Reads a session file line by line, in memory that does not grow with the file.
///
/// Events keep what this version does not know: types, members and the digits of numbers. Lines of
/// a kind that this version does not know are skipped and counted.
///
/// Threads: distinct objects.
class SessionReader {
 public:
  /// A reader behind the metadata of the file.
  ///
  /// Errors: the system's; Errc::invalid_file if the first line is no metadata of schema 1.
  static SessionResult<SessionReader> open(const std::string& path,
                                           const SessionLimits& limits = {});

  SessionReader(SessionReader&&) noexcept;
  SessionReader& operator=(SessionReader&&) noexcept;
  ~SessionReader();

  const SessionMetadata& metadata() const noexcept;

  /// The next event or message; empty at the end of the file. A last line that is cut off is no
  /// error: it is left out, and torn() tells.
  ///
  /// Errors: Errc::malformed_json, invalid_event, invalid_file, limit_exceeded with line and
  ///         pointer; the system's. After an error the reader is at its end.
  SessionResult<std::optional<SessionRecord>> next();

  /// The number of the line that next() read last.
  std::size_t line() const noexcept;
  /// What is wrong with the last line; known when next() has returned it or the end.
  const std::optional<TornLine>& torn() const noexcept;
  /// Lines of an unknown kind so far.
  std::uint64_t skipped() const noexcept;

 private:
  explicit SessionReader(std::unique_ptr<detail::SessionScan> scan) noexcept;

  std::unique_ptr<detail::SessionScan> scan_;
};

/// A session as a whole.
struct Session {
  SessionMetadata metadata{};
  std::vector<StreamEvent> events{};
  std::vector<StoredMessage> messages{};
  std::optional<TornLine> torn{};
  std::uint64_t skipped{};  ///< lines of an unknown kind
};

/// Reads a session file into memory.
///
/// Errors: as SessionReader.
SessionResult<Session> load_session(const std::string& path, const SessionLimits& limits = {});

}  // namespace strandbus
