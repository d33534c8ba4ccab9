#pragma once

#include "strandbus/bus/event_bus.hpp"
#include "strandbus/store/session_file.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace strandbus {
namespace detail {
class SessionRecorder;
}

/// Whether a store that fails says so on the bus, as a system_notice of the subsystem "store".
enum class StoreNotices : std::uint8_t { off, publish };

struct JsonlStoreOptions {
  StoreNotices notices = StoreNotices::off;
  /// Called once, when the first line could not be written, in the thread that published it.
  std::function<void(const SessionError&)> on_failure{};
};

/// Records a session in a file, line by line, as it happens; SessionReader reads it back.
///
/// A line is written before the publish that made it returns, so what a program has published is in
/// the file (in the system's hands, not yet on the disk) when it ends, however it ends. An event
/// and the message that it commits are written at once.
///
/// The first write that fails ends the recording: what it wrote of its line is taken back,
/// failure() says why, and the run goes on.
///
/// Threads: distinct objects; failure(), events() and wait_written() from any thread.
/// Lifetime: may outlive the bus. While it exists, no other store can open the same file.
class [[nodiscard]] JsonlStore {
 public:
  /// A store on a new file, readable by its owner only, that holds the metadata. An empty file that
  /// exists is taken too.
  ///
  /// Errors: the system's, file_exists among them; nothing is left behind.
  static SessionResult<JsonlStore> create(const std::string& path, const SessionMetadata& metadata,
                                          JsonlStoreOptions options = {});

  /// As create, for a session that begins with messages of another one: they come first.
  static SessionResult<JsonlStore> fork(const std::string& path, const SessionMetadata& metadata,
                                        std::span<const StoredMessage> messages,
                                        JsonlStoreOptions options = {});

  /// A store that goes on with a session file, wherever its writer was stopped: a last line that is
  /// cut off is removed, a message whose event is there and whose own line is not is written.
  ///
  /// Errors: as SessionReader, for the whole file is read;
  ///         device_or_resource_busy if another store has it open; the system's.
  static SessionResult<JsonlStore> append(const std::string& path, JsonlStoreOptions options = {});

  JsonlStore(JsonlStore&&) noexcept;
  JsonlStore& operator=(JsonlStore&&) noexcept;
  /// Ends the recording and closes the file.
  ~JsonlStore();

  /// Records the events of `bus`, losslessly (Overflow::block), and the messages that they commit
  /// to the conversation (not those of nested runs). Once.
  ///
  /// Errors: throws system_error with Errc::seq_unknown for a start beyond the newest event.
  void record(EventBus& bus, Start from = Start::oldest());

  /// Ends the recording: no event is written after it has returned. The file stays open.
  void stop();

  /// Waits in the calling thread until an event that was published is written, or recording has
  /// ended. A reader of the bus can be a moment ahead of the file: who shows events calls this
  /// first, and shows nothing that a program which is killed now has not recorded.
  ///
  /// Threads: any thread but one that is in a callback of the bus. The event must have been, or be
  ///          about to be, published behind the start that record() was given.
  void wait_written(std::uint64_t seq) const noexcept;

  /// Why recording ended before its time; nothing while all is well.
  std::optional<SessionError> failure() const;

  /// How many events have been written.
  std::uint64_t events() const noexcept;

 private:
  explicit JsonlStore(std::shared_ptr<detail::SessionRecorder> recorder) noexcept;

  std::shared_ptr<detail::SessionRecorder> recorder_;
  Subscription subscription_;
};

}  // namespace strandbus
