#include "server/hosted_session.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <variant>

namespace strandbus::detail {
namespace {

constexpr std::size_t max_write = 512;  // events of one append
constexpr std::chrono::seconds patience_with_agents(5);

BusOptions bus_options(const HubServices& services) {
  BusOptions options;
  options.history = 64;  // readers have a bus of their own; what is unwritten is kept anyway
  options.landmarks = 0;
  options.logger = services.options.logger;
  return options;
}

StreamOptions lossless() {
  StreamOptions options;
  options.overflow = Overflow::block;
  options.name = "store";
  return options;
}

Publisher publisher_of(const EventBus& bus, const HubServices& services, std::string session_id) {
  RunContext context;
  context.session_id = std::move(session_id);
  return bus.publisher(std::move(context)).redacted(services.options.redactor);
}

/// Gives a command to an agent.
struct Commander {
  SessionAgent& agent;

  void operator()(const CancelCommand& command) const {
    agent.cancel(command.reason.empty() ? "cancelled" : command.reason, command.when);
  }
  void operator()(const ApproveCommand& command) const {
    if (command.arguments) {
      agent.approve_with(command.approval_id, *command.arguments, command.by);
    } else {
      agent.approve(command.approval_id, command.by);
    }
  }
  void operator()(const DenyCommand& command) const {
    agent.deny(command.approval_id, command.reason, command.by);
  }
  void operator()(const UserMessageCommand& command) const { agent.send(command.text); }
  void operator()(const ToolAnswerCommand& command) const {
    agent.answer(command.call_id, command.result);
  }
};

}  // namespace

HostedSession::HostedSession(std::shared_ptr<HubServices> services, SessionMetadata metadata,
                             std::unique_ptr<SessionWriter> writer)
    : services_(std::move(services)),
      metadata_(std::move(metadata)),
      strand_(services_->executor),
      log_(std::make_shared<DurableLog>(services_, metadata_.session_id)),
      writer_(std::move(writer)),
      bus_(services_->executor, bus_options(*services_)),
      publisher_(publisher_of(bus_, *services_, metadata_.session_id)),
      changes_(strand_, std::chrono::steady_clock::time_point::max()),
      written_(strand_, std::chrono::steady_clock::time_point::max()) {}

void HostedSession::begin(const NewSession& wanted) {
  messages_ = wanted.messages;
  begin_to_write();
  changed_here_ = true;
  SessionCreated created;
  created.workspace = metadata_.workspace;
  created.title = wanted.title;
  created.client = wanted.client;
  static_cast<void>(publisher_.publish(std::move(created)));
}

// From the bus to the store, and from there to the readers.

void HostedSession::begin_to_write() {
  unwritten_ = bus_.stream(strand_, lossless());
  writing_ = true;
  asio::co_spawn(strand_, write(shared_from_this()), asio::detached);
}

asio::awaitable<void> HostedSession::write(std::shared_ptr<HostedSession> self) {
  try {
    for (bool more = true; more;) more = co_await self->write_once();
  } catch (const std::exception& failure) {
    self->services_->options.logger.log(LogLevel::error, failure.what());
    self->fail(Errc::store_failed);
  }
  self->writing_ = false;
  self->written_.cancel();
  self->notify();
}

/// Makes durable what was published since the last time; false at the end.
asio::awaitable<bool> HostedSession::write_once() {
  const auto [ended] = co_await unwritten_.async_wait(asio::as_tuple(asio::use_awaitable));
  if (ended || suspended_) co_return false;
  std::vector<StreamEvent> events;
  std::vector<StoredEvent> texts;
  while (texts.size() < max_write) {
    const Batch batch = unwritten_.try_batch();
    if (batch.empty()) break;
    for (const StreamEvent& event : batch) {
      StoredEvent text;
      text.seq = event.seq();
      text.json = std::make_shared<const std::string>(to_json(event));
      texts.push_back(std::move(text));
      events.push_back(event);
    }
  }
  const auto [failure] = co_await writer_->async_append(texts, asio::as_tuple(asio::use_awaitable));
  if (failure) {
    fail(failure);
    co_return false;
  }
  services_->events += texts.size();
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (!intake_.is_from_outside(events[i])) interrupted_.add(events[i]);
    intake_.note_id(events[i].id());
    log_->append(std::move(events[i]), std::move(texts[i]));
  }
  written_.cancel();
  if (closing_) notify();
  co_return true;
}

/// Nothing more can be promised: the run is stopped and the readers are told.
void HostedSession::fail(error_code code) {
  const auto known = services_->store->failure();
  failure_ = known ? *known
                   : StoreError{code, "session " + metadata_.session_id +
                                          " cannot be written: " + code.message()};
  services_->options.logger.log(LogLevel::error, failure_->message);
  if (agent_) agent_->cancel("the store has failed", CancelWhen::now);
  bus_.close();
  log_->close(*failure_);
}

// Runs.

StoreResult<StartedRun> HostedSession::start_run(Question question, WhenBusy when_busy,
                                                 std::vector<ToolDefinition> tools) {
  if (failure_) return *failure_;
  if (closing_) return StoreError{Errc::closed, "the session is being closed"};
  StartedRun started;
  started.after = bus_.stats().published;
  log_->promise(started.after);
  if (running_) {
    if (when_busy == WhenBusy::refuse) {
      return StoreError{Errc::busy, "session " + metadata_.session_id +
                                        " is answering another message; wait for the end of its "
                                        "run, or queue this one"};
    }
    if (queue_.size() >= services_->options.max_queued) {
      return StoreError{Errc::limit_exceeded, "session " + metadata_.session_id + " has " +
                                                  std::to_string(queue_.size()) +
                                                  " messages waiting; try again later"};
    }
    if (auto refused = offer(std::move(tools))) return *std::move(refused);
    queue_.push_back(std::move(question));
    queued_ = queue_.size();
    started.queued = true;
    return started;
  }
  if (auto refused = offer(std::move(tools))) return *std::move(refused);
  if (!services_->begin_run()) {
    return StoreError{Errc::limit_exceeded, std::to_string(services_->options.max_runs) +
                                                " runs are under way; try again later"};
  }
  running_ = true;
  announce_restore();
  asio::co_spawn(strand_, serve(shared_from_this(), std::move(question)), asio::detached);
  return started;
}

/// Offers tools for the next run. An agent that cannot be made says so when the run begins.
std::optional<StoreError> HostedSession::offer(std::vector<ToolDefinition> tools) {
  if (!agent_ && tools.empty()) return std::nullopt;
  try {
    if (!agent_) make_agent();
  } catch (const std::exception&) {
    return std::nullopt;
  }
  try {
    agent_->offer(std::move(tools));
  } catch (const std::invalid_argument& wrong) {
    using boost::system::errc::make_error_code;
    return StoreError{make_error_code(boost::system::errc::invalid_argument), wrong.what()};
  }
  return std::nullopt;
}

asio::awaitable<void> HostedSession::serve(std::shared_ptr<HostedSession> self, Question question) {
  co_await self->answer(std::move(question));
  co_await self->serve_queue();
}

asio::awaitable<void> HostedSession::serve_queue() {
  while (!queue_.empty() && !closing_ && !failure_) {
    Question next = std::move(queue_.front());
    queue_.pop_front();
    queued_ = queue_.size();
    co_await answer(std::move(next));
  }
  running_ = false;
  services_->end_run();
  notify();
}

/// What waited for an approval when the process was stopped goes on waiting.
void HostedSession::offer_again(std::vector<ApprovalRequested> pending) {
  if (pending.empty()) return;
  if (!services_->begin_run()) {
    services_->options.logger.log(
        LogLevel::warning, "session " + metadata_.session_id +
                               ": its approvals are not offered again, since too many runs are "
                               "under way");
    return;
  }
  running_ = true;
  asio::co_spawn(strand_, resume(shared_from_this(), std::move(pending)), asio::detached);
}

asio::awaitable<void> HostedSession::resume(std::shared_ptr<HostedSession> self,
                                            std::vector<ApprovalRequested> pending) {
  try {
    self->make_agent();
    co_await self->agent_->resume(std::move(pending));
  } catch (const std::exception& failure) {
    self->report(failure.what());
  }
  co_await self->serve_queue();
}

asio::awaitable<void> HostedSession::answer(Question question) {
  try {
    if (!agent_) make_agent();
    agent_->continue_trace(std::move(question.trace_parent));
    co_await agent_->run(std::move(question.message));
  } catch (const std::exception& failure) {
    report(failure.what());
  }
}

void HostedSession::make_agent() {
  SessionSetup setup;
  setup.executor = strand_;
  setup.publisher = publisher_;
  setup.workspace = metadata_.workspace;
  setup.messages = std::exchange(messages_, {});
  if (!setup.workspace.empty()) std::filesystem::create_directories(setup.workspace);
  agent_ = services_->factory(std::move(setup));
  if (!agent_) throw std::runtime_error("the session factory made no agent");
}

/// A message got no run: whoever waits for one must see why.
void HostedSession::report(const char* what) {
  if (failure_) return;
  services_->options.logger.log(LogLevel::error, "session " + metadata_.session_id + ": " + what);
  Error error;
  error.error = what;
  error.error_code = ErrorCode::interrupted;
  error.error_type = "session";
  static_cast<void>(publisher_.publish(std::move(error)));
}

StoreResult<CommandOutcome> HostedSession::command(SessionCommand command) {
  if (failure_) return *failure_;
  if (suspended_) return StoreError{Errc::closed, "the session is being closed; try again"};
  if (!commands_.insert(command.command_id)) return CommandOutcome::repeated;
  commanded_ = bus_.stats().published;
  if (agent_) std::visit(Commander{*agent_}, command.what);
  return CommandOutcome::accepted;
}

asio::awaitable<SessionState> HostedSession::state() {
  // An agent is done as soon as its last event is published; durable this is a moment later.
  const std::uint64_t newest = bus_.stats().published;
  co_await until_durable(newest);
  co_return log_->snapshot();
}

// The end.

asio::awaitable<void> HostedSession::changed(std::chrono::steady_clock::time_point deadline) {
  changes_.expires_at(deadline);
  co_await changes_.async_wait(asio::as_tuple(asio::use_awaitable));
}

/// A run that only waits for approvals is not cancelled: it is left as it is, and whoever loads the
/// session offers them again. False if more than that is going on.
bool HostedSession::suspend() {
  const std::uint64_t published = bus_.stats().published;
  // What came of the last command must have been published, and everything be durable.
  const bool settled = published == log_->head() && (!commanded_ || *commanded_ < published);
  if (!settled || !interrupted_.only_waits()) return suspended_;
  if (intake_.has_open_run()) {  // what is held back of its texts becomes durable first
    publisher_.flush();
    if (bus_.stats().published != published) return false;
  }
  return suspended_ = true;
}

asio::awaitable<void> HostedSession::close(std::chrono::steady_clock::time_point deadline,
                                           std::string reason, StoreError why) {
  closing_ = true;
  queue_.clear();
  queued_ = 0;
  using Clock = std::chrono::steady_clock;
  while (running_ && !suspend() && Clock::now() < deadline) co_await changed(deadline);
  if (running_ && agent_) agent_->cancel(reason, CancelWhen::now);
  const auto last = Clock::now() + patience_with_agents;
  while (running_ && Clock::now() < last) co_await changed(last);
  if (!running_) agent_.reset();  // one that does not listen ends when its run does
  if (intake_.has_open_run()) {
    publisher_.flush();  // its agent may go on, when the session is loaded again
  } else if (changed_here_ && !suspended_) {
    SessionClosed closed;
    closed.reason = std::move(reason);
    static_cast<void>(publisher_.publish(std::move(closed)));
  }
  bus_.close();
  while (writing_) co_await changed(Clock::time_point::max());
  writer_.reset();
  log_->close(std::move(why));
}

}  // namespace strandbus::detail
