#pragma once

#include "file_descriptor.hpp"
#include "strandbus/agent/workspace.hpp"

#include <span>
#include <string>
#include <vector>

namespace strandbus::detail {

/// The handle of a workspace's root, and the way to open exactly a place beneath it.
///
/// Threads: any thread; immutable.
class RootDirectory {
 public:
  /// Opens the first of `paths`, all of which name the same directory.
  ///
  /// Errors: throws system_error.
  RootDirectory(std::vector<std::string> paths, PathLookup lookup);

  PathLookup lookup() const noexcept { return lookup_; }
  /// The absolute paths by which the root was known when it was opened; the canonical one first.
  const std::vector<std::string>& paths() const noexcept { return paths_; }

  /// Opens the place with these names, none of which may be a link or "..". A link as the last one
  /// is opened itself with O_PATH; no components: the root.
  ///
  /// Errors: those of the system. ELOOP, ENOTDIR, ENOENT, EXDEV and EAGAIN are also what a place
  ///         gives that is being changed.
  Result<FileDescriptor> open(std::span<const std::string> components, int flags) const;

 private:
  Result<FileDescriptor> open_at_once(std::span<const std::string> components, int flags) const;
  Result<FileDescriptor> open_in_steps(std::span<const std::string> components, int flags) const;

  std::vector<std::string> paths_;
  FileDescriptor handle_;
  PathLookup lookup_;
};

/// Opens one name in a directory, following no link.
Result<FileDescriptor> open_name(int directory, const std::string& name, int flags,
                                 unsigned mode = 0);

/// What errno says, as an error.
error_code last_error() noexcept;

}  // namespace strandbus::detail
