#include "store/sqlite_database.hpp"

#include <boost/system/error_code.hpp>

#include <cerrno>

namespace strandbus::detail {
namespace {

constexpr int patience_ms = 30'000;

std::string words_of(sqlite3* connection, int code, int system_code) {
  std::string text = connection ? sqlite3_errmsg(connection) : sqlite3_errstr(code);
  if (system_code != 0)
    text += " (" +
            boost::system::error_code(system_code, boost::system::system_category()).message() +
            ")";
  return text;
}

}  // namespace

SqliteDatabase::SqliteDatabase(const std::string& path) {
  // A name that begins with a colon or "file:" would be no path.
  const std::string name = path.starts_with('/') ? path : "./" + path;
  sqlite3* connection = nullptr;
  const int code =
      sqlite3_open_v2(name.c_str(), &connection,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  connection_.reset(connection);
  if (code != SQLITE_OK) fail(code);
  sqlite3_busy_timeout(connection, patience_ms);
  // The file may come from anyone: its schema runs nothing.
  sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(connection, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  run("PRAGMA cell_size_check=ON");
}

void SqliteDatabase::run(const char* sql) {
  errno = 0;
  const int code = sqlite3_exec(get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

std::int64_t SqliteDatabase::number(const char* sql) {
  SqliteStatement statement(*this, sql);
  SqliteQuery query(statement);
  return query.step() ? query.integer(0) : 0;
}

void SqliteDatabase::fail(int code) const {
  const int last_error = errno;
  const int primary = code & 0xff;
  const bool of_system =
      primary == SQLITE_IOERR || primary == SQLITE_FULL || primary == SQLITE_CANTOPEN;
  int system_code = of_system && get() ? sqlite3_system_errno(get()) : 0;
  // SQLite 3.40 does not note it for a COMMIT.
  if (of_system && system_code == 0) system_code = last_error;
  throw SqliteFailure(code, system_code, words_of(get(), code, system_code));
}

SqliteStatement::SqliteStatement(const SqliteDatabase& database, std::string_view sql)
    : database_(database) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(database.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  statement_.reset(statement);
  if (code != SQLITE_OK) database.fail(code);
}

SqliteQuery::~SqliteQuery() {
  sqlite3_reset(get());
  sqlite3_clear_bindings(get());
}

SqliteQuery& SqliteQuery::bind(int parameter, std::int64_t value) {
  check(sqlite3_bind_int64(get(), parameter, value));
  return *this;
}

SqliteQuery& SqliteQuery::bind_text(int parameter, std::string_view text) {
  check(
      sqlite3_bind_text64(get(), parameter, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8));
  return *this;
}

SqliteQuery& SqliteQuery::bind_blob(int parameter, std::string_view bytes) {
  check(sqlite3_bind_blob64(get(), parameter, bytes.data(), bytes.size(), SQLITE_STATIC));
  return *this;
}

bool SqliteQuery::step() {
  errno = 0;
  const int code = sqlite3_step(get());
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) of_.database_.fail(code);
  return false;
}

std::int64_t SqliteQuery::integer(int column) const noexcept {
  return sqlite3_column_int64(get(), column);
}

std::string_view SqliteQuery::bytes(int column) const noexcept {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(get(), column));
  const int size = sqlite3_column_bytes(get(), column);
  return data ? std::string_view(data, static_cast<std::size_t>(size)) : std::string_view();
}

void SqliteQuery::check(int code) const {
  if (code != SQLITE_OK) of_.database_.fail(code);
}

SqliteSavepoint::SqliteSavepoint(SqliteDatabase& database) : database_(&database) {
  database.run("SAVEPOINT part");
}

SqliteSavepoint::~SqliteSavepoint() {
  if (!database_) return;
  sqlite3_exec(database_->get(), "ROLLBACK TO part", nullptr, nullptr, nullptr);
  sqlite3_exec(database_->get(), "RELEASE part", nullptr, nullptr, nullptr);
}

void SqliteSavepoint::keep() {
  database_->run("RELEASE part");
  database_ = nullptr;
}

SqliteTransaction::SqliteTransaction(SqliteDatabase& database, Kind kind) : database_(&database) {
  database.run(kind == Kind::write ? "BEGIN IMMEDIATE" : "BEGIN");
}

SqliteTransaction::~SqliteTransaction() {
  // SQLite may have rolled it back itself; then this does nothing.
  if (database_) sqlite3_exec(database_->get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void SqliteTransaction::commit() {
  database_->run("COMMIT");
  database_ = nullptr;
}

}  // namespace strandbus::detail
