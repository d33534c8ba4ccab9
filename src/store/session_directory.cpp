#include "strandbus/store/session_directory.hpp"

#include "store/directory_commits.hpp"
#include "store/event_line.hpp"
#include "store/group_session_writer.hpp"
#include "store/session_index.hpp"
#include "store/session_lines.hpp"
#include "store/store_error.hpp"

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <stdexcept>
#include <sys/stat.h>
#include <utility>

namespace strandbus {
namespace detail {
namespace {

constexpr std::size_t max_batch = 2048;
constexpr std::size_t max_remembered = 256;
constexpr std::string_view file_ending = ".jsonl";
constexpr mode_t owner_only = S_IRWXU;

Timestamp time_of(const struct stat& status) {
  return Timestamp(std::chrono::seconds(status.st_mtim.tv_sec) +
                   std::chrono::nanoseconds(status.st_mtim.tv_nsec));
}

/// What a file has to do with a session.
StoreError store_error_of(const std::string& id, SessionError error) {
  if (error.code == boost::system::errc::no_such_file_or_directory) return unknown_session(id);
  if (error.code == boost::system::errc::file_exists) return session_exists(id);
  if (error.code == boost::system::errc::device_or_resource_busy) return session_in_use(id);
  return {error.code, std::move(error.message)};
}

std::optional<StoreError> make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), owner_only) != 0 && errno != EEXIST)
    return system_store_error("make the store", path);
  const FileDescriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return system_store_error("open the store", path);
  return std::nullopt;
}

/// A file in the directory that may be a session.
struct SessionFile {
  std::string id{};
  Timestamp updated_at{};
};

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
            std::make_unique<detail::DirectoryCommits>(options_.durability, sizes_))) {
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
  StoreResult<SessionSummary> find(const std::string& id);
  StoreResult<std::vector<SessionSummary>> list(std::size_t limit);
  StoreResult<std::vector<StoredMessage>> messages_before(const std::string& id);
  StoreResult<std::vector<StoredEvent>> read(const std::string& id, std::uint64_t after,
                                             std::size_t limit, std::size_t max_bytes);
  StoreResult<void> remove(const std::string& id);
  StoreResult<std::size_t> prune(Timestamp before);

 private:
  /// A file that is open for reading, and what is known of it.
  struct Opened {
    FileDescriptor file{};
    struct stat status {};
    SessionIndex* index = nullptr;
    bool remembered = false;  ///< a part was read before
  };
  struct Known {
    dev_t device{};
    ino_t inode{};
    SessionIndex index{};
  };

  std::string file_of(const std::string& id) const {
    return path_ + '/' + id + std::string(detail::file_ending);
  }
  std::unique_ptr<SessionWriter> writer_of(const std::string& id, SessionFileWriter file,
                                           std::uint64_t last_seq);
  void write_new(SessionFileWriter& file, const SessionMetadata& metadata,
                 std::span<const StoredMessage> before);
  void sync_directory() const;
  StoreResult<SessionFileWriter> hold(const std::string& id);
  StoreResult<Opened> look(const std::string& id);
  StoreResult<std::vector<StoredEvent>> read_from(const Opened& opened, const std::string& id,
                                                  std::uint64_t after, std::size_t limit,
                                                  std::size_t max_bytes) const;
  StoreError damaged_event(const Opened& opened, const std::string& id, std::uint64_t seq) const;
  StoreResult<std::vector<SessionFile>> files() const;
  StoreResult<bool> remove_older(const std::string& id, std::optional<Timestamp> before);

  const std::string path_;
  const SessionDirectoryOptions options_;
  const std::shared_ptr<DurableSizes> sizes_ = std::make_shared<DurableSizes>();
  const std::shared_ptr<GroupCommit> commits_;
  std::mutex mutex_;  // guards what follows
  std::map<std::string, Known> known_;
};

StoreResult<std::unique_ptr<SessionWriter>> SessionDirectory::Impl::create(
    const SessionMetadata& metadata, std::span<const StoredMessage> before) {
  const std::string& id = metadata.session_id;
  if (auto error = detail::check_session_id(id)) return *std::move(error);
  std::optional<SessionFileWriter> file;
  const auto make = [&]() -> std::optional<StoreError> {
    auto made = SessionFileWriter::create(file_of(id));
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
  for (const StoredMessage& stored : before) {
    StreamEvent commit(MessageCommitted{.message = stored.message});
    commit.set_stamp(0, {}, stored.timestamp);
    detail::append_message_line(lines, commit);
  }
  auto error = file.write(lines);
  if (!error && durability() == StoreDurability::power) error = file.sync();
  if (error) {
    file.remove();
    throw std::runtime_error(error->message);
  }
  file.touch();
  sync_directory();
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
    auto file = SessionFileWriter::append(file_of(id));
    if (file) return std::move(*file);
    StoreError error = detail::store_error_of(id, std::move(file).error());
    if (last_try || error.code != Errc::session_in_use) return error;
    commits_->flush();
  }
  return detail::session_in_use(id);
}

StoreResult<std::unique_ptr<SessionWriter>> SessionDirectory::Impl::open(const std::string& id) {
  if (auto error = commits_->refusal()) return *std::move(error);
  if (const auto found = find(id); !found) return found.error();
  auto file = hold(id);
  if (!file) return std::move(file).error();
  SessionIndex index;
  if (auto error = index.extend(file_of(id), id, file->size())) return *std::move(error);
  if (index.events().faults() != 0)
    return detail::damaged_session(file_of(id), id,
                                   "it cannot go on: an event is damaged or missing");
  if (!index.owed_message().empty()) {
    if (auto error = file->write(index.owed_message()))
      return detail::store_error_of(id, *std::move(error));
  }
  return writer_of(id, std::move(*file), index.events().last_seq());
}

/// Opens a session's file and brings up to date what is known of it. The mutex is held.
StoreResult<SessionDirectory::Impl::Opened> SessionDirectory::Impl::look(const std::string& id) {
  if (detail::check_session_id(id)) return detail::unknown_session(id);
  const std::string path = file_of(id);
  Opened opened;
  opened.file = FileDescriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!opened.file && errno == ENOENT) return detail::unknown_session(id);
  const auto durable = sizes_->of(id);
  // What another process writes may not be on the disk yet.
  if (opened.file && !durable && durability() == StoreDurability::power &&
      ::fdatasync(opened.file.get()) != 0)
    return detail::system_store_error("sync the session file", path);
  if (!opened.file || ::fstat(opened.file.get(), &opened.status) != 0)
    return detail::system_store_error("read the session file", path);
  if (opened.status.st_size == 0) return detail::unknown_session(id);
  const std::uint64_t size = durable.value_or(static_cast<std::uint64_t>(opened.status.st_size));

  if (known_.size() >= detail::max_remembered && !known_.contains(id)) known_.clear();
  Known& known = known_[id];
  if (known.device != opened.status.st_dev || known.inode != opened.status.st_ino ||
      known.index.size() > size)
    known = {opened.status.st_dev, opened.status.st_ino, {}};
  opened.remembered = known.index.size() != 0;
  if (auto error = known.index.extend(path, id, size)) {
    known_.erase(id);
    return *std::move(error);
  }
  opened.index = &known.index;
  return opened;
}

StoreResult<SessionSummary> SessionDirectory::Impl::find(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto opened = look(id);
  if (!opened) return opened.error();
  const SessionIndex& index = *opened->index;
  SessionSummary summary;
  summary.metadata = index.metadata();
  summary.first_seq = index.events().first_seq();
  summary.last_seq = index.events().last_seq();
  summary.bytes = index.events().bytes();
  summary.updated_at = detail::time_of(opened->status);
  return summary;
}

StoreResult<std::vector<SessionFile>> SessionDirectory::Impl::files() const {
  struct Close {
    void operator()(DIR* directory) const { ::closedir(directory); }
  };
  const std::unique_ptr<DIR, Close> directory(::opendir(path_.c_str()));
  if (!directory) return detail::system_store_error("list the store", path_);
  std::vector<SessionFile> found;
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string_view name(entry->d_name);
    if (!name.ends_with(detail::file_ending)) continue;
    SessionFile file;
    file.id = name.substr(0, name.size() - detail::file_ending.size());
    struct stat status {};
    const bool is_file = ::fstatat(::dirfd(directory.get()), entry->d_name, &status, 0) == 0 &&
                         S_ISREG(status.st_mode) && status.st_size > 0;
    if (!is_file || detail::check_session_id(file.id)) continue;
    file.updated_at = detail::time_of(status);
    found.push_back(std::move(file));
  }
  std::sort(found.begin(), found.end(), [](const SessionFile& a, const SessionFile& b) {
    return a.updated_at != b.updated_at ? a.updated_at > b.updated_at : a.id < b.id;
  });
  return found;
}

StoreResult<std::vector<SessionSummary>> SessionDirectory::Impl::list(std::size_t limit) {
  const auto found = files();
  if (!found) return found.error();
  std::vector<SessionSummary> sessions;
  for (const SessionFile& file : *found) {
    if (sessions.size() >= limit) break;
    auto summary = find(file.id);
    if (summary) {
      sessions.push_back(*std::move(summary));
    } else {
      options_.logger.log(LogLevel::error, summary.error().message);
    }
  }
  return sessions;
}

StoreResult<std::vector<StoredMessage>> SessionDirectory::Impl::messages_before(
    const std::string& id) {
  if (const auto found = find(id); !found) return found.error();
  auto reader = SessionReader::open(file_of(id));
  if (!reader) return detail::store_error_of(id, std::move(reader).error());
  std::vector<StoredMessage> messages;
  for (;;) {
    auto record = reader->next();
    if (!record) return detail::store_error_of(id, std::move(record).error());
    auto* message = *record ? std::get_if<StoredMessage>(&**record) : nullptr;
    if (!message) return messages;
    messages.push_back(std::move(*message));
  }
}

StoreResult<std::vector<StoredEvent>> SessionDirectory::Impl::read(const std::string& id,
                                                                   std::uint64_t after,
                                                                   std::size_t limit,
                                                                   std::size_t max_bytes) {
  const std::lock_guard lock(mutex_);
  for (;;) {
    const auto opened = look(id);
    if (!opened) return opened.error();
    auto events = read_from(*opened, id, after, limit, max_bytes);
    if (events || !opened->remembered) return events;
    // The file may be another one since, or was changed: what is known of it may be wrong.
    known_.erase(id);
  }
}

StoreResult<std::vector<StoredEvent>> SessionDirectory::Impl::read_from(
    const Opened& opened, const std::string& id, std::uint64_t after, std::size_t limit,
    std::size_t max_bytes) const {
  const detail::EventPlaces& places = opened.index->events();
  std::vector<StoredEvent> events;
  if (after >= places.last_seq()) return events;
  std::uint64_t seq = std::max(after + 1, places.first_seq());
  std::size_t bytes = 0;
  for (; seq <= places.last_seq() && events.size() < limit; ++seq) {
    const auto& place = places.of(seq);
    std::string json;
    if (place.state == detail::EventPlaces::State::whole)
      json = detail::json_of_line(detail::read_piece(opened.file.get(), place.line));
    if (json.empty() || detail::seq_of_event(json) != seq) {
      if (events.empty()) return damaged_event(opened, id, seq);
      break;
    }
    bytes += json.size();
    if (!events.empty() && bytes > max_bytes) break;
    events.push_back({seq, std::make_shared<const std::string>(std::move(json))});
  }
  return events;
}

StoreError SessionDirectory::Impl::damaged_event(const Opened& opened, const std::string& id,
                                                 std::uint64_t seq) const {
  const auto& place = opened.index->events().of(seq);
  const std::string event = "event " + std::to_string(seq);
  if (place.state == detail::EventPlaces::State::missing)
    return detail::damaged_session(file_of(id), id, event + " is missing");
  const std::size_t line = detail::line_number(opened.file.get(), place.line.offset);
  return detail::damaged_session(file_of(id) + ':' + std::to_string(line), id,
                                 event + " is no JSON of that seq");
}

StoreResult<bool> SessionDirectory::Impl::remove_older(const std::string& id,
                                                       std::optional<Timestamp> before) {
  const std::string path = file_of(id);
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
  const std::lock_guard lock(mutex_);
  known_.erase(id);
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
  const auto found = files();
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

StoreResult<std::unique_ptr<SessionWriter>> SessionDirectory::open(const std::string& session_id) {
  return impl_->open(session_id);
}

StoreResult<SessionSummary> SessionDirectory::find(const std::string& session_id) const {
  return impl_->find(session_id);
}

StoreResult<std::vector<SessionSummary>> SessionDirectory::list(std::size_t limit) const {
  return impl_->list(limit);
}

StoreResult<std::vector<StoredMessage>> SessionDirectory::messages_before(
    const std::string& session_id) const {
  return impl_->messages_before(session_id);
}

StoreResult<std::vector<StoredEvent>> SessionDirectory::read(const std::string& session_id,
                                                             std::uint64_t after, std::size_t limit,
                                                             std::size_t max_bytes) const {
  return impl_->read(session_id, after, limit, max_bytes);
}

StoreResult<void> SessionDirectory::remove(const std::string& session_id) {
  return impl_->remove(session_id);
}

StoreResult<std::size_t> SessionDirectory::prune(Timestamp before) { return impl_->prune(before); }

std::optional<StoreError> SessionDirectory::failure() const { return impl_->failure(); }

}  // namespace strandbus
