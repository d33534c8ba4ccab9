#pragma once

#include "store/append_completion.hpp"
#include "store/sqlite_database.hpp"
#include "store/sqlite_session.hpp"
#include "strandbus/store/sqlite_store.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

namespace strandbus::detail {

/// The one connection that writes, and its thread: it takes whatever has come since its last
/// commit, writes it in one transaction and tells everybody.
///
/// The first failure is final: what it took and everything after it gets Errc::store_failed.
///
/// Threads:  any thread.
/// Lifetime: its thread holds it until stop().
class SqliteCommits : public std::enable_shared_from_this<SqliteCommits> {
 public:
  /// Something else to write than events. It runs in the transaction; when it refuses, it has
  /// written nothing.
  using Task = std::function<std::optional<StoreError>(SqliteDatabase&)>;

  /// Throws SqliteFailure.
  SqliteCommits(std::string path, const SqliteStoreOptions& options);
  SqliteCommits(const SqliteCommits&) = delete;
  SqliteCommits& operator=(const SqliteCommits&) = delete;

  void start();
  /// Writes what was given until now and ends the thread.
  void stop();

  void append(std::shared_ptr<SqliteSession> session, std::vector<StoredEvent> events,
              AppendCompletion completion);
  /// Waits until the task is durable; what it refuses with otherwise.
  std::optional<StoreError> run(const Task& task);
  /// Waits until what was given before is over.
  void flush();

  std::optional<StoreError> failure() const;

 private:
  struct Append {
    std::shared_ptr<SqliteSession> session;
    std::vector<StoredEvent> events;
    AppendCompletion completion;
  };
  struct Errand {
    const Task* task;
    std::promise<std::optional<StoreError>> done{};
    std::optional<StoreError> refusal{};
  };
  using Work = std::variant<Append, Errand>;
  using Batch = std::vector<Work>;

  void loop();
  bool take(Batch& batch);
  bool commit(Batch& batch);
  void write(Batch& batch);
  void write_append(const Append& append);
  void write_counts(SqliteSession& session);
  void checkpoint();
  bool has_failed() const noexcept { return failed_.load(std::memory_order_acquire); }
  void fail(const char* why);
  void give(Work work);
  static void finish(Batch& batch);
  void refuse(Batch& batch);

  const std::string path_;
  const std::size_t max_batch_;
  const Logger logger_;
  SqliteDatabase database_;
  SqliteStatement insert_event_;
  SqliteStatement update_counts_;
  int wal_pages_ = 0;                    ///< in the log when the last commit was done
  std::vector<SqliteSession*> touched_;  ///< by the transaction under way

  std::atomic<bool> failed_{false};
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable given_;
  std::deque<Work> queue_;
  bool stopping_ = false;
  std::optional<StoreError> failure_;

  std::thread thread_;
};

}  // namespace strandbus::detail
