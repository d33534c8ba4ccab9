#pragma once

#include "store/group_commit.hpp"
#include "store/sqlite_database.hpp"
#include "store/sqlite_session.hpp"

#include <string>
#include <vector>

namespace strandbus::detail {

/// The one connection that writes: a batch is a transaction.
///
/// Threads: that of the group commit.
class SqliteCommits final : public CommitTarget {
 public:
  /// Throws SqliteFailure.
  SqliteCommits(const std::string& path, StoreDurability durability);

  void write(std::vector<CommitWork>& batch) override;
  void tidy() override;
  void failed() noexcept override;

  /// For tasks.
  SqliteDatabase& database() noexcept { return database_; }

 private:
  void write_append(const CommitAppend& append);
  void write_counts(SqliteSession& session);

  SqliteDatabase database_;
  SqliteStatement insert_event_;
  SqliteStatement update_counts_;
  int wal_pages_ = 0;                    ///< in the log when the last commit was done
  std::vector<SqliteSession*> touched_;  ///< by the transaction under way
};

}  // namespace strandbus::detail
