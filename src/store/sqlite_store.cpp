#include "strandbus/store/sqlite_store.hpp"

#include "store/group_session_writer.hpp"
#include "store/sqlite_commits.hpp"
#include "store/sqlite_reader.hpp"
#include "store/sqlite_rows.hpp"
#include "store/sqlite_schema.hpp"
#include "store/store_error.hpp"

#include <chrono>
#include <fcntl.h>
#include <stdexcept>
#include <sys/stat.h>
#include <utility>

namespace strandbus {
namespace detail {
namespace {

constexpr std::int64_t opening_lock = 0;  // of the byte that is no session's
constexpr std::size_t prune_step = 256;

/// Makes the file if there is none, for its owner only.
std::optional<StoreError> make_file(const std::string& path) {
  constexpr int flags = O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  const FileDescriptor file(::open(path.c_str(), flags | O_CREAT, S_IRUSR | S_IWUSR));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) return system_store_error("open the store", path);
  if (!S_ISREG(status.st_mode))
    return StoreError{make_error_code(Errc::invalid_file),
                      "cannot open the store " + path + ": it is no regular file"};
  return std::nullopt;
}

StoreError cannot_open(const std::string& path, const SqliteFailure& failure) {
  const bool damaged = failure.code() == SQLITE_CORRUPT || failure.code() == SQLITE_NOTADB ||
                       failure.code() == SQLITE_ERROR;
  error_code code = make_error_code(damaged ? Errc::invalid_file : Errc::store_failed);
  if (failure.system_code() != 0)
    code = error_code(failure.system_code(), boost::system::system_category());
  return {code, "cannot open the store " + path + ": " + failure.what()};
}

SessionSummary summary_of(SqliteSessionRow session) {
  SessionSummary summary;
  summary.metadata = std::move(session.metadata);
  summary.first_seq = session.counts.first_seq;
  summary.last_seq = session.counts.last_seq;
  summary.bytes = session.counts.bytes;
  summary.updated_at = Timestamp(std::chrono::nanoseconds(session.counts.updated_at));
  return summary;
}

/// Makes the database ready for its connections.
std::optional<StoreError> prepare(SqliteDatabase& database, const std::string& path) {
  if (auto error = check_version(database, path)) return error;
  SqliteStatement to_wal(database, "PRAGMA journal_mode=WAL");
  const bool done = [&] {
    SqliteQuery query(to_wal);
    return query.step() && query.bytes(0) == "wal";
  }();
  if (!done)
    return StoreError{make_error_code(Errc::store_failed),
                      "cannot open the store " + path +
                          ": this file system cannot share memory (WAL); name a local file"};
  return migrate(database, path);
}

}  // namespace
}  // namespace detail

using detail::GroupCommit;
using detail::GroupSessionWriter;
using detail::SqliteCommits;
using detail::SqliteDatabase;
using detail::SqliteReader;
using detail::SqliteSession;
using detail::SqliteSessionRow;
using detail::WriterLocks;

/// What the store and its writers share.
class SqliteStore::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(const std::string& path, std::shared_ptr<WriterLocks> locks,
       const SqliteStoreOptions& options)
      : path_(path), options_(options), locks_(std::move(locks)), reader_(path) {
    auto target = std::make_unique<SqliteCommits>(path, options.durability);
    database_ = &target->database();
    commits_ =
        std::make_shared<GroupCommit>(path, options.max_batch, options.logger, std::move(target));
    commits_->start();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    commits_->stop();
    if (commits_->failure()) reader_.keep_log();
  }

  const SqliteStoreOptions& options() const noexcept { return options_; }
  SqliteReader& reader() noexcept { return reader_; }
  std::optional<StoreError> failure() const { return commits_->failure(); }

  StoreResult<std::unique_ptr<SessionWriter>> create(const SessionMetadata& metadata,
                                                     std::span<const StoredMessage> before);
  StoreResult<std::unique_ptr<SessionWriter>> open(const std::string& id);
  StoreResult<SessionSummary> fork(const std::string& origin, std::uint64_t at,
                                   SessionMetadata metadata);
  StoreResult<void> remove(const std::string& id);
  StoreResult<std::size_t> prune(Timestamp before);
  /// Finishes what was interrupted.
  std::optional<StoreError> finish_removals();

 private:
  struct Held {
    SqliteSessionRow session{};
    WriterLocks::Lock lock{};
  };

  std::unique_ptr<SessionWriter> writer_of(std::shared_ptr<SqliteSession> session) {
    return std::make_unique<GroupSessionWriter>(shared_from_this(), commits_, std::move(session));
  }
  std::optional<StoreError> give_row(SqliteSession& session);
  StoreResult<WriterLocks::Lock> lock(const std::string& id, std::int64_t row);
  StoreResult<Held> hold(const std::string& id);
  std::optional<StoreError> remove_rest(std::int64_t row);
  std::optional<StoreError> remove_held(const Held& held);
  StoreResult<std::size_t> prune(const std::vector<SqliteSessionRow>& sessions,
                                 std::int64_t before);

  const std::string path_;
  const SqliteStoreOptions options_;
  const std::shared_ptr<WriterLocks> locks_;
  SqliteReader reader_;
  SqliteDatabase* database_;  ///< of the committing thread
  std::shared_ptr<GroupCommit> commits_;
};

StoreResult<std::unique_ptr<SessionWriter>> SqliteStore::Impl::create(
    const SessionMetadata& metadata, std::span<const StoredMessage> before) {
  if (auto error = detail::check_session_id(metadata.session_id)) return *std::move(error);
  auto session = std::make_shared<SqliteSession>();
  session->id = metadata.session_id;
  const auto insert = [&]() -> std::optional<StoreError> {
    if (auto error = give_row(*session)) return error;
    detail::insert_session(*database_, *session, metadata, before);
    return std::nullopt;
  };
  if (auto error = commits_->run(insert)) return *std::move(error);
  return writer_of(std::move(session));
}

/// A row for a new session, which nobody else can write. On the committing thread.
std::optional<StoreError> SqliteStore::Impl::give_row(SqliteSession& session) {
  if (detail::session_is_there(*database_, session.id)) return detail::session_exists(session.id);
  session.row = detail::next_session_row(*database_);
  if (session.row == 0)
    return StoreError{make_error_code(Errc::limit_exceeded),
                      path_ + ": as many sessions were made as there can be; name another file"};
  // Before anybody else can know the row.
  auto lock = locks_->try_lock(session.row);
  if (!lock) return StoreError{lock.error(), path_ + "-writers: " + lock.error().message()};
  session.lock = std::move(*lock);
  return std::nullopt;
}

StoreResult<SessionSummary> SqliteStore::Impl::fork(const std::string& origin, std::uint64_t at,
                                                    SessionMetadata metadata) {
  if (auto error = detail::check_session_id(metadata.session_id)) return *std::move(error);
  if (auto error = commits_->refusal()) return *std::move(error);
  const auto found = reader_.find(origin);
  if (!found) return found.error();
  const SessionSummary summary = detail::summary_of(*found);
  if (!detail::can_fork_at(summary, at)) return detail::no_fork_at(summary, at);
  const auto before = reader_.messages(origin);
  if (!before) return before.error();
  metadata.forked_from = origin;
  metadata.forked_at = at;
  SqliteSession session;
  session.id = metadata.session_id;
  const auto copy = [&]() -> std::optional<StoreError> {
    // Somebody may have removed it since it was found.
    if (!detail::session_is_there(*database_, origin, found->row))
      return detail::unknown_session(origin);
    if (auto error = give_row(session)) return error;
    if (auto error = detail::copy_events(*database_, path_, *found, at, session)) return error;
    detail::insert_session(*database_, session, metadata, *before);
    return std::nullopt;
  };
  if (auto error = commits_->run(copy)) return *std::move(error);
  return detail::summary_of({session.row, std::move(metadata), session.counts});
}

/// The lock of a row, also when only what was given to a writer that is gone still holds it.
StoreResult<WriterLocks::Lock> SqliteStore::Impl::lock(const std::string& id, std::int64_t row) {
  for (bool last_try : {false, true}) {
    auto lock = locks_->try_lock(row);
    if (lock) return std::move(*lock);
    if (lock.error() != boost::system::errc::device_or_resource_busy)
      return StoreError{lock.error(), path_ + "-writers: " + lock.error().message()};
    if (!last_try) commits_->flush();
  }
  return detail::session_in_use(id);
}

/// A session that nobody else writes, and what its row says since.
StoreResult<SqliteStore::Impl::Held> SqliteStore::Impl::hold(const std::string& id) {
  if (auto error = commits_->refusal()) return *std::move(error);
  for (;;) {
    auto found = reader_.find(id);
    if (!found) return std::move(found).error();
    auto lock = this->lock(id, found->row);
    if (!lock) return std::move(lock).error();
    // Before we had the lock it may have been written, or removed and perhaps made anew.
    auto present = reader_.find(id);
    if (!present) return std::move(present).error();
    if (present->row == found->row) return Held{*std::move(present), std::move(*lock)};
  }
}

StoreResult<std::unique_ptr<SessionWriter>> SqliteStore::Impl::open(const std::string& id) {
  auto held = hold(id);
  if (!held) return std::move(held).error();
  auto session = std::make_shared<SqliteSession>();
  session->row = held->session.row;
  session->id = id;
  session->lock = std::move(held->lock);
  session->counts = held->session.counts;
  session->last_seq.store(session->counts.last_seq, std::memory_order_relaxed);
  return writer_of(std::move(session));
}

StoreResult<void> SqliteStore::Impl::remove(const std::string& id) {
  const auto held = hold(id);
  if (!held) return held.error();
  if (auto error = remove_held(*held)) return *std::move(error);
  return {};
}

std::optional<StoreError> SqliteStore::Impl::remove_held(const Held& held) {
  const std::int64_t row = held.session.row;
  const auto begin = [&]() -> std::optional<StoreError> {
    detail::begin_removal(*database_, row);
    return std::nullopt;
  };
  if (auto error = commits_->run(begin)) return error;
  return remove_rest(row);
}

std::optional<StoreError> SqliteStore::Impl::remove_rest(std::int64_t row) {
  bool more = true;
  const auto slice = [&]() -> std::optional<StoreError> {
    more = detail::remove_slice(*database_, row);
    return std::nullopt;
  };
  while (more) {
    if (auto error = commits_->run(slice)) return error;
  }
  return std::nullopt;
}

std::optional<StoreError> SqliteStore::Impl::finish_removals() {
  const auto rows = reader_.removed();
  if (!rows) return rows.error();
  for (const std::int64_t row : *rows) {
    if (auto error = remove_rest(row)) return error;
  }
  return std::nullopt;
}

StoreResult<std::size_t> SqliteStore::Impl::prune(Timestamp before) {
  if (auto error = commits_->refusal()) return *std::move(error);
  const std::int64_t moment = before.time_since_epoch().count();
  std::size_t removed = 0;
  for (std::int64_t row = 0;;) {
    const auto sessions = reader_.old(moment, row, detail::prune_step, options_.logger);
    if (!sessions) return sessions.error();
    if (sessions->empty()) return removed;
    row = sessions->back().row;
    const auto count = prune(*sessions, moment);
    if (!count) return count.error();
    removed += *count;
  }
}

StoreResult<std::size_t> SqliteStore::Impl::prune(const std::vector<SqliteSessionRow>& sessions,
                                                  std::int64_t before) {
  std::size_t removed = 0;
  for (const SqliteSessionRow& session : sessions) {
    auto held = hold(session.metadata.session_id);
    if (!held) {
      if (held.error().code == Errc::store_failed) return held.error();
      continue;  // somebody writes it, or has removed it
    }
    if (held->session.counts.updated_at >= before) continue;
    if (auto error = remove_held(*held)) return *std::move(error);
    ++removed;
  }
  return removed;
}

StoreResult<std::shared_ptr<SqliteStore>> SqliteStore::open(const std::string& path,
                                                            SqliteStoreOptions options) {
  if (options.max_batch == 0)
    throw std::invalid_argument("SqliteStoreOptions: max_batch is 0; it must be at least 1");
  if (auto error = detail::make_file(path)) return *std::move(error);
  const auto locks = WriterLocks::open(path + "-writers");
  if (!locks) return StoreError{locks.error(), path + "-writers: " + locks.error().message()};
  const auto alone = (*locks)->lock(detail::opening_lock);
  if (!alone) return StoreError{alone.error(), path + "-writers: " + alone.error().message()};
  try {
    SqliteDatabase first(path);  // open until the others are: the last to close tidies up
    if (auto error = detail::prepare(first, path)) return *std::move(error);
    auto impl = std::make_shared<Impl>(path, *locks, options);
    if (auto error = impl->finish_removals()) return *std::move(error);
    return std::shared_ptr<SqliteStore>(new SqliteStore(std::move(impl)));
  } catch (const detail::SqliteFailure& failure) {
    return detail::cannot_open(path, failure);
  }
}

SqliteStore::SqliteStore(std::shared_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
SqliteStore::~SqliteStore() = default;

StoreDurability SqliteStore::durability() const noexcept { return impl_->options().durability; }

StoreResult<std::unique_ptr<SessionWriter>> SqliteStore::create(
    const SessionMetadata& metadata, std::span<const StoredMessage> before) {
  return impl_->create(metadata, before);
}

StoreResult<SessionSummary> SqliteStore::fork(const std::string& origin, std::uint64_t at,
                                              const SessionMetadata& metadata) {
  return impl_->fork(origin, at, metadata);
}

StoreResult<std::unique_ptr<SessionWriter>> SqliteStore::open(const std::string& session_id) {
  return impl_->open(session_id);
}

StoreResult<SessionSummary> SqliteStore::find(const std::string& session_id) const {
  auto found = impl_->reader().find(session_id);
  if (!found) return std::move(found).error();
  return detail::summary_of(*std::move(found));
}

StoreResult<std::vector<SessionSummary>> SqliteStore::list(std::size_t limit) const {
  auto found = impl_->reader().list(limit, impl_->options().logger);
  if (!found) return std::move(found).error();
  std::vector<SessionSummary> sessions;
  sessions.reserve(found->size());
  for (SqliteSessionRow& session : *found)
    sessions.push_back(detail::summary_of(std::move(session)));
  return sessions;
}

StoreResult<std::vector<StoredMessage>> SqliteStore::messages_before(
    const std::string& session_id) const {
  return impl_->reader().messages(session_id);
}

StoreResult<std::vector<StoredEvent>> SqliteStore::read(const std::string& session_id,
                                                        std::uint64_t after, std::size_t limit,
                                                        std::size_t max_bytes) const {
  return impl_->reader().events(session_id, after, limit, max_bytes);
}

StoreResult<void> SqliteStore::remove(const std::string& session_id) {
  return impl_->remove(session_id);
}

StoreResult<std::size_t> SqliteStore::prune(Timestamp before) { return impl_->prune(before); }

std::optional<StoreError> SqliteStore::failure() const { return impl_->failure(); }

}  // namespace strandbus
