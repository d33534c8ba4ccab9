#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace strandbus {

/// What a model knows of a file.
enum class Seen : std::uint8_t {
  never,     ///< it has not read it
  outdated,  ///< it has read another content
  current,   ///< it has read, or written, this content
};

/// Which contents of which files a conversation has really read or written, by their digests.
///
/// The agent keeps one per conversation and hands it to every call (ToolContext::reads). Tools that
/// read a file note it here; a tool that is about to change one asks here first. It remembers a
/// bounded number of files; what it forgets has to be read again.
///
/// Threads: any thread.
class ReadRecord {
 public:
  /// Errors: std::invalid_argument for 0 files.
  explicit ReadRecord(std::size_t max_files = 4096);

  /// The model knows this content now. `path` is where the file really is, `asked` how it was named
  /// in the call.
  void note(std::string_view path, std::string_view asked, std::string_view content);

  /// What the model knows of the file at `path`, whose content is now `content`.
  Seen check(std::string_view path, std::string_view content) const;

  /// Whether a file of this name, real or as it was asked for, has ever been noted. Looks at no
  /// file.
  bool knows(std::string_view name) const;

  /// The file is gone.
  void forget(std::string_view path);

 private:
  struct File {
    std::string path;
    std::string asked;
    std::string digest;
  };
  using Files = std::list<File>;

  void erase(Files::iterator file);

  const std::size_t max_files_;
  mutable std::mutex mutex_;
  Files files_;  ///< the one that was noted last is the last
  std::map<std::string, Files::iterator, std::less<>> by_path_;
  std::map<std::string, std::size_t, std::less<>> asked_;  ///< files that were asked for so
};

}  // namespace strandbus
