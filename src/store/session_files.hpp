#pragma once

#include "store/directory_commits.hpp"
#include "store/session_index.hpp"
#include "strandbus/log.hpp"
#include "strandbus/store/event_store.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <sys/stat.h>
#include <vector>

namespace strandbus::detail {

/// A file in the directory that may be a session.
struct SessionFile {
  std::string id{};
  Timestamp updated_at{};
};

/// When a file was last written.
Timestamp time_of(const struct stat& status);
/// What a file's error says about its session.
StoreError store_error_of(const std::string& id, SessionError error);

/// Reads the session files of a directory, as far as they are durable, and remembers which event
/// is where.
///
/// Threads: any thread; one reads at a time.
class SessionFiles {
 public:
  SessionFiles(std::string path, StoreDurability durability, std::shared_ptr<DurableSizes> sizes,
               Logger logger)
      : path_(std::move(path)),
        durability_(durability),
        sizes_(std::move(sizes)),
        logger_(std::move(logger)) {}

  std::string file_of(const std::string& id) const { return path_ + '/' + id + ".jsonl"; }

  // As those of EventStore.
  StoreResult<SessionSummary> find(const std::string& id);
  StoreResult<std::vector<SessionSummary>> list(std::size_t limit);
  StoreResult<std::vector<StoredMessage>> messages_before(const std::string& id);
  StoreResult<std::vector<StoredEvent>> read(const std::string& id, std::uint64_t after,
                                             std::size_t limit, std::size_t max_bytes);

  /// The one that was written last first.
  StoreResult<std::vector<SessionFile>> all() const;
  /// The file is gone.
  void forget(const std::string& id);

 private:
  /// A file that is open for reading, and what is known of it.
  struct Opened {
    FileDescriptor file{};
    struct stat status {};
    SessionIndex* index = nullptr;
    bool remembered = false;  ///< a part was read before
  };
  struct Known {
    dev_t device{};
    ino_t inode{};
    SessionIndex index{};
  };

  StoreResult<Opened> look(const std::string& id);
  StoreResult<std::vector<StoredEvent>> read_from(const Opened& opened, const std::string& id,
                                                  std::uint64_t after, std::size_t limit,
                                                  std::size_t max_bytes) const;
  StoreError damaged_event(const Opened& opened, const std::string& id, std::uint64_t seq) const;

  const std::string path_;
  const StoreDurability durability_;
  const std::shared_ptr<DurableSizes> sizes_;
  const Logger logger_;
  std::mutex mutex_;  // guards what follows
  std::map<std::string, Known> known_;
};

}  // namespace strandbus::detail
