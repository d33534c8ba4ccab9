#pragma once

#include "server/durable_log.hpp"
#include "server/event_intake.hpp"
#include "server/hub_services.hpp"
#include "server/seen_commands.hpp"
#include "store/interrupted_runs.hpp"
#include "strandbus/event/json_codec.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace strandbus::detail {

/// A session in memory: its bus, its writer, its agent.
///
/// What the agent publishes goes to the store, and from there to the readers.
///
/// Threads:  all on its strand, but for what says otherwise.
/// Lifetime: its coroutines keep it; close() ends them.
class HostedSession : public std::enable_shared_from_this<HostedSession> {
 public:
  using Strand = asio::strand<asio::any_io_executor>;

  /// Something for the agent to answer.
  struct Question {
    std::string message{};
    std::string trace_parent{};  ///< of whoever asks; may be empty
  };

  HostedSession(std::shared_ptr<HubServices> services, SessionMetadata metadata,
                std::unique_ptr<SessionWriter> writer);
  HostedSession(const HostedSession&) = delete;
  HostedSession& operator=(const HostedSession&) = delete;

  /// Threads: any thread.
  const Strand& strand() const noexcept { return strand_; }
  const SessionMetadata& metadata() const noexcept { return metadata_; }
  const std::shared_ptr<DurableLog>& log() const noexcept { return log_; }
  /// The seq of the newest event when it came into memory, readable or not. After load.
  std::uint64_t came_after() const noexcept { return came_after_; }
  bool running() const noexcept { return running_; }
  std::size_t queued() const noexcept { return queued_; }
  /// Whether somebody waits for what it does.
  bool busy() const noexcept { return running_ || publishing_ > 0; }

  /// Begins to write, with the event that says that there is a session.
  void begin(const NewSession& wanted);
  /// Reads the past, as far as it is readable, puts in order what was interrupted, and begins to
  /// write.
  asio::awaitable<StoreResult<void>> load();

  StoreResult<StartedRun> start_run(Question question, WhenBusy when_busy,
                                    std::vector<ToolDefinition> tools);
  StoreResult<CommandOutcome> command(SessionCommand command);
  /// Takes events from outside, until one is refused.
  asio::awaitable<StoreResult<Published>> publish(std::vector<StreamEvent> events);
  /// What has happened up to now, as soon as it is durable. A run that is no longer running() has
  /// its end in it.
  asio::awaitable<SessionState> state();

  /// Ends what runs, at the latest at the deadline, and lets the store go. `why` is what readers
  /// are told; without code they get everything and end. Once.
  asio::awaitable<void> close(std::chrono::steady_clock::time_point deadline, std::string reason,
                              StoreError why);

 private:
  void begin_to_write();
  StoreResult<void> take_page(const std::vector<StoredEvent>& page, std::uint64_t last);
  void take_missing(std::uint64_t until);
  void report_missing();
  void take_past(const StoredEvent& stored, const StreamEvent& event);
  void end_interrupted();
  void announce_restore();
  void make_agent();
  std::optional<StoreError> offer(std::vector<ToolDefinition> tools);

  static asio::awaitable<void> write(std::shared_ptr<HostedSession> self);
  asio::awaitable<bool> write_once();
  void fail(error_code code);
  bool suspend();

  void offer_again(std::vector<ApprovalRequested> pending);
  static asio::awaitable<void> resume(std::shared_ptr<HostedSession> self,
                                      std::vector<ApprovalRequested> pending);
  static asio::awaitable<void> serve(std::shared_ptr<HostedSession> self, Question question);
  asio::awaitable<void> serve_queue();
  asio::awaitable<void> answer(Question question);
  void report(const char* what);

  bool take(StreamEvent event, Published& published);
  std::optional<StoreError> why_not() const;
  asio::awaitable<void> until_durable(std::uint64_t seq);

  void notify() { changes_.cancel(); }
  asio::awaitable<void> changed(std::chrono::steady_clock::time_point deadline);

  const std::shared_ptr<HubServices> services_;
  const SessionMetadata metadata_;
  const Strand strand_;
  const std::shared_ptr<DurableLog> log_;
  std::unique_ptr<SessionWriter> writer_;
  EventBus bus_;
  EventStream unwritten_;
  Publisher publisher_;
  std::unique_ptr<SessionAgent> agent_;      // from the first run on
  std::vector<Message> messages_;            // of the past, until there is an agent
  std::optional<SessionRestored> restored_;  // to be published before the next run
  InterruptedRuns interrupted_;
  EventIntake intake_;
  EventReader decoder_;
  std::optional<StreamEvent> newest_;  // of the past that can be read
  std::uint64_t missing_from_ = 0;     // the first event of the hole at came_after_; 0 = none
  std::uint64_t past_events_ = 0;
  std::uint64_t came_after_ = 0;
  std::deque<Question> queue_;
  SeenCommands commands_;
  asio::steady_timer changes_;
  std::optional<std::uint64_t> commanded_;  // the newest seq when the last command came
  asio::steady_timer written_;  // never expires: whoever waits for what becomes durable is woken
  std::optional<StoreError> failure_;
  std::atomic<bool> running_{false};
  std::atomic<std::size_t> queued_{0};
  std::atomic<std::size_t> publishing_{0};
  bool writing_ = false;
  bool closing_ = false;
  bool suspended_ = false;     // what is published from now on has not happened
  bool changed_here_ = false;  // by this process
};

}  // namespace strandbus::detail
