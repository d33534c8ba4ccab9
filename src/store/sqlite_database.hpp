#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// What SQLite said, with the system's words where it has any. Thrown by everything here and caught
/// at the edge of the store.
class SqliteFailure : public std::runtime_error {
 public:
  SqliteFailure(int code, int system_code, const std::string& text)
      : std::runtime_error(text), code_(code), system_code_(system_code) {}

  /// The primary result code, SQLITE_FULL for example.
  int code() const noexcept { return code_ & 0xff; }
  /// errno; 0 = none
  int system_code() const noexcept { return system_code_; }

 private:
  int code_;
  int system_code_;
};

/// One connection.
///
/// Threads: distinct objects.
class SqliteDatabase {
 public:
  /// Opens a file that exists. Waits up to half a minute for another process that writes.
  explicit SqliteDatabase(const std::string& path);

  /// Runs statements that give no rows that anybody wants.
  void run(const char* sql);
  /// The first column of the first row.
  std::int64_t number(const char* sql);
  /// Throws what the last call has failed with; errno was 0 before it.
  [[noreturn]] void fail(int code) const;

  /// How many rows the last statement has changed.
  std::int64_t changes() const noexcept { return sqlite3_changes64(get()); }
  sqlite3* get() const noexcept { return connection_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* connection) const noexcept { sqlite3_close_v2(connection); }
  };
  std::unique_ptr<sqlite3, Close> connection_;
};

/// A statement that is prepared once and run often, through SqliteQuery. Not longer than its
/// connection.
class SqliteStatement {
 public:
  SqliteStatement(const SqliteDatabase& database, std::string_view sql);

 private:
  friend class SqliteQuery;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
  };
  const SqliteDatabase& database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// One run of a statement; afterwards the statement is as it was. What is bound is not copied.
class SqliteQuery {
 public:
  explicit SqliteQuery(SqliteStatement& statement) noexcept : of_(statement) {}
  SqliteQuery(const SqliteQuery&) = delete;
  SqliteQuery& operator=(const SqliteQuery&) = delete;
  ~SqliteQuery();

  /// Parameters count from 1.
  SqliteQuery& bind(int parameter, std::int64_t value);
  SqliteQuery& bind_text(int parameter, std::string_view text);
  SqliteQuery& bind_blob(int parameter, std::string_view bytes);

  /// Whether there is another row.
  bool step();
  void run() { step(); }

  /// Columns count from 0.
  std::int64_t integer(int column) const noexcept;
  /// Valid until the next step.
  std::string_view bytes(int column) const noexcept;

 private:
  void check(int code) const;
  sqlite3_stmt* get() const noexcept { return of_.statement_.get(); }

  SqliteStatement& of_;
};

/// A part of a transaction that is taken back unless it was kept.
class SqliteSavepoint {
 public:
  explicit SqliteSavepoint(SqliteDatabase& database);
  SqliteSavepoint(const SqliteSavepoint&) = delete;
  SqliteSavepoint& operator=(const SqliteSavepoint&) = delete;
  ~SqliteSavepoint();

  void keep();

 private:
  SqliteDatabase* database_;  ///< null once it is over
};

/// A transaction that is rolled back unless it was committed.
class SqliteTransaction {
 public:
  enum class Kind { read, write };

  SqliteTransaction(SqliteDatabase& database, Kind kind);
  SqliteTransaction(const SqliteTransaction&) = delete;
  SqliteTransaction& operator=(const SqliteTransaction&) = delete;
  ~SqliteTransaction();

  void commit();

 private:
  SqliteDatabase* database_;  ///< null once it is over
};

}  // namespace strandbus::detail
