#pragma once

#include "strandbus/log.hpp"
#include "strandbus/store/event_store.hpp"

#include <memory>
#include <string>

namespace strandbus {

struct SessionDirectoryOptions {
  StoreDurability durability = StoreDurability::process;
  /// Receives what only an operator wants to know.
  Logger logger{};
};

/// Sessions as files in one directory, `<id>.jsonl` in the format of session_file.hpp: readable by
/// people, by SessionReader and by the program (`strandbus run --continue FILE`). Files that
/// JsonlStore has written are sessions too; their names are their ids.
///
/// Slower than SqliteStore, and weaker in three ways:
///  - a line has no checksum: one that is no JSON, is missing or has the wrong seq is found and
///    reported with its number, a changed letter in a text is not;
///  - when the process is killed inside of a write, some whole events of an append may stay that
///    nobody was told of;
///  - a session with a damaged line can be read, but not be opened to go on.
///
/// Events are JSON objects in the native form whose "seq" is theirs, without line breaks, of less
/// than 64 MiB: others are refused with Errc::invalid_event. The first read of a session reads the
/// whole file; what is found is remembered.
///
/// Errors of opening: the system's.
///
/// Lifetime: destroying it writes what it was given and completes it.
class SessionDirectory final : public EventStore {
 public:
  /// Opens the directory, or makes it, for its owner only.
  static StoreResult<std::shared_ptr<SessionDirectory>> open(const std::string& path,
                                                             SessionDirectoryOptions options);
  ~SessionDirectory() override;

  using EventStore::create;
  StoreDurability durability() const noexcept override;
  StoreResult<std::unique_ptr<SessionWriter>> create(
      const SessionMetadata& metadata, std::span<const StoredMessage> before) override;
  StoreResult<SessionSummary> fork(const std::string& origin, std::uint64_t at,
                                   const SessionMetadata& metadata) override;
  StoreResult<std::unique_ptr<SessionWriter>> open(const std::string& session_id) override;
  StoreResult<SessionSummary> find(const std::string& session_id) const override;
  StoreResult<std::vector<SessionSummary>> list(std::size_t limit) const override;
  StoreResult<std::vector<StoredMessage>> messages_before(
      const std::string& session_id) const override;
  StoreResult<std::vector<StoredEvent>> read(
      const std::string& session_id, std::uint64_t after, std::size_t limit,
      std::size_t max_bytes = default_read_bytes) const override;
  StoreResult<void> remove(const std::string& session_id) override;
  StoreResult<std::size_t> prune(Timestamp before) override;
  std::optional<StoreError> failure() const override;

 private:
  class Impl;
  explicit SessionDirectory(std::shared_ptr<Impl> impl) noexcept;

  std::shared_ptr<Impl> impl_;
};

}  // namespace strandbus
