#include "server/hub_core.hpp"

#include "server/session_title.hpp"
#include "strandbus/event/event_id.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::size_t store_threads = 2;

Timestamp now() {
  return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
}

// What is asked of the store, on its threads.

struct Create {
  std::shared_ptr<EventStore> store;
  SessionMetadata metadata;
  std::vector<StoredMessage> before;
  StoreResult<std::unique_ptr<SessionWriter>> operator()() const {
    return store->create(metadata, before);
  }
};
struct Fork {
  std::shared_ptr<EventStore> store;
  std::string origin;
  SessionFork wanted;
  SessionMetadata metadata;

  StoreResult<SessionSummary> operator()() const {
    const auto found = store->find(origin);
    if (!found) return found.error();
    SessionMetadata fork = metadata;
    fork.title = wanted.title.empty() ? found->metadata.title : wanted.title;
    fork.provider = found->metadata.provider;
    fork.model = found->metadata.model;
    return store->fork(origin, wanted.at.value_or(found->last_seq + 1), fork);
  }
};
struct Open {
  std::shared_ptr<EventStore> store;
  std::string session_id;
  StoreResult<std::unique_ptr<SessionWriter>> operator()() const { return store->open(session_id); }
};
struct Find {
  std::shared_ptr<EventStore> store;
  std::string session_id;
  StoreResult<SessionSummary> operator()() const { return store->find(session_id); }
};
struct List {
  std::shared_ptr<EventStore> store;
  std::size_t limit;
  StoreResult<std::vector<SessionSummary>> operator()() const { return store->list(limit); }
};
struct Remove {
  std::shared_ptr<EventStore> store;
  std::string session_id;
  StoreResult<void> operator()() const { return store->remove(session_id); }
};

asio::awaitable<void> begin_on(std::shared_ptr<HostedSession> session, NewSession wanted) {
  session->begin(wanted);
  co_return;
}

StoreError exists_already(const std::string& session_id) {
  return StoreError{Errc::session_exists,
                    "there is a session " + session_id + " already: go on with it"};
}

StoreError stopping() { return StoreError{Errc::closed, "the server is being stopped"}; }

}  // namespace

HubCore::HubCore(asio::any_io_executor executor, std::shared_ptr<EventStore> store,
                 SessionFactory factory, SessionHubOptions options)
    : strand_(executor),
      services_(std::make_shared<HubServices>()),
      changes_(strand_, Clock::time_point::max()),
      pause_(strand_) {
  services_->executor = std::move(executor);
  services_->store = std::move(store);
  services_->pool = std::make_shared<StorePool>(store_threads);
  services_->factory = std::move(factory);
  services_->options = std::move(options);
}

void HubCore::start() {
  constexpr std::chrono::milliseconds shortest(10);
  const auto pause = std::max(services_->options.idle_timeout / 2, shortest);
  asio::co_spawn(strand_, sweep(shared_from_this(), pause), asio::detached);
}

// Sessions that come.

asio::awaitable<StoreResult<SessionInfo>> HubCore::create(NewSession wanted) {
  if (draining_) co_return stopping();
  const auto room = co_await make_room();
  if (!room) co_return room.error();
  SessionMetadata metadata;
  metadata.session_id = wanted.id.empty() ? make_unique_id("session") : wanted.id;
  metadata.created_at = now();
  const Redactor& redactor = services_->options.redactor;
  wanted.title = wanted.title.empty() ? title_from(redactor.redact(wanted.subject))
                                      : redactor.redact(wanted.title);
  metadata.title = wanted.title;
  metadata.workspace = workspace_of(metadata.session_id);
  for (auto found = slots_.find(metadata.session_id); found != slots_.end();
       found = slots_.find(metadata.session_id)) {
    if (found->second.phase == Phase::ready) co_return exists_already(metadata.session_id);
    co_await changed();
  }
  slots_[metadata.session_id] = Slot();  // nobody may use it before it has begun
  count_loaded();
  auto writer = co_await create_in_store(metadata, wanted.messages);
  if (!writer) {
    forget(metadata.session_id);
    co_return writer.error();
  }
  if (draining_) {
    forget(metadata.session_id);
    co_return stopping();
  }
  const auto session = std::make_shared<HostedSession>(services_, metadata, *std::move(writer));
  auto beginning = begin_on(session, std::move(wanted));
  co_await asio::co_spawn(session->strand(), std::move(beginning), asio::use_awaitable);
  set_ready(metadata.session_id, session);
  SessionSummary summary;
  summary.metadata = metadata;
  summary.updated_at = metadata.created_at;
  co_return info_of(std::move(summary));
}

asio::awaitable<StoreResult<SessionInfo>> HubCore::fork(std::string session_id,
                                                        SessionFork wanted) {
  if (draining_) co_return stopping();
  Fork work{services_->store, std::move(session_id), std::move(wanted), {}};
  work.metadata.session_id = make_unique_id("session");
  work.metadata.created_at = now();
  work.metadata.workspace = workspace_of(work.metadata.session_id);
  auto forked = co_await services_->pool->run(std::move(work));
  if (!forked) co_return forked.error();
  co_return info_of(*std::move(forked));
}

asio::awaitable<HubCore::SessionResultPtr> HubCore::acquire(std::string session_id) {
  for (;;) {
    if (draining_) co_return stopping();
    const auto found = slots_.find(session_id);
    if (found != slots_.end() && found->second.phase == Phase::ready) {
      found->second.used = Clock::now();
      co_return claimed(found->second);
    }
    if (found != slots_.end()) {
      co_await changed();
    } else if (slots_.size() < services_->options.max_loaded) {
      co_return co_await load(std::move(session_id));
    } else {  // while one goes somebody else may bring this one
      const auto room = co_await make_room();
      if (!room) co_return room.error();
    }
  }
}

/// The session, which is not unloaded as long as somebody has this pointer to it.
std::shared_ptr<HostedSession> HubCore::claimed(Slot& slot) {
  auto claim = std::static_pointer_cast<std::shared_ptr<HostedSession>>(slot.claim.lock());
  if (!claim) claim = std::make_shared<std::shared_ptr<HostedSession>>(slot.session);
  slot.claim = claim;
  return {claim, claim->get()};
}

asio::awaitable<HubCore::SessionResultPtr> HubCore::load(std::string session_id) {
  slots_[session_id] = Slot();
  count_loaded();
  StoreResult<void> loaded;
  std::shared_ptr<HostedSession> session;
  Find question{services_->store, session_id};
  auto summary = co_await services_->pool->run(std::move(question));
  if (summary) {
    Open work{services_->store, session_id};
    auto writer = co_await services_->pool->run(std::move(work));
    if (writer) {
      session = std::make_shared<HostedSession>(services_, summary->metadata, *std::move(writer));
      auto past = session->load();
      loaded = co_await asio::co_spawn(session->strand(), std::move(past), asio::use_awaitable);
    } else {
      loaded = writer.error();
    }
  } else {
    loaded = summary.error();
  }
  if (loaded) {
    set_ready(session_id, session);
    co_return claimed(slots_[session_id]);
  }
  forget(session_id);
  co_return loaded.error();
}

/// What was said before is kept as events keep it: without secrets.
asio::awaitable<StoreResult<std::unique_ptr<SessionWriter>>> HubCore::create_in_store(
    SessionMetadata metadata, const std::vector<Message>& messages) {
  Create work{services_->store, {}, {}};
  for (const Message& message : messages) {
    MessageCommitted commit;
    commit.message = message;
    services_->options.redactor.apply(commit);
    StoredMessage stored;
    stored.message = std::move(commit.message);
    stored.timestamp = metadata.created_at;
    work.before.push_back(std::move(stored));
  }
  work.metadata = std::move(metadata);
  co_return co_await services_->pool->run(std::move(work));
}

void HubCore::forget(const std::string& session_id) {
  slots_.erase(session_id);
  count_loaded();
  changes_.cancel();
}

void HubCore::set_ready(const std::string& session_id, std::shared_ptr<HostedSession> session) {
  Slot& slot = slots_[session_id];
  slot.phase = Phase::ready;
  slot.session = std::move(session);
  slot.used = Clock::now();
  tell_watchers([&](SessionWatcher& watcher) {
    watcher.session_came(session_id, slot.session->log(), slot.session->came_after());
  });
  changes_.cancel();
}

template <class F>
void HubCore::tell_watchers(F what) {
  std::erase_if(watchers_, [&](const std::weak_ptr<SessionWatcher>& weak) {
    const auto watcher = weak.lock();
    if (watcher) what(*watcher);
    return !watcher;
  });
}

void HubCore::watch(const std::shared_ptr<SessionWatcher>& watcher) {
  if (draining_) return watcher->hub_closed();
  watchers_.push_back(watcher);
  for (const auto& [id, slot] : slots_) {
    if (slot.phase == Phase::ready)
      watcher->session_came(id, slot.session->log(), slot.session->log()->promised());
  }
}

/// Lets a session that nobody uses go, if there are too many.
asio::awaitable<StoreResult<void>> HubCore::make_room() {
  if (slots_.size() < services_->options.max_loaded) co_return StoreResult<void>();
  const std::string idle = longest_idle();
  if (idle.empty()) {
    co_return StoreError{
        Errc::limit_exceeded,
        std::to_string(slots_.size()) + " sessions are in use; try again when one of them is not"};
  }
  co_await unload(idle);
  co_return StoreResult<void>();
}

/// The session that has been without run and reader for the longest time; empty if none is.
std::string HubCore::longest_idle() const {
  const std::string* found = nullptr;
  Clock::time_point oldest = Clock::time_point::max();
  for (const auto& [id, slot] : slots_) {
    if (slot.phase != Phase::ready || slot.session->busy() || !slot.claim.expired()) continue;
    if (slot.session->log()->readers() > 0 || slot.used >= oldest) continue;
    oldest = slot.used;
    found = &id;
  }
  return found ? *found : std::string();
}

std::string HubCore::workspace_of(const std::string& session_id) const {
  const auto& root = services_->options.workspace_root;
  return root.empty() ? std::string() : (root / session_id).string();
}

// Sessions that go.

asio::awaitable<void> HubCore::close(std::string session_id, Clock::time_point deadline,
                                     std::string reason, StoreError why) {
  const auto found = slots_.find(session_id);
  if (found == slots_.end() || found->second.phase != Phase::ready) co_return;
  found->second.phase = Phase::closing;
  const auto session = found->second.session;
  auto end = session->close(deadline, std::move(reason), std::move(why));
  co_await asio::co_spawn(session->strand(), std::move(end), asio::use_awaitable);
  slots_.erase(session_id);
  count_loaded();
  changes_.cancel();
}

asio::awaitable<void> HubCore::unload(std::string session_id) {
  StoreError nothing;
  co_await close(std::move(session_id), Clock::now(), "idle", std::move(nothing));
}

asio::awaitable<void> HubCore::sweep(std::shared_ptr<HubCore> self,
                                     std::chrono::milliseconds pause) {
  while (!self->draining_) {
    self->pause_.expires_after(pause);
    const auto [ec] = co_await self->pause_.async_wait(asio::as_tuple(asio::use_awaitable));
    if (!ec) co_await self->unload_idle();
  }
}

asio::awaitable<void> HubCore::unload_idle() {
  const auto long_ago = Clock::now() - services_->options.idle_timeout;
  for (;;) {
    const std::string idle = longest_idle();
    const auto found = slots_.find(idle);
    if (found == slots_.end() || found->second.used > long_ago) co_return;
    co_await unload(idle);
  }
}

asio::awaitable<StoreResult<void>> HubCore::remove(std::string session_id) {
  StoreError why{Errc::session_unknown, "the session " + session_id + " was removed"};
  for (;;) {
    const auto found = slots_.find(session_id);
    if (found == slots_.end()) break;
    if (found->second.phase == Phase::ready) {
      co_await close(session_id, Clock::now(), "the session is being removed", why);
    } else {
      co_await changed();
    }
  }
  Remove work{services_->store, std::move(session_id)};
  co_return co_await services_->pool->run(std::move(work));
}

asio::awaitable<void> HubCore::close_in_background(std::shared_ptr<HubCore> self,
                                                   std::string session_id,
                                                   Clock::time_point deadline) {
  StoreError nothing;
  co_await self->close(std::move(session_id), deadline, "the server is being stopped",
                       std::move(nothing));
}

asio::awaitable<void> HubCore::drain(Clock::time_point deadline) {
  draining_ = true;
  pause_.cancel();
  tell_watchers([](SessionWatcher& watcher) { watcher.hub_closed(); });
  while (!slots_.empty()) {
    std::vector<std::string> ready;
    for (const auto& [id, slot] : slots_) {
      if (slot.phase == Phase::ready) ready.push_back(id);
    }
    for (std::string& id : ready) {
      auto end = close_in_background(shared_from_this(), std::move(id), deadline);
      asio::co_spawn(strand_, std::move(end), asio::detached);
    }
    co_await changed();
  }
}

void HubCore::abandon() {
  draining_ = true;
  pause_.cancel();
  tell_watchers([](SessionWatcher& watcher) { watcher.hub_closed(); });
  for (const auto& [id, slot] : slots_) {
    if (slot.phase != Phase::ready) continue;
    auto end = close_in_background(shared_from_this(), id, Clock::now());
    asio::co_spawn(strand_, std::move(end), asio::detached);
  }
}

// What is known.

asio::awaitable<StoreResult<std::vector<SessionInfo>>> HubCore::list(std::size_t limit) {
  List work{services_->store, limit};
  auto summaries = co_await services_->pool->run(std::move(work));
  if (!summaries) co_return summaries.error();
  std::vector<SessionInfo> sessions;
  for (SessionSummary& summary : *summaries) sessions.push_back(info_of(std::move(summary)));
  co_return sessions;
}

asio::awaitable<StoreResult<SessionInfo>> HubCore::find(std::string session_id) {
  Find work{services_->store, std::move(session_id)};
  auto summary = co_await services_->pool->run(std::move(work));
  if (!summary) co_return summary.error();
  co_return info_of(*std::move(summary));
}

SessionInfo HubCore::info_of(SessionSummary summary) const {
  SessionInfo info;
  info.summary = std::move(summary);
  const auto found = slots_.find(info.summary.metadata.session_id);
  if (found == slots_.end() || !found->second.session) return info;
  const HostedSession& session = *found->second.session;
  // The store knows of an event before we hear that it has it; who is told of it may read behind
  // it.
  session.log()->promise(info.summary.last_seq);
  info.loaded = true;
  info.running = session.running();
  info.queued = session.queued();
  info.readers = session.log()->readers();
  return info;
}

HubStats HubCore::stats() const {
  HubStats stats;
  stats.loaded = loaded_;
  stats.running = services_->running;
  stats.readers = services_->readers;
  stats.runs_started = services_->runs_started;
  stats.events = services_->events;
  stats.draining = draining_;
  return stats;
}

asio::awaitable<void> HubCore::changed() {
  co_await changes_.async_wait(asio::as_tuple(asio::use_awaitable));
}

}  // namespace strandbus::detail
