#include "cli/store_choice.hpp"

#include "cli/usage_error.hpp"

#include <filesystem>
#include <utility>

namespace strandbus::cli {
namespace {

/// Where the sessions of this user are kept; empty if there is no home.
std::filesystem::path state_directory(const ProcessEnvironment& environment) {
  if (const auto state = environment.get("XDG_STATE_HOME"); state && !state->empty())
    return std::filesystem::path(*state) / "strandbus";
  if (const auto home = environment.get("HOME"); home && !home->empty())
    return std::filesystem::path(*home) / ".local/state/strandbus";
  return {};
}

}  // namespace

std::string default_store(const ProcessEnvironment& environment) {
  const std::filesystem::path directory = state_directory(environment);
  if (directory.empty())
    throw UsageError("there is no HOME to keep sessions in: name a file with --store");
  return (directory / "sessions.db").native();
}

StoreChoice choose_store(const std::string& named, const ProcessEnvironment& environment) {
  if (!named.empty()) return {named, true};
  const std::filesystem::path directory = state_directory(environment);
  return {directory.empty() ? std::string() : (directory / "sessions.db").native(), false};
}

std::shared_ptr<SqliteStore> open_existing_store(const StoreChoice& choice) {
  // Opening would make it: looking something up must not.
  std::error_code failure;
  const bool there = !choice.path.empty() && std::filesystem::exists(choice.path, failure);
  if (!there && choice.named)
    throw UsageError("--store: there is no store " + choice.path +
                     "; strandbus serve --store makes one");
  if (!there) return nullptr;
  auto store = SqliteStore::open(choice.path, {});
  if (!store) throw UsageError(store.error().message);
  return *std::move(store);
}

}  // namespace strandbus::cli
