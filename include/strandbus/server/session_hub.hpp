#pragma once

#include "strandbus/bus/session_state.hpp"
#include "strandbus/event/stream_event.hpp"
#include "strandbus/log.hpp"
#include "strandbus/server/session_agent.hpp"
#include "strandbus/server/session_feed.hpp"
#include "strandbus/server/sessions_feed.hpp"
#include "strandbus/store/event_store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace strandbus {
namespace detail {
class HubCore;
}

struct SessionHubOptions {
  /// Runs of all sessions that may be under way at the same time; 0 = no limit.
  std::size_t max_runs = 64;
  /// Messages that may wait in one session.
  std::size_t max_queued = 16;
  /// Sessions that are in memory at the same time; beyond it those without run and reader are
  /// unloaded, and if there is none, no further one is loaded.
  std::size_t max_loaded = 1024;
  /// A session without run and reader leaves the memory after this time.
  std::chrono::milliseconds idle_timeout{std::chrono::minutes(10)};
  /// Events that a session keeps in memory for readers.
  std::size_t history = 4096;
  /// Each session works in a directory of its own below this one, which is made when it is needed;
  /// empty = the agents get none.
  std::filesystem::path workspace_root{};
  /// Texts that no event may show.
  Redactor redactor{};
  /// Receives what only an operator wants to know.
  Logger logger{};
};

/// A session as it is shown.
struct SessionInfo {
  SessionSummary summary{};
  bool loaded = false;   ///< it is in memory
  bool running = false;  ///< a run is under way
  std::size_t queued = 0;
  std::size_t readers = 0;
};

/// What a new session is called.
struct NewSession {
  std::string title{};   ///< secrets in it are redacted
  std::string client{};  ///< the program that asked for it
  /// What it is about; its first line, at most 200 bytes, is the title of a session without one.
  std::string subject{};
  /// 1 to 128 characters of A-Z, a-z, 0-9, '.', '_', '-'; empty = one is made up.
  std::string id{};
  /// What was said before, elsewhere.
  std::vector<Message> messages{};
};

/// Where a session shall begin that goes another way than the one it comes from.
struct SessionFork {
  std::optional<std::uint64_t> at{};  ///< before this event of it; absent = behind the newest one
  std::string title{};                ///< empty = that of the other one
};

/// What becomes of a message while a run is under way.
enum class WhenBusy : std::uint8_t { refuse, queue };

/// What became of a message.
struct StartedRun {
  bool queued = false;      ///< it waits for the run before it
  std::uint64_t after = 0;  ///< the events of the run come behind this seq
};

struct CancelCommand {
  std::string reason{};
  CancelWhen when = CancelWhen::now;
};
struct ApproveCommand {
  std::string approval_id{};
  std::optional<json::object> arguments{};  ///< instead of the model's
  std::string by{};
};
struct DenyCommand {
  std::string approval_id{};
  std::string reason{};
  std::string by{};
};
/// Something more for the run that is under way.
struct UserMessageCommand {
  std::string text{};
};
/// The result of a call of a tool that was offered with start_run.
struct ToolAnswerCommand {
  std::string call_id{};
  ToolResult result{};
};
struct SessionCommand {
  /// Made up by whoever commands; the same id is carried out once. Empty = always.
  std::string command_id{};
  std::variant<CancelCommand, ApproveCommand, DenyCommand, UserMessageCommand, ToolAnswerCommand>
      what{};
};

/// What became of a command.
enum class CommandOutcome : std::uint8_t {
  accepted,
  repeated,  ///< a command of this id was accepted before
};

/// What became of events from outside.
struct Published {
  std::size_t accepted = 0;
  std::size_t repeated = 0;  ///< the session had an event of this id already
  std::uint64_t after = 0;   ///< the accepted ones come behind this seq
  /// Why the event behind these was refused: Errc::run_not_open, invalid_event, limit_exceeded.
  /// Nothing: all were taken.
  std::optional<StoreError> refused{};
};

/// Counts of this moment.
struct HubStats {
  std::size_t loaded = 0;
  std::size_t running = 0;
  std::size_t readers = 0;
  std::uint64_t runs_started = 0;
  std::uint64_t events = 0;  ///< that became durable
  bool draining = false;     ///< it takes no more
};

/// Sessions that are kept in a store and answered by agents: each has a bus of its own, one writer
/// and any number of readers. An event reaches readers only when it is durable, so a seq that
/// somebody has seen is never given to another event, whatever happens to the process.
///
/// A session that was interrupted is put in order when it is loaded: what was open gets its end,
/// its run fails with ErrorCode::interrupted, session_restored is published, and the conversation
/// goes on. Runs that were published from outside stay open: their agent is not ours.
///
/// Errors of all: StoreError, with Errc::session_unknown, session_in_use, store_failed, closed
/// (after drain), busy, limit_exceeded.
///
/// Threads: any thread; coroutines go on where they were started.
/// Lifetime: destroying it cancels the runs and waits for nothing; use drain for a proper end.
class SessionHub {
 public:
  SessionHub(asio::any_io_executor executor, std::shared_ptr<EventStore> store,
             SessionFactory factory, SessionHubOptions options = {});
  SessionHub(const SessionHub&) = delete;
  SessionHub& operator=(const SessionHub&) = delete;
  ~SessionHub();

  /// Begins a session. Errors: Errc::session_exists, where an id was asked for.
  asio::awaitable<StoreResult<SessionInfo>> create(NewSession wanted);
  /// Begins a session with what is durable of another one before an event. The other one goes on,
  /// whatever it does. What is open at that event is ended when the fork is loaded, as if the
  /// process had been killed there.
  ///
  /// Errors: Errc::seq_unknown where the session has no such event; as EventStore::fork.
  asio::awaitable<StoreResult<SessionInfo>> fork(std::string session_id, SessionFork wanted);
  /// Sessions, the one that was written last first.
  asio::awaitable<StoreResult<std::vector<SessionInfo>>> list(std::size_t limit);
  asio::awaitable<StoreResult<SessionInfo>> find(std::string session_id);
  /// Cancels what runs, sends readers away and removes the session.
  asio::awaitable<StoreResult<void>> remove(std::string session_id);

  /// Gives the session's agent a message, and the model these tools too, whose calls somebody
  /// answers with a ToolAnswerCommand: a call waits as long as it takes, and says so in a
  /// tool_output whose data is {"waits_for":"client"}. `traceparent` is the trace of whoever asks,
  /// as the W3C header of this name says it; one that is not valid is ignored.
  ///
  /// Errors: Errc::busy; Errc::limit_exceeded when too many runs are under way or too many messages
  ///         wait; invalid_argument for a tool that cannot be.
  asio::awaitable<StoreResult<StartedRun>> start_run(std::string session_id, std::string message,
                                                     WhenBusy when_busy = WhenBusy::refuse,
                                                     std::vector<ToolDefinition> tools = {},
                                                     std::string traceparent = {});
  /// Gives a command to the session's agent.
  asio::awaitable<StoreResult<CommandOutcome>> command(std::string session_id,
                                                       SessionCommand command);
  /// Publishes events of an agent in another process, whether or not an agent of ours is at work.
  ///
  /// They get seqs and this session's id, and keep their ids, so that they may be sent again; their
  /// runs must not be those of our agents. The conversation of our agent does not get their
  /// messages. Completes when they are durable, and with the first that is refused: those before it
  /// were taken.
  asio::awaitable<StoreResult<Published>> publish(std::string session_id,
                                                  std::vector<StreamEvent> events);
  /// Opens a reader.
  asio::awaitable<StoreResult<SessionFeed>> feed(std::string session_id, FeedOptions options);
  /// Opens a reader of all sessions. Those that are named in the options are brought into memory.
  asio::awaitable<StoreResult<SessionsFeed>> feed_all(SessionsFeedOptions options);
  /// The present of a session; a feed after its last_seq goes on from it. It holds whatever a
  /// reader has been given, and the end of a run that find() no longer calls running: it waits
  /// until what was published before is durable.
  asio::awaitable<StoreResult<SessionState>> state(std::string session_id);
  /// The same as JSON.
  asio::awaitable<StoreResult<std::string>> snapshot(std::string session_id);

  /// Takes no new run, waits for those that are under way until the deadline, then cancels them,
  /// and closes all sessions. Readers get everything and end.
  asio::awaitable<void> drain(std::chrono::steady_clock::time_point deadline);

  HubStats stats() const;
  /// Whether events are still taken.
  const EventStore& store() const noexcept;

 private:
  std::shared_ptr<detail::HubCore> core_;
};

}  // namespace strandbus
