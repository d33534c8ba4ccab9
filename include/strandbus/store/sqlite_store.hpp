#pragma once

#include "strandbus/log.hpp"
#include "strandbus/store/event_store.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace strandbus {

struct SqliteStoreOptions {
  StoreDurability durability = StoreDurability::process;
  /// Events of all sessions that one commit takes at most. At least 1.
  std::size_t max_batch = 2048;
  /// Receives what only an operator wants to know.
  Logger logger{};
};

/// Sessions in one SQLite database (WAL), which several processes may have open at the same time:
/// each session has one writer, whichever process it is in.
///
/// A thread of its own commits whatever has come since its last commit, so that many sessions share
/// the cost of a sync.
///
/// Errors of opening: the system's; Errc::invalid_file for a file that is no database, one of
/// another program, one that a newer version has made, one that is damaged.
///
/// Lifetime: destroying it writes what it was given, completes it and closes the file.
/// Source:   https://www.sqlite.org/wal.html
class SqliteStore final : public EventStore {
 public:
  /// Opens the database, or makes it, readable by its owner only.
  static StoreResult<std::shared_ptr<SqliteStore>> open(const std::string& path,
                                                        SqliteStoreOptions options);
  ~SqliteStore() override;

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
  explicit SqliteStore(std::shared_ptr<Impl> impl) noexcept;

  std::shared_ptr<Impl> impl_;
};

}  // namespace strandbus
