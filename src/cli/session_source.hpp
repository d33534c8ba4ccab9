#pragma once

#include "cli/store_choice.hpp"
#include "strandbus/store/session_reader.hpp"

#include <memory>
#include <optional>
#include <string>

namespace strandbus::cli {

/// A recorded session, read from its beginning: from a file, or from a store.
///
/// Threads: distinct objects.
class SessionSource {
 public:
  SessionSource(const SessionSource&) = delete;
  SessionSource& operator=(const SessionSource&) = delete;
  virtual ~SessionSource() = default;

  virtual const SessionMetadata& metadata() const noexcept = 0;

  /// As SessionReader::next. What a store does not repeat, the message of an event that commits
  /// one, comes behind it all the same. Of a session that is being written what was there at the
  /// beginning comes.
  virtual SessionResult<std::optional<SessionRecord>> next() = 0;

  /// The number of the line that next() has read; 0 = it has none.
  virtual std::size_t line() const noexcept { return 0; }
  virtual const std::optional<TornLine>& torn() const noexcept;
  virtual std::uint64_t skipped() const noexcept { return 0; }

 protected:
  SessionSource() = default;
};

using OpenedSource = SessionResult<std::unique_ptr<SessionSource>>;

/// Finds sessions by what the user calls them.
class SessionSources {
 public:
  /// `dialect`: names are those of files in this dialect, and of nothing else; empty = session
  /// files and sessions of the store.
  explicit SessionSources(StoreChoice choice, std::string dialect = {})
      : choice_(std::move(choice)), dialect_(std::move(dialect)) {}

  /// The file of this name; if there is none, the session of the store whose id this is, or begins
  /// so.
  ///
  /// Errors: as SessionReader::open; throws UsageError if the store cannot be opened.
  OpenedSource open(const std::string& name);

  /// Whether this name is that of a file, and not of a session in the store.
  static bool is_file(const std::string& name);

  /// The session of the store that is called so.
  ///
  /// Errors: as open.
  SessionResult<SessionSummary> find(const std::string& name);
  /// Only after find() has found something.
  const EventStore& store() const noexcept { return *store_; }

 private:
  const StoreChoice choice_;
  const std::string dialect_;
  std::shared_ptr<SqliteStore> store_;  ///< once it was asked
};

/// As SessionSources::open.
///
/// Errors: throws UsageError.
std::unique_ptr<SessionSource> open_source(SessionSources& sources, const std::string& name);

}  // namespace strandbus::cli
