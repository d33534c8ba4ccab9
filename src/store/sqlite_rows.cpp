#include "store/sqlite_rows.hpp"

#include "store/session_lines.hpp"
#include "store/store_error.hpp"

#include <algorithm>
#include <chrono>
#include <string>

namespace strandbus::detail {
namespace {

// So that others come in between: a hundred thousand rows take a tenth of a second and more.
constexpr std::int64_t slice_rows = 5'000;

std::int64_t now() {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(since_1970).count();
}

std::string message_json(const StoredMessage& stored) {
  std::string line;
  append_message_line(line, stored);
  line.pop_back();
  return line;
}

void insert_messages(SqliteDatabase& database, const SqliteSession& session,
                     std::span<const StoredMessage> messages) {
  SqliteStatement insert(database, "INSERT INTO messages(key, crc, json) VALUES(?, ?, ?)");
  std::uint64_t number = 0;
  for (const StoredMessage& message : messages) {
    const std::string json = message_json(message);
    ++number;
    SqliteQuery(insert)
        .bind(1, event_key(session.row, number))
        .bind(2, record_checksum(session.id, {number}, json))
        .bind_blob(3, json)
        .run();
  }
}

/// How many rows of a table, at most a slice, were removed.
std::int64_t remove_rows(SqliteDatabase& database, std::string_view table, std::int64_t row) {
  std::string sql("DELETE FROM ");
  sql.append(table).append(" WHERE key IN (SELECT key FROM ").append(table);
  sql += " WHERE key>=? AND key<=? ORDER BY key LIMIT ?)";
  SqliteStatement remove(database, sql);
  SqliteQuery(remove)
      .bind(1, event_key(row, 0))
      .bind(2, event_key(row, max_event_seq))
      .bind(3, slice_rows)
      .run();
  return database.changes();
}

void run_for_row(SqliteDatabase& database, const char* sql, std::int64_t row) {
  SqliteStatement statement(database, sql);
  SqliteQuery(statement).bind(1, row).run();
}

/// A record in a damaged part of the database is none: that is no failure to write.
bool step_over_damage(SqliteQuery& query) {
  try {
    return query.step();
  } catch (const SqliteFailure& failure) {
    if (failure.code() != SQLITE_CORRUPT) throw;
    return false;
  }
}

}  // namespace

bool session_is_there(SqliteDatabase& database, const std::string& id) {
  SqliteStatement statement(database, "SELECT 1 FROM sessions WHERE id=?");
  return SqliteQuery(statement).bind_text(1, id).step();
}

bool session_is_there(SqliteDatabase& database, const std::string& id, std::int64_t row) {
  SqliteStatement statement(database, "SELECT 1 FROM sessions WHERE id=? AND row=?");
  return SqliteQuery(statement).bind_text(1, id).bind(2, row).step();
}

std::optional<StoreError> copy_events(SqliteDatabase& database, const std::string& path,
                                      const SqliteSessionRow& origin, std::uint64_t at,
                                      SqliteSession& fork) {
  SqliteSavepoint savepoint(database);
  SqliteStatement select(database,
                         "SELECT key, crc, json FROM events WHERE key>=? AND key<=? ORDER BY key");
  SqliteStatement insert(database, "INSERT INTO events(key, crc, json) VALUES(?, ?, ?)");
  SqliteQuery query(select);
  const std::string& id = origin.metadata.session_id;
  const std::uint64_t first = std::max<std::uint64_t>(origin.counts.first_seq, 1);
  query.bind(1, event_key(origin.row, first)).bind(2, event_key(origin.row, at - 1));
  for (std::uint64_t seq = first; seq < at; ++seq) {
    const bool there = step_over_damage(query) && seq_of_key(query.integer(0)) == seq;
    const std::string_view json = there ? query.bytes(2) : std::string_view();
    if (!there || record_checksum(id, {seq}, json) != query.integer(1)) {
      return damaged_session(path, id,
                             "event " + std::to_string(seq) +
                                 (there ? " is damaged" : " is missing") +
                                 "; it can be forked at " + std::to_string(seq));
    }
    SqliteQuery(insert)
        .bind(1, event_key(fork.row, seq))
        .bind(2, record_checksum(fork.id, {seq}, json))
        .bind_blob(3, json)
        .run();
    if (fork.counts.first_seq == 0) fork.counts.first_seq = seq;
    fork.counts.last_seq = seq;
    fork.counts.bytes += json.size();
  }
  savepoint.keep();
  return std::nullopt;
}

std::int64_t next_session_row(SqliteDatabase& database) {
  const std::int64_t last =
      database.number("SELECT seq FROM sqlite_sequence WHERE name='sessions'");
  return last < max_session_row ? last + 1 : 0;
}

void insert_session(SqliteDatabase& database, SqliteSession& session,
                    const SessionMetadata& metadata, std::span<const StoredMessage> before) {
  std::string line;
  append_metadata_line(line, metadata);
  line.pop_back();
  session.counts.messages = before.size();
  session.counts.updated_at = now();
  SqliteStatement insert(database,
                         "INSERT INTO sessions(row, id, metadata_crc, metadata, messages, "
                         "first_seq, last_seq, bytes, updated_at, crc) "
                         "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  SqliteQuery(insert)
      .bind(1, session.row)
      .bind_text(2, session.id)
      .bind(3, record_checksum(session.id, {static_cast<std::uint64_t>(session.row)}, line))
      .bind_blob(4, line)
      .bind(5, static_cast<std::int64_t>(before.size()))
      .bind(6, static_cast<std::int64_t>(session.counts.first_seq))
      .bind(7, static_cast<std::int64_t>(session.counts.last_seq))
      .bind(8, static_cast<std::int64_t>(session.counts.bytes))
      .bind(9, session.counts.updated_at)
      .bind(10, checksum_of(session.id, session.row, session.counts))
      .run();
  insert_messages(database, session, before);
}

void begin_removal(SqliteDatabase& database, std::int64_t row) {
  run_for_row(database, "INSERT INTO removed(row) VALUES(?)", row);
  run_for_row(database, "DELETE FROM sessions WHERE row=?", row);
}

bool remove_slice(SqliteDatabase& database, std::int64_t row) {
  if (remove_rows(database, "events", row) == slice_rows) return true;
  if (remove_rows(database, "messages", row) == slice_rows) return true;
  run_for_row(database, "DELETE FROM removed WHERE row=?", row);
  return false;
}

}  // namespace strandbus::detail
