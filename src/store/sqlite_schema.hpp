#pragma once

#include "store/sqlite_database.hpp"
#include "strandbus/store/event_store.hpp"

#include <optional>
#include <string>

namespace strandbus::detail {

/// Brings the database up to the present schema, step by step, or makes it in an empty one.
///
/// Errors: Errc::invalid_file for a database of another program, or of a newer version; throws
///         SqliteFailure.
std::optional<StoreError> migrate(SqliteDatabase& database, const std::string& path);

}  // namespace strandbus::detail
