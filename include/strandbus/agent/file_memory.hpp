#pragma once

#include "strandbus/agent/memory.hpp"
#include "strandbus/agent/workspace.hpp"

#include <cstddef>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus {

struct FileMemoryOptions {
  /// What memory_written calls it.
  std::string name{"memory"};
  /// Of one text.
  std::size_t max_text_bytes = std::size_t{64} * 1024;
  /// Keys. Processes that store at the same time may each go one beyond.
  std::size_t max_entries = 1000;
  Durability durability = Durability::cached;
};

/// A memory in a directory: one file for each key, the key with ".md" behind it, which people may
/// read and edit too.
///
/// A text takes the place of the one before in one step, so several processes may use the directory
/// at once: the last one who stores wins, and nobody reads half of a text. Nothing outside of the
/// directory is read or changed, whatever links are in it. Other files in it are left alone.
///
/// Threads: any thread; a call blocks for as long as the file system does.
class FileMemory final : public Memory {
 public:
  /// Opens the directory, and makes it where it is missing: for its owner alone.
  ///
  /// Errors: throws std::invalid_argument for an option that cannot be; system_error or
  ///         std::filesystem::filesystem_error, which name the path.
  explicit FileMemory(const std::filesystem::path& directory, FileMemoryOptions options = {});

  const std::string& name() const noexcept override { return options_.name; }
  MemoryResult<void> store(std::string_view key, std::string_view text) override;
  MemoryResult<std::string> read(std::string_view key) const override;
  MemoryResult<std::vector<MemoryEntry>> list() const override;
  MemoryResult<void> remove(std::string_view key) override;

 private:
  MemoryResult<std::vector<std::string>> keys() const;

  const FileMemoryOptions options_;
  const Workspace directory_;
  std::mutex storing_;  ///< from counting the keys until there is one more
};

}  // namespace strandbus
