#include "agent/at_place.hpp"
#include "agent/file_status.hpp"
#include "strandbus/agent/workspace.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

namespace strandbus {
namespace {

using detail::Attempt;
using detail::FileDescriptor;
using detail::Place;

struct Name {
  std::string text;
  FileKind kind{};
  std::string target;
};

struct CloseDirectory {
  void operator()(DIR* directory) const noexcept { ::closedir(directory); }
};
using OpenDirectory = std::unique_ptr<DIR, CloseDirectory>;

OpenDirectory readable(FileDescriptor directory) {
  OpenDirectory opened(::fdopendir(directory.get()));
  if (opened) directory.release();
  return opened;
}

std::string target_of(int directory, const char* name) {
  std::array<char, PATH_MAX> buffer;
  const ssize_t size = ::readlinkat(directory, name, buffer.data(), buffer.size());
  return size < 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(size));
}

FileKind kind_of(int directory, const dirent& entry) {
  switch (entry.d_type) {
    case DT_REG: return FileKind::file;
    case DT_DIR: return FileKind::directory;
    case DT_LNK: return FileKind::link;
    case DT_UNKNOWN: break;  // the file system does not tell
    default: return FileKind::special;
  }
  struct stat status {};
  if (::fstatat(directory, entry.d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
    return FileKind::special;
  return detail::kind_of(status.st_mode);
}

/// Lists directories, one open at a time however deep they are.
class Lister {
 public:
  Lister(const detail::RootDirectory& root, const ListOptions& options)
      : root_(root), options_(options) {}

  Attempt<Listing> list(const Place& place) {
    auto directory = open(place.components);
    if (!directory) return detail::open_refusal(directory.error());
    listing_.path = detail::joined_path(place.components);
    components_ = place.components;
    visit(std::move(*directory), 1);
    return std::move(listing_);
  }

 private:
  Result<FileDescriptor> open(std::span<const std::string> components) const {
    return root_.open(components, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
  }

  void visit(FileDescriptor directory, std::size_t level) {
    for (Name& name : names_in(std::move(directory))) {
      if (full()) return;
      components_.push_back(std::move(name.text));
      ListedFile entry;
      entry.path = detail::joined_path(components_);
      entry.kind = name.kind;
      entry.target = std::move(name.target);
      listing_.entries.push_back(std::move(entry));
      if (name.kind == FileKind::directory && level < options_.depth) descend(level + 1);
      components_.pop_back();
    }
  }

  void descend(std::size_t level) {
    auto directory = open(components_);
    if (directory) return visit(std::move(*directory), level);
    // What has gone or has become something else meanwhile needs no mention.
    if (!detail::was_changed(directory.error())) ++listing_.unreadable;
  }

  bool full() {
    if (listing_.entries.size() >= options_.max_entries) listing_.truncated = true;
    return listing_.truncated;
  }

  std::vector<Name> names_in(FileDescriptor descriptor) {
    std::vector<Name> names;
    const OpenDirectory directory = readable(std::move(descriptor));
    if (!directory) return names;
    const int handle = ::dirfd(directory.get());
    while (const dirent* entry = ::readdir(directory.get())) {
      Name name{entry->d_name, {}, {}};
      if (name.text == "." || name.text == "..") continue;
      if (detail::is_one_of(name.text, options_.skipped_names)) continue;
      if (names.size() > options_.max_entries) break;
      name.kind = kind_of(handle, *entry);
      if (name.kind == FileKind::link) name.target = target_of(handle, entry->d_name);
      names.push_back(std::move(name));
    }
    std::ranges::sort(names, {}, &Name::text);
    return names;
  }

  const detail::RootDirectory& root_;
  const ListOptions& options_;
  Listing listing_;
  std::vector<std::string> components_;
};

Attempt<Listing> list_place(const detail::RootDirectory& root, const Place& place,
                            const ListOptions& options) {
  if (!place.kind) return PathFault::not_found;
  if (*place.kind != FileKind::directory) return PathFault::not_a_directory;
  return Lister(root, options).list(place);
}

}  // namespace

WorkspaceResult<Listing> Workspace::list(std::string_view path, const ListOptions& options) const {
  return detail::at_place<Listing>(
      {*root_, options_.protected_names, path},
      [&](const Place& place) { return list_place(*root_, place, options); });
}

}  // namespace strandbus
