#pragma once

#include "strandbus/store/event_store.hpp"

#include <boost/asio/any_completion_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/system_executor.hpp>
#include <boost/system/errc.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace strandbus::test {

/// A store in memory that can be held up, made to fail and damaged.
class MemoryStore final : public EventStore {
 public:
  using EventStore::create;

  // What a test does to it.

  /// Appends wait until release().
  void hold() {
    const std::lock_guard lock(state_->mutex);
    state_->held = true;
  }
  /// Appends are done, but nobody is told so until release().
  void hold_answers() {
    const std::lock_guard lock(state_->mutex);
    state_->answers_held = true;
  }
  void release() {
    std::vector<std::function<void()>> waiting;
    {
      const std::lock_guard lock(state_->mutex);
      state_->held = false;
      state_->answers_held = false;
      waiting.swap(state_->waiting);
    }
    for (const auto& go_on : waiting) go_on();
  }
  /// Appends that wait, or whose answers do.
  std::size_t waiting() const {
    const std::lock_guard lock(state_->mutex);
    return state_->waiting.size();
  }
  /// From now on every append fails.
  void fail() {
    const std::lock_guard lock(state_->mutex);
    state_->failure = StoreError{Errc::store_failed, "memory: the disk is full"};
  }
  void damage(const std::string& session_id, std::uint64_t seq) {
    const std::lock_guard lock(state_->mutex);
    state_->sessions.at(session_id).damaged.insert(seq);
  }
  /// A session as another process has left it.
  void put(const SessionMetadata& metadata, std::vector<StoredEvent> events) {
    const std::lock_guard lock(state_->mutex);
    state_->sessions[metadata.session_id] = Kept{metadata, std::move(events), {}, false, {}};
  }
  std::vector<StoredEvent> events(const std::string& session_id) const {
    const std::lock_guard lock(state_->mutex);
    return state_->sessions.at(session_id).events;
  }

  // EventStore.

  StoreDurability durability() const noexcept override { return StoreDurability::process; }

  StoreResult<std::unique_ptr<SessionWriter>> create(
      const SessionMetadata& metadata, std::span<const StoredMessage> before) override {
    {
      const std::lock_guard lock(state_->mutex);
      if (state_->sessions.contains(metadata.session_id))
        return error(Errc::session_exists, metadata.session_id);
      state_->sessions[metadata.session_id] =
          Kept{metadata, {}, {}, false, {before.begin(), before.end()}};
    }
    return open(metadata.session_id);
  }

  StoreResult<SessionSummary> fork(const std::string& origin, std::uint64_t at,
                                   const SessionMetadata& metadata) override {
    const std::lock_guard lock(state_->mutex);
    const auto found = state_->sessions.find(origin);
    if (found == state_->sessions.end()) return error(Errc::session_unknown, origin);
    if (state_->failure) return *state_->failure;
    Kept kept{metadata, {}, {}, false};
    kept.metadata.forked_from = origin;
    kept.metadata.forked_at = at;
    const auto& events = found->second.events;
    if (at == 0 || at > (events.empty() ? 0 : events.back().seq) + 1)
      return error(Errc::seq_unknown, origin);
    for (const StoredEvent& event : events) {
      if (event.seq < at) kept.events.push_back(event);
    }
    return summary_of(state_->sessions[metadata.session_id] = std::move(kept));
  }

  StoreResult<std::unique_ptr<SessionWriter>> open(const std::string& session_id) override {
    const std::lock_guard lock(state_->mutex);
    const auto found = state_->sessions.find(session_id);
    if (found == state_->sessions.end()) return error(Errc::session_unknown, session_id);
    if (found->second.written) return error(Errc::session_in_use, session_id);
    found->second.written = true;
    return std::unique_ptr<SessionWriter>(std::make_unique<Writer>(state_, session_id));
  }

  StoreResult<SessionSummary> find(const std::string& session_id) const override {
    const std::lock_guard lock(state_->mutex);
    const auto found = state_->sessions.find(session_id);
    if (found == state_->sessions.end()) return error(Errc::session_unknown, session_id);
    return summary_of(found->second);
  }

  StoreResult<std::vector<SessionSummary>> list(std::size_t limit) const override {
    const std::lock_guard lock(state_->mutex);
    std::vector<SessionSummary> summaries;
    for (const auto& [id, kept] : state_->sessions) {
      if (summaries.size() < limit) summaries.push_back(summary_of(kept));
    }
    return summaries;
  }

  StoreResult<std::vector<StoredMessage>> messages_before(
      const std::string& session_id) const override {
    const std::lock_guard lock(state_->mutex);
    const auto found = state_->sessions.find(session_id);
    if (found == state_->sessions.end()) return error(Errc::session_unknown, session_id);
    return found->second.before;
  }

  StoreResult<std::vector<StoredEvent>> read(const std::string& session_id, std::uint64_t after,
                                             std::size_t limit, std::size_t) const override {
    const std::lock_guard lock(state_->mutex);
    const auto found = state_->sessions.find(session_id);
    if (found == state_->sessions.end()) return error(Errc::session_unknown, session_id);
    std::vector<StoredEvent> page;
    for (const StoredEvent& event : found->second.events) {
      if (event.seq <= after || page.size() == limit) continue;
      if (found->second.damaged.contains(event.seq)) {
        if (!page.empty()) break;
        return error(Errc::invalid_file, session_id + ", seq " + std::to_string(event.seq));
      }
      page.push_back(event);
    }
    return page;
  }

  StoreResult<void> remove(const std::string& session_id) override {
    const std::lock_guard lock(state_->mutex);
    const auto found = state_->sessions.find(session_id);
    if (found == state_->sessions.end()) return error(Errc::session_unknown, session_id);
    if (found->second.written) return error(Errc::session_in_use, session_id);
    state_->sessions.erase(found);
    return {};
  }

  StoreResult<std::size_t> prune(Timestamp) override { return std::size_t{0}; }

  std::optional<StoreError> failure() const override {
    const std::lock_guard lock(state_->mutex);
    return state_->failure;
  }

 private:
  struct Kept {
    SessionMetadata metadata{};
    std::vector<StoredEvent> events{};
    std::set<std::uint64_t> damaged{};
    bool written = false;
    std::vector<StoredMessage> before{};
  };
  struct State {
    mutable std::mutex mutex;
    std::map<std::string, Kept> sessions;
    std::optional<StoreError> failure;
    bool held = false;
    bool answers_held = false;
    std::vector<std::function<void()>> waiting;
  };

  static StoreError error(Errc code, const std::string& what) {
    const error_code value = code;
    return StoreError{value, what + ": " + value.message()};
  }

  static SessionSummary summary_of(const Kept& kept) {
    SessionSummary summary;
    summary.metadata = kept.metadata;
    if (kept.events.empty()) return summary;
    summary.first_seq = kept.events.front().seq;
    summary.last_seq = kept.events.back().seq;
    return summary;
  }

  class Writer final : public SessionWriter {
   public:
    Writer(std::shared_ptr<State> state, std::string session_id)
        : state_(std::move(state)), session_id_(std::move(session_id)) {}
    ~Writer() override {
      const std::lock_guard lock(state_->mutex);
      const auto found = state_->sessions.find(session_id_);
      if (found != state_->sessions.end()) found->second.written = false;
    }

    std::uint64_t last_seq() const noexcept override {
      const std::lock_guard lock(state_->mutex);
      const auto found = state_->sessions.find(session_id_);
      if (found == state_->sessions.end() || found->second.events.empty()) return 0;
      return found->second.events.back().seq;
    }

   private:
    void start_append(std::vector<StoredEvent> events, AppendHandler handler) override {
      auto what = std::make_shared<std::vector<StoredEvent>>(std::move(events));
      auto whom = std::make_shared<AppendHandler>(std::move(handler));
      auto go_on = [state = state_, id = session_id_, what, whom] {
        const error_code ec = write(*state, id, *what);
        auto answer = [whom, ec] { tell(whom, ec); };
        {
          const std::lock_guard lock(state->mutex);
          if (state->answers_held) return state->waiting.push_back(std::move(answer));
        }
        answer();
      };
      {
        const std::lock_guard lock(state_->mutex);
        if (state_->held) return state_->waiting.push_back(std::move(go_on));
      }
      go_on();
    }

    static void tell(const std::shared_ptr<AppendHandler>& whom, error_code ec) {
      const asio::any_completion_executor known = asio::get_associated_executor(
          *whom, asio::any_completion_executor(asio::system_executor()));
      // Its context stays for as long as somebody is about to be told there.
      const asio::any_completion_executor executor =
          asio::prefer(known, asio::execution::outstanding_work.tracked);
      asio::post(asio::system_executor(),
                 [executor, whom, ec] { executor.execute([whom, ec] { std::move (*whom)(ec); }); });
    }

    static error_code write(State& state, const std::string& id,
                            const std::vector<StoredEvent>& events) {
      const std::lock_guard lock(state.mutex);
      if (state.failure) return state.failure->code;
      auto& kept = state.sessions.at(id).events;
      for (const StoredEvent& event : events) {
        if (!kept.empty() && event.seq != kept.back().seq + 1) return Errc::seq_unknown;
        kept.push_back(event);
      }
      return {};
    }

    const std::shared_ptr<State> state_;
    const std::string session_id_;
  };

  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace strandbus::test
