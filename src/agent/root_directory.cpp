#include "agent/root_directory.hpp"

#include "agent/path_rules.hpp"

#include <cerrno>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace strandbus::detail {
namespace {

/// Made by hand: not every C library has a function for it.
Result<FileDescriptor> open_beneath(int root, const std::string& path, int flags) {
  open_how how{};
  how.flags = static_cast<decltype(how.flags)>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS;
  for (;;) {
    const long descriptor = ::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how);
    if (descriptor >= 0) return FileDescriptor(static_cast<int>(descriptor));
    if (errno != EINTR) return last_error();
  }
}

/// A kernel without openat2 says ENOSYS, a sandbox that hides it says EPERM as well.
bool is_refused(const error_code& error) noexcept {
  return error.value() == ENOSYS || error.value() == EPERM;
}

PathLookup usable(int root, PathLookup wanted, const std::string& path) {
  if (wanted == PathLookup::steps) return wanted;
  const auto probe = open_beneath(root, ".", O_PATH | O_DIRECTORY);
  if (probe) return PathLookup::openat2;
  if (wanted == PathLookup::automatic) return PathLookup::steps;
  throw system_error(probe.error(), "cannot use openat2 for the workspace " + shown_path(path));
}

}  // namespace

error_code last_error() noexcept { return {errno, boost::system::system_category()}; }

Result<FileDescriptor> open_name(int directory, const std::string& name, int flags, unsigned mode) {
  for (;;) {
    const int descriptor = ::openat(directory, name.c_str(), flags | O_NOFOLLOW | O_CLOEXEC, mode);
    if (descriptor >= 0) return FileDescriptor(descriptor);
    if (errno != EINTR) return last_error();
  }
}

RootDirectory::RootDirectory(std::vector<std::string> paths, PathLookup lookup)
    : paths_(std::move(paths)),
      handle_(::open(paths_.front().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)),
      lookup_(lookup) {
  if (!handle_)
    throw system_error(last_error(), "cannot open the workspace " + shown_path(paths_.front()));
  lookup_ = usable(handle_.get(), lookup, paths_.front());
}

Result<FileDescriptor> RootDirectory::open(std::span<const std::string> components,
                                           int flags) const {
  if (lookup_ == PathLookup::openat2) {
    auto opened = open_at_once(components, flags);
    if (opened || !is_refused(opened.error())) return opened;
  }
  return open_in_steps(components, flags);
}

Result<FileDescriptor> RootDirectory::open_at_once(std::span<const std::string> components,
                                                   int flags) const {
  return open_beneath(handle_.get(), joined_path(components), flags | O_NOFOLLOW);
}

Result<FileDescriptor> RootDirectory::open_in_steps(std::span<const std::string> components,
                                                    int flags) const {
  if (components.empty()) return open_name(handle_.get(), ".", flags);
  FileDescriptor directory;
  int at = handle_.get();
  for (const std::string& name : components.first(components.size() - 1)) {
    auto next = open_name(at, name, O_PATH | O_DIRECTORY);
    if (!next) return next.error();
    directory = std::move(*next);
    at = directory.get();
  }
  return open_name(at, components.back(), flags);
}

}  // namespace strandbus::detail
