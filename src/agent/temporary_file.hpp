#pragma once

#include "agent/refusal.hpp"
#include "file_descriptor.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace strandbus::detail {

/// A file that takes the place of another one when it is complete; until then it goes with its
/// owner.
class TemporaryFile {
 public:
  /// A new file in this directory. `mode` is limited by the umask.
  static Attempt<TemporaryFile> create(int directory, mode_t mode);

  TemporaryFile(TemporaryFile&& other) noexcept;
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile();

  int descriptor() const noexcept { return file_.get(); }

  std::optional<Refusal> write(std::string_view content);
  /// Closes the file; `sync` waits for the disk.
  std::optional<Refusal> finish(Durability durability);
  /// Gives it its name, in place of what has it; or only if nothing has it.
  std::optional<Refusal> rename(const std::string& name, Existing existing);

 private:
  TemporaryFile(int directory, std::string name, FileDescriptor file) noexcept;

  int directory_;
  std::string name_;  ///< empty once it has its final name
  FileDescriptor file_;
};

}  // namespace strandbus::detail
