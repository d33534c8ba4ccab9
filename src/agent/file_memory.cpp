#include "strandbus/agent/file_memory.hpp"

#include "strandbus/event/json_codec.hpp"

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <sys/stat.h>
#include <utility>

namespace strandbus {
namespace {

constexpr std::string_view suffix = ".md";
constexpr mode_t directory_mode = 0700;
constexpr std::size_t shown_key_bytes = 2 * max_memory_key_bytes;

FileMemoryOptions checked(FileMemoryOptions options) {
  const auto refuse = [](std::string_view field, std::string_view problem) {
    throw std::invalid_argument("FileMemoryOptions::" + std::string(field) + ' ' +
                                std::string(problem));
  };
  if (options.name.empty()) refuse("name", "is empty; it must name the store");
  if (options.max_text_bytes == 0) refuse("max_text_bytes", "is 0; it must be at least 1");
  if (options.max_entries == 0) refuse("max_entries", "is 0; it must be at least 1");
  return options;
}

const std::filesystem::path& made(const std::filesystem::path& directory) {
  if (std::filesystem::is_directory(directory)) return directory;
  if (directory.has_parent_path()) std::filesystem::create_directories(directory.parent_path());
  // Another process may have been faster.
  if (::mkdir(directory.c_str(), directory_mode) != 0 && errno != EEXIST) {
    throw system_error(error_code(errno, boost::system::system_category()),
                       "cannot make the directory " + directory.string());
  }
  return directory;
}

std::string in_quotes(std::string_view key) {
  std::string text;
  append_json_string(text, key);
  return text;
}

MemoryError bad_key(std::string_view key) {
  const std::string shown = repair_utf8(key.substr(0, shown_key_bytes));
  return {MemoryFault::bad_key,
          in_quotes(shown) +
              " is no key: 1 to 100 letters, digits, dots, dashes and underscores are "
              "allowed, and the first is a letter or a digit"};
}

std::string file_of(std::string_view key) { return std::string(key) + std::string(suffix); }

/// What an access to the file of a key was refused for.
MemoryError error_of(std::string_view key, const WorkspaceError& error) {
  if (error.fault == PathFault::not_found)
    return {MemoryFault::not_found, "there is nothing under the key " + in_quotes(key)};
  const bool denied = error_code_of(error.fault) == ErrorCode::E_PERMISSIONS;
  return {denied ? MemoryFault::denied : MemoryFault::failed,
          "the memory fails at the key " + in_quotes(key) + ": " + error.message};
}

MemoryError too_large(std::string_view text, std::size_t limit) {
  return {MemoryFault::too_large, "the text has " + std::to_string(text.size()) +
                                      " bytes; at most " + std::to_string(limit) +
                                      " are allowed: shorten it, or split it over several keys"};
}

}  // namespace

FileMemory::FileMemory(const std::filesystem::path& directory, FileMemoryOptions options)
    : options_(checked(std::move(options))),
      directory_(made(directory), {.protected_names = {}, .durability = options_.durability}) {}

MemoryResult<void> FileMemory::store(std::string_view key, std::string_view text) {
  if (!is_memory_key(key)) return bad_key(key);
  if (text.empty())
    return MemoryError(MemoryFault::bad_text, "the text is empty; remove the key instead");
  if (text.size() > options_.max_text_bytes) return too_large(text, options_.max_text_bytes);

  const std::string file = file_of(key);
  const std::lock_guard lock(storing_);
  const auto present = directory_.stat(file);
  if (!present && present.error().fault == PathFault::not_found) {
    const auto others = keys();
    if (!others) return others.error();
    if (others->size() >= options_.max_entries) {
      return MemoryError(MemoryFault::full, "the memory has " + std::to_string(others->size()) +
                                                " keys, and no more are allowed; remove one first");
    }
  }
  const auto written = directory_.write(file, text);
  if (!written) return error_of(key, written.error());
  return {};
}

MemoryResult<std::string> FileMemory::read(std::string_view key) const {
  if (!is_memory_key(key)) return bad_key(key);
  auto content = directory_.read(file_of(key), options_.max_text_bytes);
  if (content) return repair_utf8(content->bytes);
  if (content.error().fault != PathFault::too_large) return error_of(key, content.error());
  return MemoryError(MemoryFault::too_large,
                     "the text under the key " + in_quotes(key) + " has more than " +
                         std::to_string(options_.max_text_bytes) +
                         " bytes, which is not read; somebody else has written it");
}

MemoryResult<std::vector<MemoryEntry>> FileMemory::list() const {
  const auto found = keys();
  if (!found) return found.error();
  std::vector<MemoryEntry> entries;
  for (const std::string& key : *found) {
    const auto info = directory_.stat(file_of(key));
    // What has been removed meanwhile, or is no file, is not there.
    if (info && info->kind == FileKind::file) entries.push_back({key, info->size});
  }
  return entries;
}

MemoryResult<void> FileMemory::remove(std::string_view key) {
  if (!is_memory_key(key)) return bad_key(key);
  const auto removed = directory_.remove(file_of(key));
  if (!removed) return error_of(key, removed.error());
  return {};
}

/// Sorted. Names of files that no key can have are somebody else's.
MemoryResult<std::vector<std::string>> FileMemory::keys() const {
  const auto listing = directory_.list(".");
  if (!listing) {
    const bool denied = error_code_of(listing.error().fault) == ErrorCode::E_PERMISSIONS;
    return MemoryError(denied ? MemoryFault::denied : MemoryFault::failed,
                       "the memory cannot be listed: " + listing.error().message);
  }
  std::vector<std::string> found;
  for (const ListedFile& file : listing->entries) {
    if (!file.path.ends_with(suffix)) continue;
    std::string key = file.path.substr(0, file.path.size() - suffix.size());
    if (is_memory_key(key)) found.push_back(std::move(key));
  }
  std::ranges::sort(found);
  return found;
}

}  // namespace strandbus
