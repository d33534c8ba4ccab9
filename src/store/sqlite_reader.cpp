#include "store/sqlite_reader.hpp"

#include "store/session_lines.hpp"
#include "store/store_error.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::string_view session_columns =
    "SELECT row, id, metadata_crc, metadata, messages, first_seq, last_seq, bytes, updated_at, crc "
    "FROM sessions ";

std::string sessions(std::string_view where) { return std::string(session_columns).append(where); }

std::int64_t clamped(std::size_t limit) {
  constexpr auto most = static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max());
  return static_cast<std::int64_t>(std::min(limit, most));
}

std::string event_name(std::uint64_t seq) { return "event " + std::to_string(seq); }

}  // namespace

SqliteReader::SqliteReader(const std::string& path)
    : path_(path),
      database_(path),
      find_(database_, sessions("WHERE id=?")),
      list_(database_, sessions("ORDER BY updated_at DESC, row DESC LIMIT ?")),
      old_(database_, sessions("WHERE updated_at<? AND row>? ORDER BY row LIMIT ?")),
      messages_(database_,
                "SELECT key, crc, json FROM messages WHERE key>? AND key<=? ORDER BY key"),
      events_(database_,
              "SELECT key, crc, json FROM events WHERE key>=? AND key<=? ORDER BY key LIMIT ?"),
      removed_(database_, "SELECT row FROM removed") {
  database_.run("PRAGMA query_only=ON");
}

/// Reads one state of the database, whatever is written meanwhile.
template <class F>
auto SqliteReader::guarded(F&& read) -> decltype(read()) {
  const std::lock_guard lock(mutex_);
  try {
    SqliteTransaction transaction(database_, SqliteTransaction::Kind::read);
    return read();
  } catch (const SqliteFailure& failure) {
    return failed(failure);
  }
}

StoreResult<SqliteSessionRow> SqliteReader::find(const std::string& id) {
  return guarded([&] { return find_row(id); });
}

StoreResult<SqliteSessionRow> SqliteReader::find_row(const std::string& id) {
  if (check_session_id(id)) return unknown_session(id);
  SqliteQuery query(find_);
  query.bind_text(1, id);
  if (!query.step()) return unknown_session(id);
  auto found = row_of(query);
  if (found && found->metadata.session_id != id)
    return damaged_session(path_, id, "its metadata is that of another session");
  return found;
}

StoreResult<SqliteSessionRow> SqliteReader::row_of(const SqliteQuery& query) const {
  SqliteSessionRow session;
  session.row = query.integer(0);
  const std::string id(query.bytes(1));
  const auto sum = static_cast<std::uint64_t>(query.integer(2));
  const std::string_view metadata = query.bytes(3);
  if (record_checksum(id, {static_cast<std::uint64_t>(session.row)}, metadata) != sum)
    return damaged_session(path_, id, "its metadata is damaged");
  auto decoded = decode_metadata(metadata, {});
  if (!decoded) return damaged_session(path_, id, decoded.error().message);
  session.metadata = *std::move(decoded);
  session.counts.messages = static_cast<std::uint64_t>(query.integer(4));
  session.counts.first_seq = static_cast<std::uint64_t>(query.integer(5));
  session.counts.last_seq = static_cast<std::uint64_t>(query.integer(6));
  session.counts.bytes = static_cast<std::uint64_t>(query.integer(7));
  session.counts.updated_at = query.integer(8);
  if (checksum_of(id, session.row, session.counts) != query.integer(9))
    return damaged_session(path_, id, "its counts are damaged");
  return session;
}

StoreResult<std::vector<SqliteSessionRow>> SqliteReader::list(std::size_t limit,
                                                              const Logger& logger) {
  return guarded([&] {
    SqliteQuery query(list_);
    query.bind(1, clamped(limit));
    return sound_rows(query, logger);
  });
}

StoreResult<std::vector<SqliteSessionRow>> SqliteReader::old(std::int64_t before,
                                                             std::int64_t after, std::size_t limit,
                                                             const Logger& logger) {
  return guarded([&] {
    SqliteQuery query(old_);
    query.bind(1, before).bind(2, after).bind(3, clamped(limit));
    return sound_rows(query, logger);
  });
}

StoreResult<std::vector<SqliteSessionRow>> SqliteReader::sound_rows(SqliteQuery& query,
                                                                    const Logger& logger) {
  std::vector<SqliteSessionRow> found;
  while (query.step()) {
    auto session = row_of(query);
    if (session) {
      found.push_back(*std::move(session));
    } else {
      logger.log(LogLevel::error, session.error().message);
    }
  }
  return found;
}

StoreResult<std::vector<StoredMessage>> SqliteReader::messages(const std::string& id) {
  return guarded([&]() -> StoreResult<std::vector<StoredMessage>> {
    const auto session = find_row(id);
    if (!session) return session.error();
    std::vector<StoredMessage> messages;
    LineDecoder decoder({std::numeric_limits<std::size_t>::max(), DecodeLimits{}.max_depth});
    SqliteQuery query(messages_);
    query.bind(1, event_key(session->row, 0))
        .bind(2, event_key(session->row, session->counts.messages));
    while (query.step()) {
      const std::uint64_t number = messages.size() + 1;
      const std::string_view json = query.bytes(2);
      const bool sound = seq_of_key(query.integer(0)) == number &&
                         record_checksum(id, {number}, json) == query.integer(1);
      auto decoded = decoder.decode(sound ? json : std::string_view());
      auto* message = decoded ? std::get_if<StoredMessage>(&*decoded) : nullptr;
      if (!message)
        return damaged_session(
            path_, id,
            "message " + std::to_string(number) + " of those that it began with is damaged");
      messages.push_back(std::move(*message));
    }
    if (messages.size() != session->counts.messages)
      return damaged_session(path_, id, "messages that it began with are missing");
    return messages;
  });
}

StoreResult<std::vector<StoredEvent>> SqliteReader::events(const std::string& id,
                                                           std::uint64_t after, std::size_t limit,
                                                           std::size_t max_bytes) {
  return guarded([&]() -> StoreResult<std::vector<StoredEvent>> {
    const auto session = find_row(id);
    if (!session) return session.error();
    return events_of(*session, after, limit, max_bytes);
  });
}

StoreResult<std::vector<StoredEvent>> SqliteReader::events_of(const SqliteSessionRow& session,
                                                              std::uint64_t after,
                                                              std::size_t limit,
                                                              std::size_t max_bytes) {
  std::vector<StoredEvent> events;
  const SessionCounts& counts = session.counts;
  if (after >= counts.last_seq || limit == 0) return events;
  const std::string& id = session.metadata.session_id;
  std::uint64_t expected = std::max(after + 1, counts.first_seq);
  SqliteQuery query(events_);
  query.bind(1, event_key(session.row, expected))
      .bind(2, event_key(session.row, counts.last_seq))
      .bind(3, clamped(limit));
  const char* fault = nullptr;
  try {
    for (std::size_t bytes = 0; events.size() < limit && expected <= counts.last_seq; ++expected) {
      const bool there = query.step() && seq_of_key(query.integer(0)) == expected;
      const std::string_view json = there ? query.bytes(2) : std::string_view();
      if (!there)
        fault = " is missing";
      else if (record_checksum(id, {expected}, json) != query.integer(1))
        fault = " is damaged";
      if (fault) break;
      bytes += json.size();
      if (!events.empty() && bytes > max_bytes) break;
      events.push_back({expected, std::make_shared<const std::string>(json)});
    }
  } catch (const SqliteFailure& failure) {
    if (failure.code() != SQLITE_CORRUPT) throw;
    fault = " lies in a damaged part of the database";
  }
  // What is whole before it first: who asks for what follows that is told.
  if (fault && events.empty()) return damaged_session(path_, id, event_name(expected) + fault);
  return events;
}

StoreResult<std::vector<std::int64_t>> SqliteReader::removed() {
  return guarded([&]() -> StoreResult<std::vector<std::int64_t>> {
    std::vector<std::int64_t> rows;
    SqliteQuery query(removed_);
    while (query.step()) rows.push_back(query.integer(0));
    return rows;
  });
}

void SqliteReader::keep_log() noexcept {
  const std::lock_guard lock(mutex_);
  sqlite3_db_config(database_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

StoreError SqliteReader::failed(const SqliteFailure& failure) const {
  const bool damaged = failure.code() == SQLITE_CORRUPT || failure.code() == SQLITE_NOTADB;
  error_code code = make_error_code(Errc::invalid_file);
  if (!damaged)
    code = failure.system_code() != 0
               ? error_code(failure.system_code(), boost::system::system_category())
               : make_error_code(boost::system::errc::io_error);
  return {code, "cannot read the store " + path_ + ": " + failure.what()};
}

}  // namespace strandbus::detail
