#pragma once

#include "store/sqlite_database.hpp"
#include "strandbus/store/event_store.hpp"

#include <optional>
#include <string>

namespace strandbus::detail {

/// Why this database cannot be ours: Errc::invalid_file for one of another program, or of a newer
/// version. Changes nothing. Throws SqliteFailure.
std::optional<StoreError> check_version(SqliteDatabase& database, const std::string& path);

/// Brings the database up to the present schema, step by step, or makes it in an empty one.
///
/// Errors: as check_version.
std::optional<StoreError> migrate(SqliteDatabase& database, const std::string& path);

}  // namespace strandbus::detail
