#pragma once

#include "file_descriptor.hpp"
#include "strandbus/store/session_reader.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <utility>

namespace strandbus::detail {

/// A session file that lines are put behind.
///
/// Threads: distinct objects.
class SessionFileWriter {
 public:
  /// A new file, or an empty one, for its owner only.
  static SessionResult<SessionFileWriter> create(const std::string& path);
  /// A session file whose writer may have been stopped anywhere: what there is of a last line that
  /// is cut off is removed, and the message that its last event commits is put behind that.
  static SessionResult<SessionFileWriter> append(const std::string& path);
  /// A file that nobody writes to while this is held.
  static SessionResult<FileDescriptor> lock(const std::string& path);

  /// Puts lines with their ends behind the others, with one write where the system allows it. Takes
  /// back what was written of them when that fails.
  std::optional<SessionError> write(std::string_view lines);

  /// Takes back what was written since the file had this size, as far as that is possible.
  void take_back(std::uint64_t size) noexcept;
  /// Waits for the disk.
  std::optional<SessionError> sync();
  /// Gives the file the present time, to the nanosecond.
  void touch() noexcept;

  /// Removes the file if create() made it.
  void remove() noexcept;

  /// Of the whole lines.
  std::uint64_t size() const noexcept { return static_cast<std::uint64_t>(size_); }

  const std::string& path() const noexcept { return path_; }

 private:
  SessionFileWriter(std::string path, FileDescriptor file, off_t size, bool is_new)
      : path_(std::move(path)), file_(std::move(file)), size_(size), is_new_(is_new) {}

  std::optional<SessionError> repair(const TornLine& torn);

  std::string path_;
  FileDescriptor file_;
  off_t size_;   ///< of the whole lines
  bool is_new_;  ///< we have made it
};

}  // namespace strandbus::detail
