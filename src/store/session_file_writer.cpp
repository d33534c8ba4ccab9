#include "store/session_file_writer.hpp"

#include "store/session_lines.hpp"

#include <cerrno>
#include <ctime>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr mode_t owner_only = S_IRUSR | S_IWUSR;

SessionError file_error(const std::string& path, std::string_view action, error_code code,
                        const std::string& what) {
  std::string message = "cannot ";
  message.append(action).append(" the session file ").append(path).append(": ").append(what);
  return {code, 0, {}, std::move(message)};
}

SessionError system_error_of(const std::string& path, std::string_view action) {
  const error_code code(errno, boost::system::system_category());
  return file_error(path, action, code, code.message());
}

SessionError exists_error(const std::string& path) {
  return file_error(path, "create", make_error_code(boost::system::errc::file_exists),
                    "it exists; name a new file");
}

/// Makes sure that nobody else writes to the file.
std::optional<SessionError> take_lock(const FileDescriptor& file, const std::string& path) {
  if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return std::nullopt;
  if (errno != EWOULDBLOCK) return system_error_of(path, "lock");
  return file_error(path, "write", make_error_code(boost::system::errc::device_or_resource_busy),
                    "another program writes to it");
}

/// Makes sure that what we have locked was not removed before.
std::optional<SessionError> still_there(const FileDescriptor& file, const std::string& path) {
  struct stat held {};
  struct stat named {};
  if (::fstat(file.get(), &held) != 0 || ::stat(path.c_str(), &named) != 0)
    return system_error_of(path, "open");
  if (held.st_dev == named.st_dev && held.st_ino == named.st_ino) return std::nullopt;
  errno = ENOENT;
  return system_error_of(path, "open");
}

/// What the writer of a file that was stopped has left undone.
struct Undone {
  std::optional<TornLine> torn{};
  std::string message{};  ///< the line that is missing behind the last event
};

/// Refuses a file that cannot be read.
SessionResult<Undone> find_undone(const std::string& path) {
  auto reader = SessionReader::open(path);
  if (!reader) return std::move(reader).error();
  Undone undone;
  for (;;) {
    const auto record = reader->next();
    if (!record) return record.error();
    if (!*record) break;
    undone.message.clear();
    const auto* const event = std::get_if<StreamEvent>(&**record);
    if (event && commits_message(*event)) append_message_line(undone.message, *event);
  }
  undone.torn = reader->torn();
  return undone;
}

}  // namespace

SessionResult<SessionFileWriter> SessionFileWriter::create(const std::string& path) {
  constexpr int flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
  FileDescriptor file(::open(path.c_str(), flags | O_CREAT | O_EXCL, owner_only));
  const bool is_new = static_cast<bool>(file);
  if (!is_new && errno == EEXIST) {
    file = FileDescriptor(::open(path.c_str(), flags));
    if (!file) return exists_error(path);
  }
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) return system_error_of(path, "create");
  if (!S_ISREG(status.st_mode) || status.st_size != 0) return exists_error(path);
  if (::fchmod(file.get(), owner_only) != 0) return system_error_of(path, "protect");
  if (auto error = take_lock(file, path)) return *std::move(error);
  return SessionFileWriter(path, std::move(file), 0, is_new);
}

SessionResult<FileDescriptor> SessionFileWriter::lock(const std::string& path) {
  FileDescriptor file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY));
  if (!file) return system_error_of(path, "open");
  if (auto error = take_lock(file, path)) return *std::move(error);
  if (auto error = still_there(file, path)) return *std::move(error);
  return file;
}

SessionResult<SessionFileWriter> SessionFileWriter::append(const std::string& path) {
  auto file = lock(path);
  if (!file) return std::move(file).error();
  const auto undone = find_undone(path);
  if (!undone) return undone.error();
  struct stat status {};
  if (::fstat(file->get(), &status) != 0) return system_error_of(path, "read");
  SessionFileWriter writer(path, std::move(*file), status.st_size, false);
  auto error = undone->torn ? writer.repair(*undone->torn) : std::nullopt;
  if (!error) error = writer.write(undone->message);
  if (error) return *std::move(error);
  return writer;
}

std::optional<SessionError> SessionFileWriter::repair(const TornLine& torn) {
  if (torn.whole) return write("\n");
  const off_t whole = size_ - static_cast<off_t>(torn.bytes);
  if (::ftruncate(file_.get(), whole) != 0) return system_error_of(path_, "repair");
  size_ = whole;
  return std::nullopt;
}

std::optional<SessionError> SessionFileWriter::write(std::string_view lines) {
  const off_t whole = size_ + static_cast<off_t>(lines.size());
  while (!lines.empty()) {
    const ssize_t count = ::write(file_.get(), lines.data(), lines.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      SessionError error = system_error_of(path_, "write to");
      // If this fails too, the reader reports a last line that is cut off.
      static_cast<void>(::ftruncate(file_.get(), size_) == 0);
      return error;
    }
    lines.remove_prefix(static_cast<std::size_t>(count));
  }
  size_ = whole;
  return std::nullopt;
}

void SessionFileWriter::take_back(std::uint64_t size) noexcept {
  const auto whole = static_cast<off_t>(size);
  if (::ftruncate(file_.get(), whole) == 0) size_ = whole;
}

std::optional<SessionError> SessionFileWriter::sync() {
  if (::fdatasync(file_.get()) == 0) return std::nullopt;
  return system_error_of(path_, "sync");
}

void SessionFileWriter::touch() noexcept {
  // The kernel's own notion of the present moves only every few milliseconds.
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  const timespec times[]{now, now};
  ::futimens(file_.get(), times);
}

void SessionFileWriter::remove() noexcept {
  if (is_new_) ::unlink(path_.c_str());
}

}  // namespace strandbus::detail
