#pragma once

#include "store/append_completion.hpp"
#include "strandbus/log.hpp"
#include "strandbus/store/event_store.hpp"

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

/// A session that has a writer: held by the writer and by what it has under way. Destroying it lets
/// the session go.
struct WrittenSession {
  WrittenSession() = default;
  WrittenSession(const WrittenSession&) = delete;
  WrittenSession& operator=(const WrittenSession&) = delete;
  virtual ~WrittenSession() = default;

  std::string id{};
  std::atomic<std::uint64_t> last_seq{0};  ///< of the newest durable event
};

/// Something else to write than events. When it refuses, it has written nothing; when it throws,
/// the store has failed.
using CommitTask = std::function<std::optional<StoreError>()>;

struct CommitAppend {
  std::shared_ptr<WrittenSession> session;
  std::vector<StoredEvent> events;
  AppendCompletion completion;
};
struct CommitErrand {
  const CommitTask* task;
  std::promise<std::optional<StoreError>> done{};
  std::optional<StoreError> refusal{};

  void run() { refusal = (*task)(); }
};
using CommitWork = std::variant<CommitAppend, CommitErrand>;

/// Where a batch is written to. Its functions are called by the committing thread.
class CommitTarget {
 public:
  CommitTarget() = default;
  CommitTarget(const CommitTarget&) = delete;
  CommitTarget& operator=(const CommitTarget&) = delete;
  virtual ~CommitTarget() = default;

  /// Makes all of it durable, or throws.
  virtual void write(std::vector<CommitWork>& batch) = 0;
  /// What has time until everybody was told.
  virtual void tidy() {}
  /// Nothing more will be written.
  virtual void failed() noexcept {}
};

/// A thread that takes whatever has come since its last commit, writes it at once and tells
/// everybody.
///
/// The first failure is final: what it took and everything after it gets Errc::store_failed.
///
/// Threads:  any thread.
/// Lifetime: its thread holds it until stop().
class GroupCommit : public std::enable_shared_from_this<GroupCommit> {
 public:
  GroupCommit(std::string path, std::size_t max_batch, Logger logger,
              std::unique_ptr<CommitTarget> target);
  GroupCommit(const GroupCommit&) = delete;
  GroupCommit& operator=(const GroupCommit&) = delete;

  void start();
  /// Writes what was given until now and ends the thread.
  void stop();

  void append(CommitAppend append);
  /// Waits until the task is durable; what it refuses with otherwise.
  std::optional<StoreError> run(const CommitTask& task);
  /// Waits until what was given before is over.
  void flush();

  std::optional<StoreError> failure() const;
  /// What everything gets that comes after a failure.
  std::optional<StoreError> refusal() const;

 private:
  using Batch = std::vector<CommitWork>;

  void loop();
  bool take(Batch& batch);
  bool attempt(const std::function<void()>& step);
  void fail(const char* why);
  void give(CommitWork work);
  static void finish(Batch& batch);
  void refuse(Batch& batch) const;

  const std::string path_;
  const std::size_t max_batch_;
  const Logger logger_;
  const std::unique_ptr<CommitTarget> target_;

  bool failed_ = false;       ///< of the committing thread
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable given_;
  std::deque<CommitWork> queue_;
  bool stopping_ = false;
  std::optional<StoreError> failure_;

  std::thread thread_;
};

}  // namespace strandbus::detail
