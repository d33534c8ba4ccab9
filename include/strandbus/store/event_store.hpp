#pragma once

#include "strandbus/error.hpp"
#include "strandbus/event/timestamp.hpp"
#include "strandbus/store/session_file.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/assert/source_location.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace strandbus {

/// What an event survives that a store has acknowledged.
enum class StoreDurability : std::uint8_t {
  process,  ///< the end of the process, kill -9 included; the machine stays up
  power,    ///< the end of the machine too, as far as its disk keeps its word
};

/// Why a store cannot do something.
struct StoreError {
  error_code code{};      ///< Errc::session_unknown, session_exists, session_in_use, seq_unknown,
                          ///< invalid_event, invalid_file, store_failed, or what the system said
  std::string message{};  ///< says what, where and what to do, ready to show
};

/// A value or the reason why there is none.
template <class T>
using StoreResult = boost::system::result<T, StoreError>;

/// What `result.value()` throws: a system_error whose text holds the message.
[[noreturn]] void throw_exception_from_error(const StoreError& error,
                                             const boost::source_location& where);

/// An event as it is kept: the very bytes that are sent to readers, however many there are.
struct StoredEvent {
  std::uint64_t seq{};
  std::shared_ptr<const std::string> json{};  ///< the native form (json_codec.hpp), no line end
};

/// What a store knows about a session without reading its events.
struct SessionSummary {
  SessionMetadata metadata{};
  std::uint64_t first_seq{};  ///< of the oldest event that is kept; 0 = none
  std::uint64_t last_seq{};   ///< of the newest; 0 = none
  std::uint64_t bytes{};      ///< of its events
  Timestamp updated_at{};     ///< when something was last written
};

/// The one who writes a session. While it exists no other one does, in no process.
///
/// Threads:  one strand; last_seq from any thread.
/// Lifetime: may outlive its store object. Destroying it lets the session go; what was given to it
///           is still written, and its completions come.
class SessionWriter {
 public:
  SessionWriter(const SessionWriter&) = delete;
  SessionWriter& operator=(const SessionWriter&) = delete;
  virtual ~SessionWriter() = default;

  /// Writes events, whose seqs must follow the newest one's without a gap.
  ///
  /// Several appends may be under way; they are written in order, and those of all sessions that
  /// come together share one commit.
  ///
  /// Signature:    void(error_code)
  /// Completes:    when all of them are durable, to the level of the store, or none is.
  /// Errors:       Errc::seq_unknown if the seqs do not follow; Errc::store_failed, and from then
  ///               on for every append: what the store said once it does not take back.
  /// Cancellation: none: what is under way is finished.
  /// Threads:      the handler runs on its associated executor.
  template <asio::completion_token_for<void(error_code)> Token>
  auto async_append(std::vector<StoredEvent> events, Token&& token) {
    return asio::async_initiate<Token, void(error_code)>(
        [this](auto handler, std::vector<StoredEvent> what) {
          start_append(std::move(what), AppendHandler(std::move(handler)));
        },
        token, std::move(events));
  }

  /// The seq of the newest event that is durable.
  virtual std::uint64_t last_seq() const noexcept = 0;

 protected:
  using AppendHandler = asio::any_completion_handler<void(error_code)>;
  SessionWriter() = default;

 private:
  virtual void start_append(std::vector<StoredEvent> events, AppendHandler handler) = 0;
};

/// Keeps the events of sessions.
///
/// What every store promises; store_conformance.hpp checks it:
///  - acknowledged means durable, to the level that durability() names;
///  - events come back as they were given, in the order of their seqs, each once;
///  - a write or sync that fails is final: nothing more is taken, failure() says why, and what was
///    acknowledged before can still be read;
///  - a record that was damaged is found by its checksum and reported with its place; it is never
///    served, and what is whole beside it stays.
///
/// Threads: any thread. All but async_append block for as long as the file takes.
class EventStore {
 public:
  EventStore(const EventStore&) = delete;
  EventStore& operator=(const EventStore&) = delete;
  virtual ~EventStore() = default;

  /// Bytes of events that one read gives unless it is told otherwise.
  static constexpr std::size_t default_read_bytes = std::size_t{4} * 1024 * 1024;

  virtual StoreDurability durability() const noexcept = 0;

  /// Begins a session; `before` is what it already knows when it is the fork of another one. The
  /// session is durable when this returns.
  ///
  /// Errors: Errc::session_exists; invalid_argument for an id that is empty, longer than 128 bytes
  ///         or not of [A-Za-z0-9._-]; Errc::store_failed; the system's.
  virtual StoreResult<std::unique_ptr<SessionWriter>> create(
      const SessionMetadata& metadata, std::span<const StoredMessage> before) = 0;
  StoreResult<std::unique_ptr<SessionWriter>> create(const SessionMetadata& metadata) {
    return create(metadata, {});
  }

  /// Begins a session with what another one had before its event `at`: the messages that it began
  /// with and its events, byte for byte, so that they still say their own session. `at` is at most
  /// one more than the seq of its newest event; the next event of the fork has this seq. The
  /// metadata says "forked_from" and "forked_at" whatever the given one does. The origin is only
  /// read, so it may have a writer; what is durable of it counts.
  ///
  /// The fork is durable when this returns, or there is none.
  ///
  /// Errors: Errc::session_unknown; Errc::seq_unknown for an `at` that is 0, beyond, or before the
  ///         oldest event; Errc::invalid_file if one of these events is damaged; as create.
  virtual StoreResult<SessionSummary> fork(const std::string& origin, std::uint64_t at,
                                           const SessionMetadata& metadata) = 0;

  /// Goes on with a session.
  ///
  /// Errors: Errc::session_unknown, session_in_use, store_failed; the system's.
  virtual StoreResult<std::unique_ptr<SessionWriter>> open(const std::string& session_id) = 0;

  /// Errors: Errc::session_unknown; the system's.
  virtual StoreResult<SessionSummary> find(const std::string& session_id) const = 0;

  /// Sessions, the one that was written last first, at most `limit`.
  virtual StoreResult<std::vector<SessionSummary>> list(std::size_t limit) const = 0;

  /// The messages that a session began with.
  ///
  /// Errors: Errc::session_unknown, invalid_file; the system's.
  virtual StoreResult<std::vector<StoredMessage>> messages_before(
      const std::string& session_id) const = 0;

  /// The durable events after `after`, in order, at most `limit` and, but for the first, at most
  /// `max_bytes`. Empty behind the newest one.
  ///
  /// What is whole before a damaged record is given; a read that begins at the damaged one is
  /// refused.
  ///
  /// Errors: Errc::session_unknown; Errc::invalid_file if the first one is damaged or missing; the
  ///         message names its seq: ask for what is after it; the system's.
  virtual StoreResult<std::vector<StoredEvent>> read(
      const std::string& session_id, std::uint64_t after, std::size_t limit,
      std::size_t max_bytes = default_read_bytes) const = 0;

  /// Removes a session and its events.
  ///
  /// Errors: Errc::session_unknown, session_in_use, store_failed; the system's.
  virtual StoreResult<void> remove(const std::string& session_id) = 0;

  /// Removes the sessions that nobody writes and that were last written before `before`.
  ///
  /// Returns: how many.
  /// Errors:  Errc::store_failed; the system's.
  virtual StoreResult<std::size_t> prune(Timestamp before) = 0;

  /// Why the store takes nothing more; empty while all is well.
  virtual std::optional<StoreError> failure() const = 0;

 protected:
  EventStore() = default;
};

}  // namespace strandbus
