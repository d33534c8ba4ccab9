#include "agent/at_place.hpp"
#include "agent/file_status.hpp"
#include "agent/temporary_file.hpp"
#include "strandbus/agent/workspace.hpp"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace strandbus {
namespace {

using detail::Attempt;
using detail::FileDescriptor;
using detail::Place;
using detail::Refusal;
using detail::RootDirectory;

constexpr mode_t new_file_mode = 0666;
constexpr mode_t new_directory_mode = 0777;
constexpr mode_t kept_mode_bits = 0777;  ///< set-user-id and the like do not survive a new content

Attempt<FileDescriptor> make_directory(int parent, const std::string& name) {
  if (::mkdirat(parent, name.c_str(), new_directory_mode) != 0 && errno != EEXIST)
    return detail::open_refusal(detail::last_error());
  auto made = detail::open_name(parent, name, O_PATH | O_DIRECTORY);
  if (!made) return detail::open_refusal(made.error());
  return std::move(*made);
}

/// The directory of a place; made where it is missing.
Attempt<FileDescriptor> open_parent(const RootDirectory& root, const Place& place) {
  const std::span names(place.components);
  const std::size_t wanted = names.size() - 1;
  const std::size_t there = std::min(place.existing, wanted);
  auto opened = root.open(names.first(there), O_PATH | O_DIRECTORY);
  if (!opened) return detail::open_refusal(opened.error());
  FileDescriptor directory = std::move(*opened);
  for (const std::string& name : names.subspan(there, wanted - there)) {
    auto made = make_directory(directory.get(), name);
    if (!made) return made.error();
    directory = std::move(*made);
  }
  return directory;
}

/// What cannot be replaced, whatever the content.
std::optional<Refusal> unwritable(const Place& place, Existing existing) {
  if (place.guarded) return Refusal(PathFault::protected_path);
  if (place.kind == FileKind::directory || place.directory)
    return Refusal(PathFault::is_a_directory);
  if (!place.kind) return std::nullopt;
  if (*place.kind == FileKind::special) return Refusal(PathFault::special_file);
  if (existing == Existing::refuse) return Refusal(PathFault::already_there);
  return std::nullopt;
}

/// The file that is to be replaced; empty if there is none.
Attempt<std::optional<struct stat>> look_at_old(int directory, const std::string& name,
                                                const Place& place, const WriteOptions& options) {
  struct stat status {};
  if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno != ENOENT) return Refusal(detail::last_error());
    if (place.kind) return PathFault::unstable;
    if (options.expected) return PathFault::stale;
    return std::optional<struct stat>();
  }
  if (!place.kind || !S_ISREG(status.st_mode)) return PathFault::unstable;
  if (options.expected && *options.expected != detail::version_of(status)) return PathFault::stale;
  // Replacing needs no permission for the file itself, but who made it read-only meant it.
  if (::faccessat(directory, name.c_str(), W_OK, AT_EACCESS | AT_SYMLINK_NOFOLLOW) != 0)
    return detail::open_refusal(detail::last_error());
  return std::optional(status);
}

/// Gives the new file what the old one had.
void take_over(int descriptor, const struct stat& old) {
  mode_t mode = old.st_mode & kept_mode_bits;
  const bool foreign = old.st_uid != ::geteuid() || old.st_gid != ::getegid();
  // Who may not give a file away, may at least keep its group; a group that it did not have before
  // gets no more than everybody.
  if (foreign && ::fchown(descriptor, old.st_uid, old.st_gid) != 0 &&
      ::fchown(descriptor, static_cast<uid_t>(-1), old.st_gid) != 0)
    mode = (mode & ~mode_t{S_IRWXG}) | ((mode & S_IRWXO) << 3U);
  static_cast<void>(::fchmod(descriptor, mode) == 0);
}

/// Waits until the disk knows the names of a directory.
std::optional<Refusal> sync_names(int directory) {
  const auto readable = detail::open_name(directory, ".", O_RDONLY | O_DIRECTORY);
  if (!readable) return Refusal(readable.error());
  if (::fsync(readable->get()) != 0) return Refusal(detail::last_error());
  return std::nullopt;
}

/// What a step says when somebody has changed the directory meanwhile.
std::optional<Refusal> unless_changed(std::optional<Refusal> refusal) {
  if (!refusal) return std::nullopt;
  switch (refusal->fault) {
    case PathFault::already_there:
    case PathFault::is_a_directory:
    case PathFault::not_found:
    case PathFault::not_a_directory: return Refusal(PathFault::unstable);
    default: return refusal;
  }
}

std::optional<Refusal> replace(int directory, const std::string& name, std::string_view content,
                               const std::optional<struct stat>& old, Durability durability) {
  auto file = detail::TemporaryFile::create(directory, old ? 0600 : new_file_mode);
  if (!file) return unless_changed(file.error());
  if (auto refusal = file->write(content)) return refusal;
  if (old) take_over(file->descriptor(), *old);
  if (auto refusal = file->finish(durability)) return refusal;
  auto refusal = file->rename(name, old ? Existing::replace : Existing::refuse);
  if (refusal) return unless_changed(std::move(refusal));
  return durability == Durability::synced ? sync_names(directory) : std::nullopt;
}

Attempt<WrittenFile> write_place(const RootDirectory& root, const Place& place,
                                 std::string_view content, const WriteOptions& options,
                                 Durability durability) {
  if (auto refusal = unwritable(place, options.existing)) return *std::move(refusal);
  const auto directory = open_parent(root, place);
  if (!directory) return directory.error();
  const std::string& name = place.components.back();
  const auto old = look_at_old(directory->get(), name, place, options);
  if (!old) return old.error();
  if (auto refusal = replace(directory->get(), name, content, *old, durability))
    return *std::move(refusal);
  WrittenFile written;
  written.path = detail::joined_path(place.components);
  written.created = !*old;
  return written;
}

Attempt<std::string> remove_place(const RootDirectory& root, const Place& place) {
  if (place.guarded) return PathFault::protected_path;
  if (!place.kind) return PathFault::not_found;
  if (*place.kind == FileKind::directory) return PathFault::is_a_directory;
  if (*place.kind == FileKind::special) return PathFault::special_file;
  const auto directory = open_parent(root, place);
  if (!directory) return directory.error();
  if (::unlinkat(directory->get(), place.components.back().c_str(), 0) != 0) {
    const error_code error = detail::last_error();
    if (detail::was_changed(error) || error.value() == EISDIR) return PathFault::unstable;
    return Refusal(error);
  }
  return detail::joined_path(place.components);
}

}  // namespace

WorkspaceResult<WrittenFile> Workspace::write(std::string_view path, std::string_view content,
                                              const WriteOptions& options) const {
  return detail::at_place<WrittenFile>(
      {*root_, options_.protected_names, path}, [&](const Place& place) {
        return write_place(*root_, place, content, options, options_.durability);
      });
}

WorkspaceResult<std::string> Workspace::remove(std::string_view path) const {
  return detail::at_place<std::string>(
      {*root_, options_.protected_names, path, detail::LastLink::kept},
      [this](const Place& place) { return remove_place(*root_, place); });
}

}  // namespace strandbus
