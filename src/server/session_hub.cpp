#include "strandbus/server/session_hub.hpp"

#include "event/trace_parent.hpp"
#include "server/feed_merger.hpp"
#include "server/feed_reader.hpp"
#include "server/hub_core.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <stdexcept>
#include <utility>

namespace strandbus {
namespace {

using detail::HostedSession;
using detail::HubCore;

/// What has begun on another strand comes to its end there: nobody may cancel it from here.
auto uncancelled() {
  return asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable);
}

// What is done on the strand of a session.

asio::awaitable<StoreResult<StartedRun>> start_on(std::shared_ptr<HostedSession> session,
                                                  std::string message, WhenBusy when_busy,
                                                  std::vector<ToolDefinition> tools,
                                                  std::string traceparent) {
  HostedSession::Question question;
  question.message = std::move(message);
  if (detail::parse_trace_parent(traceparent)) question.trace_parent = std::move(traceparent);
  co_return session->start_run(std::move(question), when_busy, std::move(tools));
}

asio::awaitable<StoreResult<CommandOutcome>> command_on(std::shared_ptr<HostedSession> session,
                                                        SessionCommand command) {
  co_return session->command(std::move(command));
}

/// Where events are shown to readers: whatever one of them has seen is in the state.
asio::awaitable<SessionState> state_on(std::shared_ptr<HostedSession> session) {
  auto state = co_await session->state();
  co_return state;
}

asio::awaitable<void> abandon_on(std::shared_ptr<HubCore> core) {
  core->abandon();
  co_return;
}

asio::awaitable<void> watch_on(std::shared_ptr<HubCore> core,
                               std::shared_ptr<detail::FeedMerger> merger) {
  core->watch(merger);
  co_return;
}

asio::awaitable<HubCore::SessionResultPtr> acquire_from(std::shared_ptr<HubCore> core,
                                                        std::string session_id) {
  auto work = core->acquire(std::move(session_id));
  co_return co_await asio::co_spawn(core->strand(), std::move(work), uncancelled());
}

}  // namespace

SessionHub::SessionHub(asio::any_io_executor executor, std::shared_ptr<EventStore> store,
                       SessionFactory factory, SessionHubOptions options) {
  if (!store) throw std::invalid_argument("SessionHub: the store is null; give one");
  if (!factory) throw std::invalid_argument("SessionHub: the session factory is empty; give one");
  if (options.history == 0)
    throw std::invalid_argument("SessionHubOptions::history is 0; at least 1 event must be kept");
  if (options.max_loaded == 0)
    throw std::invalid_argument("SessionHubOptions::max_loaded is 0; allow at least 1 session");
  core_ = std::make_shared<HubCore>(std::move(executor), std::move(store), std::move(factory),
                                    std::move(options));
  core_->start();
}

SessionHub::~SessionHub() { asio::co_spawn(core_->strand(), abandon_on(core_), asio::detached); }

asio::awaitable<StoreResult<SessionInfo>> SessionHub::create(NewSession wanted) {
  const auto core = core_;
  auto work = core->create(std::move(wanted));
  co_return co_await asio::co_spawn(core->strand(), std::move(work), uncancelled());
}

asio::awaitable<StoreResult<SessionInfo>> SessionHub::fork(std::string session_id,
                                                           SessionFork wanted) {
  const auto core = core_;
  auto work = core->fork(std::move(session_id), std::move(wanted));
  co_return co_await asio::co_spawn(core->strand(), std::move(work), uncancelled());
}

asio::awaitable<StoreResult<std::vector<SessionInfo>>> SessionHub::list(std::size_t limit) {
  const auto core = core_;
  auto work = core->list(limit);
  co_return co_await asio::co_spawn(core->strand(), std::move(work), uncancelled());
}

asio::awaitable<StoreResult<SessionInfo>> SessionHub::find(std::string session_id) {
  const auto core = core_;
  auto work = core->find(std::move(session_id));
  co_return co_await asio::co_spawn(core->strand(), std::move(work), uncancelled());
}

asio::awaitable<StoreResult<void>> SessionHub::remove(std::string session_id) {
  const auto core = core_;
  auto work = core->remove(std::move(session_id));
  co_return co_await asio::co_spawn(core->strand(), std::move(work), uncancelled());
}

asio::awaitable<StoreResult<StartedRun>> SessionHub::start_run(std::string session_id,
                                                               std::string message,
                                                               WhenBusy when_busy,
                                                               std::vector<ToolDefinition> tools,
                                                               std::string traceparent) {
  const auto session = co_await acquire_from(core_, std::move(session_id));
  if (!session) co_return session.error();
  auto work =
      start_on(*session, std::move(message), when_busy, std::move(tools), std::move(traceparent));
  co_return co_await asio::co_spawn((*session)->strand(), std::move(work), uncancelled());
}

asio::awaitable<StoreResult<CommandOutcome>> SessionHub::command(std::string session_id,
                                                                 SessionCommand command) {
  const auto session = co_await acquire_from(core_, std::move(session_id));
  if (!session) co_return session.error();
  auto work = command_on(*session, std::move(command));
  co_return co_await asio::co_spawn((*session)->strand(), std::move(work), uncancelled());
}

asio::awaitable<StoreResult<Published>> SessionHub::publish(std::string session_id,
                                                            std::vector<StreamEvent> events) {
  const auto session = co_await acquire_from(core_, std::move(session_id));
  if (!session) co_return session.error();
  auto work = (*session)->publish(std::move(events));
  co_return co_await asio::co_spawn((*session)->strand(), std::move(work), uncancelled());
}

asio::awaitable<StoreResult<SessionFeed>> SessionHub::feed(std::string session_id,
                                                           FeedOptions options) {
  const auto executor = co_await asio::this_coro::executor;
  const auto session = co_await acquire_from(core_, std::move(session_id));
  if (!session) co_return session.error();
  co_return SessionFeed(
      std::make_unique<detail::FeedReader>(executor, (*session)->log(), std::move(options)));
}

asio::awaitable<StoreResult<SessionsFeed>> SessionHub::feed_all(SessionsFeedOptions options) {
  const auto core = core_;
  const auto executor = co_await asio::this_coro::executor;
  std::vector<std::string> named;
  for (const auto& [id, seq] : options.after) named.push_back(id);
  const auto merger = std::make_shared<detail::FeedMerger>(executor, std::move(options));
  SessionsFeed feed(merger);
  auto watching = watch_on(core, merger);
  co_await asio::co_spawn(core->strand(), std::move(watching), uncancelled());
  for (std::string& id : named) {
    const auto session = co_await acquire_from(core, std::move(id));
    if (!session && session.error().code != Errc::session_unknown) co_return session.error();
  }
  co_return feed;
}

asio::awaitable<StoreResult<SessionState>> SessionHub::state(std::string session_id) {
  const auto session = co_await acquire_from(core_, std::move(session_id));
  if (!session) co_return session.error();
  auto work = state_on(*session);
  co_return co_await asio::co_spawn((*session)->strand(), std::move(work), uncancelled());
}

asio::awaitable<StoreResult<std::string>> SessionHub::snapshot(std::string session_id) {
  const auto session = co_await acquire_from(core_, std::move(session_id));
  if (!session) co_return session.error();
  auto work = state_on(*session);
  const SessionState state =
      co_await asio::co_spawn((*session)->strand(), std::move(work), uncancelled());
  co_return to_json(state);
}

asio::awaitable<void> SessionHub::drain(std::chrono::steady_clock::time_point deadline) {
  const auto core = core_;
  auto work = core->drain(deadline);
  co_await asio::co_spawn(core->strand(), std::move(work), uncancelled());
}

HubStats SessionHub::stats() const { return core_->stats(); }

const EventStore& SessionHub::store() const noexcept { return *core_->services().store; }

}  // namespace strandbus
