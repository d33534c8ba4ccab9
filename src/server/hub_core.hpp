#pragma once

#include "server/hosted_session.hpp"
#include "server/hub_services.hpp"
#include "server/session_watcher.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace strandbus::detail {

/// The sessions that are in memory, and the way there and back.
///
/// Threads: on its strand, but for stats.
class HubCore : public std::enable_shared_from_this<HubCore> {
 public:
  using Strand = HostedSession::Strand;
  using Clock = std::chrono::steady_clock;
  using SessionResultPtr = StoreResult<std::shared_ptr<HostedSession>>;

  HubCore(asio::any_io_executor executor, std::shared_ptr<EventStore> store, SessionFactory factory,
          SessionHubOptions options);

  const Strand& strand() const noexcept { return strand_; }
  HubServices& services() noexcept { return *services_; }

  /// Begins to unload what is idle.
  void start();

  asio::awaitable<StoreResult<SessionInfo>> create(NewSession wanted);
  asio::awaitable<StoreResult<SessionInfo>> fork(std::string session_id, SessionFork wanted);
  asio::awaitable<StoreResult<std::vector<SessionInfo>>> list(std::size_t limit);
  asio::awaitable<StoreResult<SessionInfo>> find(std::string session_id);
  asio::awaitable<StoreResult<void>> remove(std::string session_id);
  /// The session, in memory. It stays there for as long as somebody reads or it runs.
  asio::awaitable<SessionResultPtr> acquire(std::string session_id);
  asio::awaitable<void> drain(Clock::time_point deadline);
  /// Shows somebody the sessions that are in memory, and those that come.
  void watch(const std::shared_ptr<SessionWatcher>& watcher);
  /// Stops everything and waits for nothing.
  void abandon();

  /// Threads: any thread.
  HubStats stats() const;

 private:
  enum class Phase : std::uint8_t { loading, ready, closing };
  struct Slot {
    Phase phase = Phase::loading;
    std::shared_ptr<HostedSession> session{};
    Clock::time_point used{};
    std::weak_ptr<void> claim{};  ///< alive while somebody who has acquired it is about to use it
  };

  asio::awaitable<SessionResultPtr> load(std::string session_id);
  asio::awaitable<StoreResult<std::unique_ptr<SessionWriter>>> create_in_store(
      SessionMetadata metadata, const std::vector<Message>& messages);
  static std::shared_ptr<HostedSession> claimed(Slot& slot);
  void forget(const std::string& session_id);
  void set_ready(const std::string& session_id, std::shared_ptr<HostedSession> session);
  asio::awaitable<void> close(std::string session_id, Clock::time_point deadline,
                              std::string reason, StoreError why);
  asio::awaitable<StoreResult<void>> make_room();
  static asio::awaitable<void> close_in_background(std::shared_ptr<HubCore> self,
                                                   std::string session_id,
                                                   Clock::time_point deadline);
  static asio::awaitable<void> sweep(std::shared_ptr<HubCore> self,
                                     std::chrono::milliseconds pause);
  asio::awaitable<void> unload(std::string session_id);
  asio::awaitable<void> unload_idle();

  template <class F>
  void tell_watchers(F what);
  std::string longest_idle() const;
  SessionInfo info_of(SessionSummary summary) const;
  std::string workspace_of(const std::string& session_id) const;
  asio::awaitable<void> changed();
  void count_loaded() { loaded_ = slots_.size(); }

  const Strand strand_;
  const std::shared_ptr<HubServices> services_;
  std::map<std::string, Slot, std::less<>> slots_;
  std::vector<std::weak_ptr<SessionWatcher>> watchers_;
  asio::steady_timer changes_;
  asio::steady_timer pause_;  // between two looks for what is idle
  std::atomic<std::size_t> loaded_{0};
  std::atomic<bool> draining_{false};  // changes on the strand
};

}  // namespace strandbus::detail
