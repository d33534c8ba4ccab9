#include "store/sqlite_commits.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr int checkpoint_pages = 1000;

std::int64_t now_after(std::int64_t earlier) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::max(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count(), earlier + 1);
}

int note_pages(void* pages, sqlite3*, const char*, int in_log) {
  *static_cast<int*>(pages) = in_log;
  return SQLITE_OK;
}

}  // namespace

SqliteCommits::SqliteCommits(const std::string& path, StoreDurability durability)
    : database_(path),
      insert_event_(database_, "INSERT INTO events(key, crc, json) VALUES(?, ?, ?)"),
      update_counts_(database_,
                     "UPDATE sessions SET first_seq=?, last_seq=?, bytes=?, updated_at=?, crc=? "
                     "WHERE row=?") {
  database_.run(durability == StoreDurability::power ? "PRAGMA synchronous=FULL"
                                                     : "PRAGMA synchronous=NORMAL");
  // Instead of SQLite's own checkpoints, whose failures nobody would hear of.
  sqlite3_wal_hook(database_.get(), note_pages, &wal_pages_);
}

void SqliteCommits::write(std::vector<CommitWork>& batch) {
  touched_.clear();
  SqliteTransaction transaction(database_, SqliteTransaction::Kind::write);
  for (CommitWork& work : batch) {
    if (const auto* append = std::get_if<CommitAppend>(&work)) {
      write_append(*append);
    } else {
      std::get<CommitErrand>(work).run();
    }
  }
  for (SqliteSession* session : touched_) write_counts(*session);
  transaction.commit();
}

void SqliteCommits::write_append(const CommitAppend& append) {
  auto& session = static_cast<SqliteSession&>(*append.session);
  SessionCounts& counts = session.counts;
  for (const StoredEvent& event : append.events) {
    SqliteQuery(insert_event_)
        .bind(1, event_key(session.row, event.seq))
        .bind(2, record_checksum(session.id, {event.seq}, *event.json))
        .bind_blob(3, *event.json)
        .run();
    if (counts.first_seq == 0) counts.first_seq = event.seq;
    counts.last_seq = event.seq;
    counts.bytes += event.json->size();
  }
  if (append.events.empty() || session.touched) return;
  session.touched = true;
  touched_.push_back(&session);
}

void SqliteCommits::write_counts(SqliteSession& session) {
  session.touched = false;
  SessionCounts& counts = session.counts;
  counts.updated_at = now_after(counts.updated_at);
  SqliteQuery(update_counts_)
      .bind(1, static_cast<std::int64_t>(counts.first_seq))
      .bind(2, static_cast<std::int64_t>(counts.last_seq))
      .bind(3, static_cast<std::int64_t>(counts.bytes))
      .bind(4, counts.updated_at)
      .bind(5, checksum_of(session.id, session.row, counts))
      .bind(6, session.row)
      .run();
  // The row was there when the session was opened, and nobody else may take it away.
  if (database_.changes() != 1)
    throw std::runtime_error("the row of session " + session.id + " is gone");
}

/// Brings the log into the database.
void SqliteCommits::tidy() {
  if (wal_pages_ < checkpoint_pages) return;
  wal_pages_ = 0;
  errno = 0;
  const int code = sqlite3_wal_checkpoint_v2(database_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE,
                                             nullptr, nullptr);
  // Somebody reads what the log still holds, or does this himself: the next time, then.
  if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY) database_.fail(code);
}

void SqliteCommits::failed() noexcept {
  // What a failed sync has left in memory only must not be copied on as if it were on the disk.
  sqlite3_db_config(database_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

}  // namespace strandbus::detail
