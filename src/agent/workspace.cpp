#include "strandbus/agent/workspace.hpp"

#include "agent/at_place.hpp"
#include "agent/file_status.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace strandbus {
namespace {

using detail::Attempt;
using detail::FileDescriptor;
using detail::Place;
using detail::Refusal;

/// The paths by which a model may know the root.
std::vector<std::string> paths_of(const std::filesystem::path& root) {
  std::error_code failure;
  const auto canonical = std::filesystem::canonical(root, failure);
  if (failure) {
    throw system_error(error_code(failure.value(), boost::system::system_category()),
                       "cannot open the workspace " + detail::shown_path(root.native()));
  }
  const auto absolute = std::filesystem::absolute(root).lexically_normal();
  std::vector<std::string> paths{canonical.native()};
  if (absolute != canonical) paths.push_back(absolute.native());
  return paths;
}

FileInfo info_of(const Place& place, const struct stat& status) {
  FileInfo info;
  info.path = detail::joined_path(place.components);
  info.kind = detail::kind_of(status.st_mode);
  info.size = status.st_size;
  info.version = detail::version_of(status);
  return info;
}

Attempt<std::string> read_all(const FileDescriptor& file, std::size_t expected,
                              std::size_t max_bytes) {
  std::string bytes;
  bytes.reserve(std::min(expected, max_bytes) + 1);
  std::array<char, 65'536> buffer;
  for (;;) {
    const ssize_t count = ::read(file.get(), buffer.data(), buffer.size());
    if (count == 0) return bytes;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Refusal(detail::last_error());
    bytes.append(buffer.data(), static_cast<std::size_t>(count));
    if (bytes.size() > max_bytes) return PathFault::too_large;
  }
}

Attempt<FileContent> read_place(const detail::RootDirectory& root, const Place& place,
                                std::size_t max_bytes) {
  if (!place.kind) return PathFault::not_found;
  if (*place.kind == FileKind::directory) return PathFault::is_a_directory;
  if (*place.kind != FileKind::file) return PathFault::special_file;
  // O_NONBLOCK, because the file may have become a pipe since the walk.
  const auto file = root.open(place.components, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!file) return detail::open_refusal(file.error());
  struct stat status {};
  if (::fstat(file->get(), &status) != 0) return Refusal(detail::last_error());
  if (!S_ISREG(status.st_mode)) return PathFault::unstable;

  const std::string limit = "more than " + std::to_string(max_bytes) + " bytes";
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size > max_bytes)
    return Refusal(PathFault::too_large, std::to_string(size) + " bytes, " + limit);
  auto bytes = read_all(*file, size, max_bytes);
  if (!bytes && bytes.error().fault == PathFault::too_large)
    return Refusal(PathFault::too_large, limit);
  if (!bytes) return bytes.error();
  FileContent content;
  content.info = info_of(place, status);
  content.info.size = static_cast<std::int64_t>(bytes->size());
  content.bytes = *std::move(bytes);
  return content;
}

Attempt<FileInfo> stat_place(const detail::RootDirectory& root, const Place& place) {
  if (!place.kind) return PathFault::not_found;
  const auto file = root.open(place.components, O_PATH);
  if (!file) return detail::open_refusal(file.error());
  struct stat status {};
  if (::fstat(file->get(), &status) != 0) return Refusal(detail::last_error());
  if (S_ISLNK(status.st_mode)) return PathFault::unstable;
  return info_of(place, status);
}

}  // namespace

Workspace::Workspace(const std::filesystem::path& root, WorkspaceOptions options)
    : options_(std::move(options)),
      root_(std::make_unique<detail::RootDirectory>(paths_of(root), options_.lookup)) {}

Workspace::~Workspace() = default;

const std::string& Workspace::root() const noexcept { return root_->paths().front(); }

PathLookup Workspace::lookup() const noexcept { return root_->lookup(); }

WorkspaceResult<FileInfo> Workspace::stat(std::string_view path) const {
  return detail::at_place<FileInfo>(
      {*root_, options_.protected_names, path},
      [this](const Place& place) { return stat_place(*root_, place); });
}

WorkspaceResult<FileContent> Workspace::read(std::string_view path, std::size_t max_bytes) const {
  return detail::at_place<FileContent>(
      {*root_, options_.protected_names, path},
      [&](const Place& place) { return read_place(*root_, place, max_bytes); });
}

}  // namespace strandbus
