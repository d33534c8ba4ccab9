#include "store/sqlite_commits.hpp"

#include "store/store_error.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr int checkpoint_pages = 1000;

std::int64_t now_after(std::int64_t earlier) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::max(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count(), earlier + 1);
}

int note_pages(void* pages, sqlite3*, const char*, int in_log) {
  *static_cast<int*>(pages) = in_log;
  return SQLITE_OK;
}

}  // namespace

SqliteCommits::SqliteCommits(std::string path, const SqliteStoreOptions& options)
    : path_(std::move(path)),
      max_batch_(options.max_batch),
      logger_(options.logger),
      database_(path_),
      insert_event_(database_, "INSERT INTO events(key, crc, json) VALUES(?, ?, ?)"),
      update_counts_(database_,
                     "UPDATE sessions SET first_seq=?, last_seq=?, bytes=?, updated_at=?, crc=? "
                     "WHERE row=?") {
  database_.run(options.durability == StoreDurability::power ? "PRAGMA synchronous=FULL"
                                                             : "PRAGMA synchronous=NORMAL");
  // Instead of SQLite's own checkpoints, whose failures nobody would hear of.
  sqlite3_wal_hook(database_.get(), note_pages, &wal_pages_);
}

void SqliteCommits::start() {
  thread_ = std::thread([self = shared_from_this()] { self->loop(); });
}

void SqliteCommits::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  given_.notify_one();
  // A handler that runs on our thread may have been the last to hold the store.
  if (std::this_thread::get_id() == thread_.get_id()) {
    thread_.detach();
  } else {
    thread_.join();
  }
}

void SqliteCommits::append(std::shared_ptr<SqliteSession> session, std::vector<StoredEvent> events,
                           AppendCompletion completion) {
  give(Append{std::move(session), std::move(events), std::move(completion)});
}

std::optional<StoreError> SqliteCommits::run(const Task& task) {
  Errand errand{&task};
  auto done = errand.done.get_future();
  give(std::move(errand));
  return done.get();
}

void SqliteCommits::flush() {
  static_cast<void>(run([](SqliteDatabase&) { return std::nullopt; }));
}

std::optional<StoreError> SqliteCommits::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

void SqliteCommits::give(Work work) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(work));
  }
  given_.notify_one();
}

void SqliteCommits::loop() {
  for (Batch batch; take(batch); batch.clear()) {
    if (has_failed() || !commit(batch)) {
      refuse(batch);
      continue;
    }
    finish(batch);
    if (wal_pages_ >= checkpoint_pages) checkpoint();
  }
}

/// Waits for something to write; false when there is nothing and will be nothing.
bool SqliteCommits::take(Batch& batch) {
  std::unique_lock lock(mutex_);
  given_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
  for (std::size_t events = 0; !queue_.empty();) {
    const auto* append = std::get_if<Append>(&queue_.front());
    events += append ? append->events.size() : 1;
    if (!batch.empty() && events > max_batch_) break;
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return !batch.empty();
}

/// False when it has failed, for ever.
bool SqliteCommits::commit(Batch& batch) {
  try {
    write(batch);
    return true;
  } catch (const std::exception& error) {
    fail(error.what());
    return false;
  }
}

void SqliteCommits::write(Batch& batch) {
  touched_.clear();
  SqliteTransaction transaction(database_, SqliteTransaction::Kind::write);
  for (Work& work : batch) {
    if (const auto* append = std::get_if<Append>(&work)) {
      write_append(*append);
    } else {
      auto& errand = std::get<Errand>(work);
      errand.refusal = (*errand.task)(database_);
    }
  }
  for (SqliteSession* session : touched_) write_counts(*session);
  transaction.commit();
}

void SqliteCommits::write_append(const Append& append) {
  SqliteSession& session = *append.session;
  SessionCounts& counts = session.counts;
  for (const StoredEvent& event : append.events) {
    SqliteQuery(insert_event_)
        .bind(1, event_key(session.row, event.seq))
        .bind(2, record_checksum(session.id, {event.seq}, *event.json))
        .bind_blob(3, *event.json)
        .run();
    if (counts.first_seq == 0) counts.first_seq = event.seq;
    counts.last_seq = event.seq;
    counts.bytes += event.json->size();
  }
  if (append.events.empty() || session.touched) return;
  session.touched = true;
  touched_.push_back(&session);
}

void SqliteCommits::write_counts(SqliteSession& session) {
  session.touched = false;
  SessionCounts& counts = session.counts;
  counts.updated_at = now_after(counts.updated_at);
  SqliteQuery(update_counts_)
      .bind(1, static_cast<std::int64_t>(counts.first_seq))
      .bind(2, static_cast<std::int64_t>(counts.last_seq))
      .bind(3, static_cast<std::int64_t>(counts.bytes))
      .bind(4, counts.updated_at)
      .bind(5, checksum_of(session.id, session.row, counts))
      .bind(6, session.row)
      .run();
  // The row was there when the session was opened, and nobody else may take it away.
  if (database_.changes() != 1)
    throw std::runtime_error("the row of session " + session.id + " is gone");
}

/// Brings the log into the database, after those who wait were told.
void SqliteCommits::checkpoint() {
  wal_pages_ = 0;
  const int code = sqlite3_wal_checkpoint_v2(database_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE,
                                             nullptr, nullptr);
  // Somebody reads what the log still holds, or does this himself: the next time, then.
  if (code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY) return;
  try {
    database_.fail(code);
  } catch (const std::exception& error) {
    fail(error.what());
  }
}

void SqliteCommits::fail(const char* why) {
  StoreError failure{make_error_code(Errc::store_failed),
                     "cannot write to the store " + path_ + ": " + why};
  // What a failed sync has left in memory only must not be copied on as if it were on the disk.
  sqlite3_db_config(database_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  logger_.log(LogLevel::error, failure.message);
  {
    const std::lock_guard lock(mutex_);
    failure_ = std::move(failure);
  }
  failed_.store(true, std::memory_order_release);
}

void SqliteCommits::finish(Batch& batch) {
  for (Work& work : batch) {
    if (auto* append = std::get_if<Append>(&work)) {
      if (!append->events.empty())
        append->session->last_seq.store(append->events.back().seq, std::memory_order_release);
      append->session.reset();  // so that who hears of it can open the session
      std::move(append->completion).post({});
    } else {
      auto& errand = std::get<Errand>(work);
      errand.done.set_value(std::move(errand.refusal));
    }
  }
}

void SqliteCommits::refuse(Batch& batch) {
  const StoreError error = failed_store(*failure());
  for (Work& work : batch) {
    if (auto* append = std::get_if<Append>(&work)) {
      append->session.reset();
      std::move(append->completion).post(error.code);
    } else {
      std::get<Errand>(work).done.set_value(error);
    }
  }
}

}  // namespace strandbus::detail
