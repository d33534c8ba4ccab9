#pragma once

#include "strandbus/agent/workspace.hpp"

#include <sys/stat.h>

namespace strandbus::detail {

/// What kind of thing a mode is of.
inline FileKind kind_of(mode_t mode) noexcept {
  if (S_ISREG(mode)) return FileKind::file;
  if (S_ISDIR(mode)) return FileKind::directory;
  return S_ISLNK(mode) ? FileKind::link : FileKind::special;
}

inline std::int64_t nanoseconds(const timespec& time) noexcept {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

inline FileVersion version_of(const struct stat& status) noexcept {
  FileVersion version;
  version.device = status.st_dev;
  version.inode = status.st_ino;
  version.size = status.st_size;
  version.modified_ns = nanoseconds(status.st_mtim);
  version.changed_ns = nanoseconds(status.st_ctim);
  return version;
}

}  // namespace strandbus::detail
