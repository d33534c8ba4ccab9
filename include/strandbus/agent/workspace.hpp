#pragma once

#include "strandbus/event/types.hpp"

#include <boost/describe/enum.hpp>
#include <boost/system/result.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace strandbus {

/// What is wrong with a path, or with what it leads to.
enum class PathFault : std::uint8_t {
  empty_path,
  malformed,          ///< a NUL byte or invalid UTF-8
  too_long,           ///< beyond PATH_MAX or NAME_MAX
  home_expansion,     ///< begins with '~', which nobody expands here
  outside_workspace,  ///< leads out, by "..", as an absolute path or through a link
  protected_path,     ///< may be read but not changed
  link_loop,
  not_found,
  not_a_directory,
  is_a_directory,
  special_file,  ///< a device, a pipe, a socket
  too_large,
  already_there,  ///< it was to be new
  stale,          ///< somebody else has changed it meanwhile
  unstable,       ///< it kept changing while it was looked for
  access_denied,  ///< by the file system
  no_space,
  io_error,
};
BOOST_DESCRIBE_ENUM(PathFault, empty_path, malformed, too_long, home_expansion, outside_workspace,
                    protected_path, link_loop, not_found, not_a_directory, is_a_directory,
                    special_file, too_large, already_there, stale, unstable, access_denied,
                    no_space, io_error)

/// The error code that a tool reports for a fault; none where no E_ code fits.
ErrorCode error_code_of(PathFault fault) noexcept;
/// The name of a fault, for `data` of a result: "outside_workspace".
const char* to_string(PathFault fault) noexcept;

/// Why an access was refused. The message is one line of valid UTF-8; it names the path as it was
/// given and what to do, and says nothing about what lies outside of the workspace.
struct WorkspaceError {
  WorkspaceError() = default;
  WorkspaceError(PathFault what, std::string text) : fault(what), message(std::move(text)) {}

  PathFault fault = PathFault::io_error;
  std::string message;
};

template <class T>
using WorkspaceResult = boost::system::result<T, WorkspaceError>;

/// How places beneath the root are opened.
enum class PathLookup : std::uint8_t {
  automatic,  ///< openat2 where the kernel lets us, otherwise step by step
  openat2,    ///< one system call that stays beneath the root (Linux 5.6)
  steps,      ///< one component after the other, none of which may be a link
};

/// When a write is finished.
enum class Durability : std::uint8_t {
  cached,  ///< the system has the content; a power failure may lose it
  synced,  ///< the disk has it
};

struct WorkspaceOptions {
  PathLookup lookup = PathLookup::automatic;
  /// Names of directories and files, in any directory, in which nothing is changed. Compared
  /// without regard to ASCII case.
  std::vector<std::string> protected_names{".git"};
  Durability durability = Durability::cached;
};

enum class FileKind : std::uint8_t { file, directory, link, special };

/// Tells one content of a file from another without reading it.
struct FileVersion {
  std::uint64_t device{};
  std::uint64_t inode{};
  std::int64_t size{};  ///< bytes
  std::int64_t modified_ns{};
  std::int64_t changed_ns{};

  friend bool operator==(const FileVersion&, const FileVersion&) = default;
};

struct FileInfo {
  std::string path{};  ///< where it really is, relative to the root; "." is the root
  FileKind kind{};
  std::int64_t size{};  ///< bytes
  FileVersion version{};
};

struct FileContent {
  FileInfo info{};
  std::string bytes{};
};

/// What a write may do to a file that is there.
enum class Existing : std::uint8_t { replace, refuse };

struct WriteOptions {
  Existing existing = Existing::replace;
  /// Replaces only this version; otherwise PathFault::stale.
  std::optional<FileVersion> expected{};
};

struct WrittenFile {
  std::string path{};  ///< where it really is, relative to the root
  bool created{};
};

struct ListOptions {
  /// Levels of directories to look into; 1 = only the directory itself.
  std::size_t depth = 1;
  /// No more than this, in the order of the names; of one directory that holds more, any of them.
  std::size_t max_entries = 100'000;
  /// What has one of these names is left out, not even named.
  std::vector<std::string> skipped_names{".git"};
};

struct ListedFile {
  std::string path{};  ///< relative to the root
  FileKind kind{};
  std::string target{};  ///< of a link, as it is written there
};

struct Listing {
  std::string path{};  ///< of the directory, relative to the root
  /// Sorted by name, a directory before what is in it. Links are named, not followed.
  std::vector<ListedFile> entries{};
  bool truncated{};          ///< there is more than max_entries
  std::size_t unreadable{};  ///< directories that could not be opened
};

namespace detail {
class RootDirectory;
}

/// A directory that accesses cannot leave, whatever path somebody gives and whatever somebody else
/// does to the directory meanwhile.
///
/// The directory is opened once; from then on it is that directory, even if it is renamed. A path
/// is first followed to the place to which it leads, link by link, and then exactly that place is
/// opened beneath the handle, where no component may be a link. Whatever is swapped in between
/// makes the second step fail, and both are tried again.
///
/// A path is relative to the root, or absolute below the root's own path. Links may be followed
/// wherever they stay inside, absolute ones too. "~" is never expanded. What is mounted below the
/// root belongs to it. docs/tools.md says what this does not guarantee.
///
/// Threads: any thread. An access may block for as long as the file system does.
class Workspace {
 public:
  /// Opens the directory.
  ///
  /// Errors: throws system_error naming the path when it is no directory or cannot be opened, or
  ///         when openat2 was asked for and the kernel refuses it.
  explicit Workspace(const std::filesystem::path& root, WorkspaceOptions options = {});
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;
  ~Workspace();

  /// The directory's canonical path when it was opened.
  const std::string& root() const noexcept;
  /// The lookup in use; never automatic.
  PathLookup lookup() const noexcept;

  /// What is at a place; a link is followed.
  ///
  /// Errors: the faults of the path; not_found, access_denied, link_loop, unstable.
  WorkspaceResult<FileInfo> stat(std::string_view path) const;

  /// The whole content of a regular file. Never waits for a pipe or a device.
  ///
  /// Errors: as stat; is_a_directory, special_file; too_large for more than `max_bytes`; io_error.
  WorkspaceResult<FileContent> read(std::string_view path, std::size_t max_bytes) const;

  /// Gives a file this content, and makes the directories above it where they are missing.
  ///
  /// The content goes to a temporary file beside it, which then takes its place in one step: a
  /// reader sees the old content or the new one, a failed write leaves the old one, another hard
  /// link keeps it. The permission bits stay. A link as the last component is followed like the
  /// others, so the file that it names inside is replaced and the link stays.
  ///
  /// Errors: as read; protected_path; already_there, stale by the options; access_denied for a
  ///         read-only file too; no_space.
  WorkspaceResult<WrittenFile> write(std::string_view path, std::string_view content,
                                     const WriteOptions& options = {}) const;

  /// Removes a file, or a link but not what it names. Gives the place that is empty now.
  ///
  /// Errors: as write; is_a_directory.
  WorkspaceResult<std::string> remove(std::string_view path) const;

  /// What is in a directory.
  ///
  /// Errors: as stat; not_a_directory.
  WorkspaceResult<Listing> list(std::string_view path, const ListOptions& options = {}) const;

 private:
  const WorkspaceOptions options_;
  const std::unique_ptr<detail::RootDirectory> root_;
};

}  // namespace strandbus
