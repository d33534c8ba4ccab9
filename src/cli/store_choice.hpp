#pragma once

#include "cli/process_environment.hpp"
#include "strandbus/store/sqlite_store.hpp"

#include <memory>
#include <string>

namespace strandbus::cli {

/// The store that is used where none is named: a file below the user's home.
///
/// Errors: throws UsageError if there is no home.
std::string default_store(const ProcessEnvironment& environment);

/// A store in which to look sessions up.
struct StoreChoice {
  std::string path{};  ///< empty = none was named, and there is no home
  bool named = false;  ///< on the command line
};

/// What --store says, or the default store.
StoreChoice choose_store(const std::string& named, const ProcessEnvironment& environment);

/// Opens a store that exists. Null if it is the default one and nothing was ever kept there.
///
/// Errors: throws UsageError for a named one that is not there, and for one that cannot be opened.
std::shared_ptr<SqliteStore> open_existing_store(const StoreChoice& choice);

}  // namespace strandbus::cli
