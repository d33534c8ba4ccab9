#include "store/sqlite_schema.hpp"

#include <array>

namespace strandbus::detail {
namespace {

constexpr std::int64_t application_id = 0x73746275;  // "stbu"

/// What brings a database from one version to the next. A step that was released never changes.
constexpr std::array migrations{
    // 1. Rows of sessions are never given again: the key of an event is row << 40 | seq, and a
    // writer locks the byte of that number. What `removed` names has no session any more, and its
    // events go piece by piece.
    R"(CREATE TABLE sessions(
         row INTEGER PRIMARY KEY AUTOINCREMENT,
         id TEXT NOT NULL UNIQUE,
         metadata_crc INTEGER NOT NULL,
         metadata BLOB NOT NULL,
         messages INTEGER NOT NULL,
         first_seq INTEGER NOT NULL,
         last_seq INTEGER NOT NULL,
         bytes INTEGER NOT NULL,
         updated_at INTEGER NOT NULL,
         crc INTEGER NOT NULL) STRICT;
       CREATE INDEX sessions_by_update ON sessions(updated_at);
       CREATE TABLE messages(key INTEGER PRIMARY KEY, crc INTEGER NOT NULL, json BLOB NOT NULL) STRICT;
       CREATE TABLE events(key INTEGER PRIMARY KEY, crc INTEGER NOT NULL, json BLOB NOT NULL) STRICT;
       CREATE TABLE removed(row INTEGER PRIMARY KEY) STRICT;
       PRAGMA application_id=1937007221;
       PRAGMA user_version=1)",
};
constexpr auto newest_version = static_cast<std::int64_t>(migrations.size());
static_assert(application_id == 1937007221);

StoreError refused(const std::string& path, const std::string& why) {
  return {make_error_code(Errc::invalid_file), "cannot open the store " + path + ": " + why};
}

}  // namespace

std::optional<StoreError> check_version(SqliteDatabase& database, const std::string& path) {
  const std::int64_t application = database.number("PRAGMA application_id");
  const std::int64_t version = database.number("PRAGMA user_version");
  const std::int64_t tables = database.number("SELECT count(*) FROM sqlite_schema");
  const bool is_new = application == 0 && version == 0 && tables == 0;
  if (!is_new && application != application_id)
    return refused(path, "it is the database of another program; name another file");
  if (version >= 0 && version <= newest_version) return std::nullopt;
  return refused(path, "a newer version has made it (schema " + std::to_string(version) +
                           ", this one knows up to " + std::to_string(newest_version) +
                           "); use that version, or another file");
}

std::optional<StoreError> migrate(SqliteDatabase& database, const std::string& path) {
  if (database.number("PRAGMA user_version") == newest_version) return std::nullopt;
  SqliteTransaction transaction(database, SqliteTransaction::Kind::write);
  if (auto error = check_version(database, path)) return error;
  const std::int64_t version = database.number("PRAGMA user_version");
  for (std::int64_t step = version; step < newest_version; ++step)
    database.run(migrations[static_cast<std::size_t>(step)]);
  transaction.commit();
  return std::nullopt;
}

}  // namespace strandbus::detail
