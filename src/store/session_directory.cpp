#include "strandbus/store/session_directory.hpp"

#include "store/directory_commits.hpp"
#include "store/event_line.hpp"
#include "store/group_session_writer.hpp"
#include "store/session_files.hpp"
#include "store/session_index.hpp"
#include "store/session_lines.hpp"
#include "store/store_error.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <stdexcept>
#include <sys/stat.h>
#include <utility>

namespace strandbus {
namespace detail {
namespace {

constexpr std::size_t max_batch = 2048;
constexpr std::size_t fork_page = 1024;  // events
constexpr mode_t owner_only = S_IRWXU;

std::optional<StoreError> make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), owner_only) != 0 && errno != EEXIST)
    return system_store_error("make the store", path);
  const FileDescriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return system_store_error("open the store", path);
  return std::nullopt;
}

class DirectoryWriter final : public GroupSessionWriter {
 public:
  using GroupSessionWriter::GroupSessionWriter;

 private:
  error_code check(const std::vector<StoredEvent>& events) const override {
    const bool fit = std::all_of(events.begin(), events.end(), fits_line);
    return fit ? error_code() : make_error_code(Errc::invalid_event);
  }
};

}  // namespace
}  // namespace detail

using detail::DirectorySession;
using detail::DurableSizes;
using detail::FileDescriptor;
using detail::GroupCommit;
using detail::SessionFile;
using detail::SessionFiles;
using detail::SessionFileWriter;
using detail::SessionIndex;

/// What the store and its writers share.
class SessionDirectory::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(std::string path, SessionDirectoryOptions options)
      : path_(std::move(path)),
        options_(std::move(options)),
        commits_(std::make_shared<GroupCommit>(
            path_, detail::max_batch, options_.logger,
            std::make_unique<detail::DirectoryCommits>(options_.durability, sizes_))),
        files_(path_, options_.durability, sizes_, options_.logger) {
    commits_->start();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() { commits_->stop(); }

  StoreDurability durability() const noexcept { return options_.durability; }
  std::optional<StoreError> failure() const { return commits_->failure(); }

  StoreResult<std::unique_ptr<SessionWriter>> create(const SessionMetadata& metadata,
                                                     std::span<const StoredMessage> before);
  StoreResult<std::unique_ptr<SessionWriter>> open(const std::string& id);
  StoreResult<SessionSummary> fork(const std::string& origin, std::uint64_t at,
                                   SessionMetadata metadata);
  SessionFiles& files() noexcept { return files_; }
  StoreResult<void> remove(const std::string& id);
  StoreResult<std::size_t> prune(Timestamp before);

 private:
  std::unique_ptr<SessionWriter> writer_of(const std::string& id, SessionFileWriter file,
                                           std::uint64_t last_seq);
  void write_new(SessionFileWriter& file, const SessionMetadata& metadata,
                 std::span<const StoredMessage> before);
  std::optional<StoreError> write_fork(SessionFileWriter& file, const SessionMetadata& metadata);
  std::optional<StoreError> give_name(const std::string& part, const std::string& id) const;
  void sync_directory() const;
  StoreResult<SessionFileWriter> hold(const std::string& id);
  StoreResult<bool> remove_older(const std::string& id, std::optional<Timestamp> before);

  const std::string path_;
  const SessionDirectoryOptions options_;
  const std::shared_ptr<DurableSizes> sizes_ = std::make_shared<DurableSizes>();
  const std::shared_ptr<GroupCommit> commits_;
  SessionFiles files_;
};

StoreResult<std::unique_ptr<SessionWriter>> SessionDirectory::Impl::create(
    const SessionMetadata& metadata, std::span<const StoredMessage> before) {
  const std::string& id = metadata.session_id;
  if (auto error = detail::check_session_id(id)) return *std::move(error);
  std::optional<SessionFileWriter> file;
  const auto make = [&]() -> std::optional<StoreError> {
    auto made = SessionFileWriter::create(files_.file_of(id));
    if (!made) return detail::store_error_of(id, std::move(made).error());
    file = std::move(*made);
    write_new(*file, metadata, before);
    return std::nullopt;
  };
  if (auto error = commits_->run(make)) return *std::move(error);
  return writer_of(id, *std::move(file), 0);
}

/// Throws when it cannot be written.
void SessionDirectory::Impl::write_new(SessionFileWriter& file, const SessionMetadata& metadata,
                                       std::span<const StoredMessage> before) {
  std::string lines;
  detail::append_metadata_line(lines, metadata);
  for (const StoredMessage& stored : before) detail::append_message_line(lines, stored);
  auto error = file.write(lines);
  if (!error && durability() == StoreDurability::power) error = file.sync();
  if (error) {
    file.remove();
    throw std::runtime_error(error->message);
  }
  file.touch();
  sync_directory();
}

StoreResult<SessionSummary> SessionDirectory::Impl::fork(const std::string& origin,
                                                         std::uint64_t at,
                                                         SessionMetadata metadata) {
  const std::string& id = metadata.session_id;
  if (auto error = detail::check_session_id(id)) return *std::move(error);
  if (auto error = commits_->refusal()) return *std::move(error);
  const auto found = files_.find(origin);
  if (!found) return found.error();
  if (!detail::can_fork_at(*found, at)) return detail::no_fork_at(*found, at);
  metadata.forked_from = origin;
  metadata.forked_at = at;
  const auto copy = [&]() -> std::optional<StoreError> {
    // Under a name that is no session's, until all of it is there.
    const std::string part = files_.file_of(id) + ".part";
    ::unlink(part.c_str());
    auto made = SessionFileWriter::create(part);
    if (!made) return detail::store_error_of(id, std::move(made).error());
    auto error = write_fork(*made, metadata);
    if (!error) error = give_name(part, id);
    ::unlink(part.c_str());
    if (!error) sync_directory();
    return error;
  };
  if (auto error = commits_->run(copy)) return *std::move(error);
  return files_.find(id);
}

/// Throws when it cannot be written; refuses what cannot be read.
std::optional<StoreError> SessionDirectory::Impl::write_fork(SessionFileWriter& file,
                                                             const SessionMetadata& metadata) {
  const std::string& origin = metadata.forked_from;
  const auto before = files_.messages_before(origin);
  if (!before) return before.error();
  std::string lines;
  detail::append_metadata_line(lines, metadata);
  for (const StoredMessage& stored : *before) detail::append_message_line(lines, stored);
  for (std::uint64_t seq = 1; seq < metadata.forked_at;) {
    const auto page =
        files_.read(origin, seq - 1, detail::fork_page, EventStore::default_read_bytes);
    if (!page) return page.error();
    for (const StoredEvent& event : *page) {
      seq = event.seq + 1;
      if (event.seq < metadata.forked_at) detail::append_stored_event(lines, event);
    }
    if (page->empty()) break;
    if (auto error = file.write(lines)) throw std::runtime_error(error->message);
    lines.clear();
  }
  auto error = file.write(lines);
  if (!error && durability() == StoreDurability::power) error = file.sync();
  if (error) throw std::runtime_error(error->message);
  file.touch();
  return std::nullopt;
}

/// Makes a file that is whole the file of a session, unless there is one.
std::optional<StoreError> SessionDirectory::Impl::give_name(const std::string& part,
                                                            const std::string& id) const {
  if (::link(part.c_str(), files_.file_of(id).c_str()) == 0) return std::nullopt;
  if (errno == EEXIST) return detail::session_exists(id);
  return detail::system_store_error("make the session file", files_.file_of(id));
}

/// So that a name is as durable as what it names.
void SessionDirectory::Impl::sync_directory() const {
  if (durability() != StoreDurability::power) return;
  const FileDescriptor directory(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory || ::fsync(directory.get()) != 0)
    throw std::runtime_error(detail::system_store_error("sync the directory", path_).message);
}

std::unique_ptr<SessionWriter> SessionDirectory::Impl::writer_of(const std::string& id,
                                                                 SessionFileWriter file,
                                                                 std::uint64_t last_seq) {
  auto session = std::make_shared<DirectorySession>(id, std::move(file), sizes_);
  session->last_seq.store(last_seq, std::memory_order_relaxed);
  return std::make_unique<detail::DirectoryWriter>(shared_from_this(), commits_,
                                                   std::move(session));
}

/// The file for writing, also when only what was given to a writer that is gone still holds it.
StoreResult<SessionFileWriter> SessionDirectory::Impl::hold(const std::string& id) {
  for (bool last_try : {false, true}) {
    auto file = SessionFileWriter::append(files_.file_of(id));
    if (file) return std::move(*file);
    StoreError error = detail::store_error_of(id, std::move(file).error());
    if (last_try || error.code != Errc::session_in_use) return error;
    commits_->flush();
  }
  return detail::session_in_use(id);
}

StoreResult<std::unique_ptr<SessionWriter>> SessionDirectory::Impl::open(const std::string& id) {
  if (auto error = commits_->refusal()) return *std::move(error);
  if (const auto found = files_.find(id); !found) return found.error();
  auto file = hold(id);
  if (!file) return std::move(file).error();
  SessionIndex index;
  if (auto error = index.extend(files_.file_of(id), id, file->size())) return *std::move(error);
  if (index.events().faults() != 0)
    return detail::damaged_session(files_.file_of(id), id,
                                   "it cannot go on: an event is damaged or missing");
  // What is there may have been written at another level.
  auto error = durability() == StoreDurability::power ? file->sync() : std::nullopt;
  if (error) return detail::store_error_of(id, *std::move(error));
  return writer_of(id, std::move(*file), index.events().last_seq());
}

StoreResult<bool> SessionDirectory::Impl::remove_older(const std::string& id,
                                                       std::optional<Timestamp> before) {
  const std::string path = files_.file_of(id);
  auto file = SessionFileWriter::lock(path);
  if (!file && file.error().code == boost::system::errc::device_or_resource_busy) {
    commits_->flush();
    file = SessionFileWriter::lock(path);
  }
  if (!file) return detail::store_error_of(id, std::move(file).error());
  struct stat status {};
  if (::fstat(file->get(), &status) != 0)
    return detail::system_store_error("remove the session file", path);
  if (before && detail::time_of(status) >= *before) return false;
  const auto unlink = [&]() -> std::optional<StoreError> {
    if (::unlink(path.c_str()) != 0)
      return detail::system_store_error("remove the session file", path);
    sync_directory();
    return std::nullopt;
  };
  if (auto error = commits_->run(unlink)) return *std::move(error);
  files_.forget(id);
  return true;
}

StoreResult<void> SessionDirectory::Impl::remove(const std::string& id) {
  if (auto error = commits_->refusal()) return *std::move(error);
  if (detail::check_session_id(id)) return detail::unknown_session(id);
  const auto removed = remove_older(id, std::nullopt);
  if (!removed) return removed.error();
  return {};
}

StoreResult<std::size_t> SessionDirectory::Impl::prune(Timestamp before) {
  if (auto error = commits_->refusal()) return *std::move(error);
  const auto found = files_.all();
  if (!found) return found.error();
  std::size_t count = 0;
  for (const SessionFile& file : *found) {
    if (file.updated_at >= before) continue;
    const auto removed = remove_older(file.id, before);
    if (removed) {
      if (*removed) ++count;
    } else if (removed.error().code != Errc::session_in_use &&
               removed.error().code != Errc::session_unknown) {
      return removed.error();
    }
  }
  return count;
}

StoreResult<std::shared_ptr<SessionDirectory>> SessionDirectory::open(
    const std::string& path, SessionDirectoryOptions options) {
  if (auto error = detail::make_directory(path)) return *std::move(error);
  auto impl = std::make_shared<Impl>(path, std::move(options));
  return std::shared_ptr<SessionDirectory>(new SessionDirectory(std::move(impl)));
}

SessionDirectory::SessionDirectory(std::shared_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
SessionDirectory::~SessionDirectory() = default;

StoreDurability SessionDirectory::durability() const noexcept { return impl_->durability(); }

StoreResult<std::unique_ptr<SessionWriter>> SessionDirectory::create(
    const SessionMetadata& metadata, std::span<const StoredMessage> before) {
  return impl_->create(metadata, before);
}

StoreResult<SessionSummary> SessionDirectory::fork(const std::string& origin, std::uint64_t at,
                                                   const SessionMetadata& metadata) {
  return impl_->fork(origin, at, metadata);
}

StoreResult<std::unique_ptr<SessionWriter>> SessionDirectory::open(const std::string& session_id) {
  return impl_->open(session_id);
}

StoreResult<SessionSummary> SessionDirectory::find(const std::string& session_id) const {
  return impl_->files().find(session_id);
}

StoreResult<std::vector<SessionSummary>> SessionDirectory::list(std::size_t limit) const {
  return impl_->files().list(limit);
}

StoreResult<std::vector<StoredMessage>> SessionDirectory::messages_before(
    const std::string& session_id) const {
  return impl_->files().messages_before(session_id);
}

StoreResult<std::vector<StoredEvent>> SessionDirectory::read(const std::string& session_id,
                                                             std::uint64_t after, std::size_t limit,
                                                             std::size_t max_bytes) const {
  return impl_->files().read(session_id, after, limit, max_bytes);
}

StoreResult<void> SessionDirectory::remove(const std::string& session_id) {
  return impl_->remove(session_id);
}

StoreResult<std::size_t> SessionDirectory::prune(Timestamp before) { return impl_->prune(before); }

std::optional<StoreError> SessionDirectory::failure() const { return impl_->failure(); }

}  // namespace strandbus
