#pragma once

#include "store/sqlite_database.hpp"
#include "store/sqlite_reader.hpp"
#include "store/sqlite_session.hpp"
#include "strandbus/store/event_store.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>

// What is written besides events. Each runs in a transaction of the committing thread.

namespace strandbus::detail {

bool session_is_there(SqliteDatabase& database, const std::string& id);
/// Whether it still is the session of this row.
bool session_is_there(SqliteDatabase& database, const std::string& id, std::int64_t row);

/// The row that the next session gets; 0 when there were as many as there can be.
std::int64_t next_session_row(SqliteDatabase& database);

/// Gives `fork` the events of a session before `at`, and counts them.
/// Either all of them, or what is wrong with one.
std::optional<StoreError> copy_events(SqliteDatabase& database, const std::string& path,
                                      const SqliteSessionRow& origin, std::uint64_t at,
                                      SqliteSession& fork);

/// Writes the row of a session and the messages that it begins with; sets its other counts.
void insert_session(SqliteDatabase& database, SqliteSession& session,
                    const SessionMetadata& metadata, std::span<const StoredMessage> before);

/// From here on the session is unknown; what is left of it goes with remove_slice.
void begin_removal(SqliteDatabase& database, std::int64_t row);
/// Removes some of what is left; whether there is more.
bool remove_slice(SqliteDatabase& database, std::int64_t row);

}  // namespace strandbus::detail
