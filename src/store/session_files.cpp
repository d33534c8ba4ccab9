#include "store/session_files.hpp"

#include "store/event_line.hpp"
#include "store/store_error.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <dirent.h>
#include <fcntl.h>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::size_t max_remembered = 256;
constexpr std::string_view file_ending = ".jsonl";

}  // namespace

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

/// Opens a session's file and brings up to date what is known of it. The mutex is held.
StoreResult<SessionFiles::Opened> SessionFiles::look(const std::string& id) {
  if (check_session_id(id)) return unknown_session(id);
  const std::string path = file_of(id);
  Opened opened;
  opened.file = FileDescriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!opened.file && errno == ENOENT) return unknown_session(id);
  const auto durable = sizes_->of(id);
  // What another process writes may not be on the disk yet.
  if (opened.file && !durable && durability_ == StoreDurability::power &&
      ::fdatasync(opened.file.get()) != 0)
    return system_store_error("sync the session file", path);
  if (!opened.file || ::fstat(opened.file.get(), &opened.status) != 0)
    return system_store_error("read the session file", path);
  if (opened.status.st_size == 0) return unknown_session(id);
  const std::uint64_t size = durable.value_or(static_cast<std::uint64_t>(opened.status.st_size));

  if (known_.size() >= max_remembered && !known_.contains(id)) known_.clear();
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

StoreResult<SessionSummary> SessionFiles::find(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto opened = look(id);
  if (!opened) return opened.error();
  const SessionIndex& index = *opened->index;
  SessionSummary summary;
  summary.metadata = index.metadata();
  summary.first_seq = index.events().first_seq();
  summary.last_seq = index.events().last_seq();
  summary.bytes = index.events().bytes();
  summary.updated_at = time_of(opened->status);
  return summary;
}

StoreResult<std::vector<SessionFile>> SessionFiles::all() const {
  struct Close {
    void operator()(DIR* directory) const { ::closedir(directory); }
  };
  const std::unique_ptr<DIR, Close> directory(::opendir(path_.c_str()));
  if (!directory) return system_store_error("list the store", path_);
  std::vector<SessionFile> found;
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string_view name(entry->d_name);
    if (!name.ends_with(file_ending)) continue;
    SessionFile file;
    file.id = name.substr(0, name.size() - file_ending.size());
    struct stat status {};
    const bool is_file = ::fstatat(::dirfd(directory.get()), entry->d_name, &status, 0) == 0 &&
                         S_ISREG(status.st_mode) && status.st_size > 0;
    if (!is_file || check_session_id(file.id)) continue;
    file.updated_at = time_of(status);
    found.push_back(std::move(file));
  }
  std::sort(found.begin(), found.end(), [](const SessionFile& a, const SessionFile& b) {
    return a.updated_at != b.updated_at ? a.updated_at > b.updated_at : a.id < b.id;
  });
  return found;
}

StoreResult<std::vector<SessionSummary>> SessionFiles::list(std::size_t limit) {
  const auto found = all();
  if (!found) return found.error();
  std::vector<SessionSummary> sessions;
  for (const SessionFile& file : *found) {
    if (sessions.size() >= limit) break;
    auto summary = find(file.id);
    if (summary) {
      sessions.push_back(*std::move(summary));
    } else {
      logger_.log(LogLevel::error, summary.error().message);
    }
  }
  return sessions;
}

StoreResult<std::vector<StoredMessage>> SessionFiles::messages_before(const std::string& id) {
  if (const auto found = find(id); !found) return found.error();
  auto reader = SessionReader::open(file_of(id));
  if (!reader) return store_error_of(id, std::move(reader).error());
  std::vector<StoredMessage> messages;
  for (;;) {
    auto record = reader->next();
    if (!record) return store_error_of(id, std::move(record).error());
    auto* message = *record ? std::get_if<StoredMessage>(&**record) : nullptr;
    if (!message) return messages;
    messages.push_back(std::move(*message));
  }
}

StoreResult<std::vector<StoredEvent>> SessionFiles::read(const std::string& id, std::uint64_t after,
                                                         std::size_t limit, std::size_t max_bytes) {
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

StoreResult<std::vector<StoredEvent>> SessionFiles::read_from(const Opened& opened,
                                                              const std::string& id,
                                                              std::uint64_t after,
                                                              std::size_t limit,
                                                              std::size_t max_bytes) const {
  const EventPlaces& places = opened.index->events();
  std::vector<StoredEvent> events;
  if (after >= places.last_seq()) return events;
  std::uint64_t seq = std::max(after + 1, places.first_seq());
  std::size_t bytes = 0;
  for (; seq <= places.last_seq() && events.size() < limit; ++seq) {
    const auto& place = places.of(seq);
    std::string json;
    if (place.state == EventPlaces::State::whole)
      json = json_of_line(read_piece(opened.file.get(), place.line));
    if (json.empty() || seq_of_event(json) != seq) {
      if (events.empty()) return damaged_event(opened, id, seq);
      break;
    }
    bytes += json.size();
    if (!events.empty() && bytes > max_bytes) break;
    events.push_back({seq, std::make_shared<const std::string>(std::move(json))});
  }
  return events;
}

StoreError SessionFiles::damaged_event(const Opened& opened, const std::string& id,
                                       std::uint64_t seq) const {
  const auto& place = opened.index->events().of(seq);
  const std::string event = "event " + std::to_string(seq);
  if (place.state == EventPlaces::State::missing)
    return damaged_session(file_of(id), id, event + " is missing");
  const std::size_t line = line_number(opened.file.get(), place.line.offset);
  return damaged_session(file_of(id) + ':' + std::to_string(line), id,
                         event + " is no JSON of that seq");
}

void SessionFiles::forget(const std::string& id) {
  const std::lock_guard lock(mutex_);
  known_.erase(id);
}

}  // namespace strandbus::detail
