#pragma once

#include "store/sqlite_database.hpp"
#include "store/sqlite_session.hpp"
#include "strandbus/log.hpp"
#include "strandbus/store/event_store.hpp"

#include <mutex>
#include <string>
#include <vector>

namespace strandbus::detail {

/// A session as its row says.
struct SqliteSessionRow {
  std::int64_t row = 0;
  SessionMetadata metadata{};
  SessionCounts counts{};
};

/// The connection that reads, and checks what it reads. It sees what is durable.
///
/// Errors:  Errc::session_unknown; damage as Errc::invalid_file; the system's.
/// Threads: any thread; one reads at a time.
class SqliteReader {
 public:
  /// Throws SqliteFailure.
  explicit SqliteReader(const std::string& path);

  StoreResult<SqliteSessionRow> find(const std::string& id);
  /// The one that was written last first. Damaged rows are left out, and `logger` is told.
  StoreResult<std::vector<SqliteSessionRow>> list(std::size_t limit, const Logger& logger);
  StoreResult<std::vector<StoredMessage>> messages(const std::string& id);
  StoreResult<std::vector<StoredEvent>> events(const std::string& id, std::uint64_t after,
                                               std::size_t limit, std::size_t max_bytes);
  /// Sessions that were last written before then, at most `limit`, in the order of their rows and
  /// behind the row `after`.
  StoreResult<std::vector<SqliteSessionRow>> old(std::int64_t before, std::int64_t after,
                                                 std::size_t limit, const Logger& logger);
  /// Rows whose removal was interrupted.
  StoreResult<std::vector<std::int64_t>> removed();

  /// When the connection closes, the log stays as it is.
  void keep_log() noexcept;

 private:
  template <class F>
  auto guarded(F&& read) -> decltype(read());
  StoreResult<SqliteSessionRow> row_of(const SqliteQuery& query) const;
  StoreResult<SqliteSessionRow> find_row(const std::string& id);
  StoreResult<std::vector<SqliteSessionRow>> sound_rows(SqliteQuery& query, const Logger& logger);
  StoreResult<std::vector<StoredEvent>> events_of(const SqliteSessionRow& session,
                                                  std::uint64_t after, std::size_t limit,
                                                  std::size_t max_bytes);
  StoreError failed(const SqliteFailure& failure) const;

  const std::string path_;
  std::mutex mutex_;  // guards what follows
  SqliteDatabase database_;
  SqliteStatement find_;
  SqliteStatement list_;
  SqliteStatement old_;
  SqliteStatement messages_;
  SqliteStatement events_;
  SqliteStatement removed_;
};

}  // namespace strandbus::detail
