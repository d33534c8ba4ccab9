// What a session was before it came into this process, and how it goes on from there.
#include "server/hosted_session.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::size_t page_events = 1024;

Timestamp now() {
  return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
}

struct MessagesBefore {
  std::shared_ptr<const EventStore> store;
  std::string session_id;

  StoreResult<std::vector<StoredMessage>> operator()() const {
    return store->messages_before(session_id);
  }
};

/// Takes out the results of calls that are not there: providers refuse them.
void remove_stray_answers(std::vector<Message>& messages) {
  std::set<std::string, std::less<>> calls;
  std::erase_if(messages, [&calls](const Message& message) {
    for (const ToolCall& call : message.tool_calls) calls.insert(call.call_id);
    return message.role == Role::tool && !calls.contains(message.tool_call_id);
  });
}

}  // namespace

asio::awaitable<StoreResult<void>> HostedSession::load() {
  MessagesBefore question{services_->store, metadata_.session_id};
  const auto before = co_await services_->pool->run(std::move(question));
  if (!before) co_return before.error();
  for (const StoredMessage& stored : *before) messages_.push_back(stored.message);
  const std::uint64_t last = writer_->last_seq();
  while (came_after_ < last) {
    const auto page = co_await log_->read(came_after_, page_events);
    if (!page && page.error().code != Errc::invalid_file) co_return page.error();
    if (!page) {
      take_missing(came_after_ + 1);
    } else if (const auto taken = take_page(*page, last); !taken) {
      co_return taken.error();
    }
  }
  report_missing();
  if (past_events_ < came_after_) remove_stray_answers(messages_);
  begin_to_write();
  SessionRestored restored;
  restored.from_seq = static_cast<std::int64_t>(came_after_);
  restored.events = static_cast<std::int64_t>(past_events_);
  restored.messages = static_cast<std::int64_t>(messages_.size());
  restored_ = restored;
  auto pending = interrupted_.unapproved();
  end_interrupted();
  offer_again(std::move(pending));
  co_return StoreResult<void>();
}

/// Takes what was read behind came_after_; without an event there is nothing up to `last`.
StoreResult<void> HostedSession::take_page(const std::vector<StoredEvent>& page,
                                           std::uint64_t last) {
  if (page.empty()) take_missing(last);
  for (const StoredEvent& stored : page) {
    const auto event = decoder_.read(*stored.json);
    if (!event) {
      return StoreError{event.error().code, "session " + metadata_.session_id + ", seq " +
                                                std::to_string(stored.seq) + ": " +
                                                event.error().message};
    }
    if (came_after_ > 0 && stored.seq > came_after_ + 1) take_missing(stored.seq - 1);
    report_missing();
    take_past(stored, *event);
  }
  return {};
}

/// Goes past events up to `until` that the store cannot read. Their seqs are not given again.
void HostedSession::take_missing(std::uint64_t until) {
  if (missing_from_ == 0) missing_from_ = came_after_ + 1;
  while (came_after_ < until) {
    StreamEvent hole(Custom{.name = "missing"});
    hole.set_stamp(++came_after_, newest_ ? newest_->id() : EventId(),
                   newest_ ? newest_->ts() : Timestamp());
    bus_.restore(hole).value();
    log_->skip(std::move(hole));
  }
}

/// Says which events in a row were missing, when the next one is there or there is none.
void HostedSession::report_missing() {
  if (missing_from_ == 0) return;
  std::string which = "event " + std::to_string(missing_from_);
  if (came_after_ > missing_from_)
    which = "events " + std::to_string(missing_from_) + " to " + std::to_string(came_after_);
  services_->options.logger.log(LogLevel::warning,
                                "session " + metadata_.session_id + ": " + which +
                                    " cannot be read; the session goes on without what was lost");
  missing_from_ = 0;
}

void HostedSession::take_past(const StoredEvent& stored, const StreamEvent& event) {
  ++past_events_;
  const bool from_outside = intake_.is_from_outside(event);
  intake_.note(event);
  if (!from_outside) {
    interrupted_.add(event);
    const auto* const commit = event.get_if<MessageCommitted>();
    if (commit && event.context().depth == 0) messages_.push_back(commit->message);
  }
  newest_ = event;
  came_after_ = stored.seq;
  bus_.restore(event).value();  // so it knows which runs are open
  log_->append(event, stored);
}

/// Gives an end to what the process before this one has left open.
void HostedSession::end_interrupted() {
  if (interrupted_.empty()) return;
  EventIdGenerator ids;
  ids.continue_after(newest_->id());
  std::uint64_t seq = came_after_;  // the newest one that is readable may lie before it
  for (StreamEvent& end : interrupted_.ends(now())) {
    const auto* const commit = end.get_if<MessageCommitted>();
    if (commit && end.context().depth == 0) messages_.push_back(commit->message);
    const Timestamp time = std::max(now(), newest_->ts());
    end.set_stamp(++seq, ids.next(time), time);
    static_cast<void>(bus_.restore(std::move(end)));
  }
  announce_restore();
}

/// Says, before anything else happens, that the session goes on. Not while a run from outside is
/// open, which goes on too: session_restored says that no run does.
void HostedSession::announce_restore() {
  if (!restored_) return;
  const SessionRestored restored = *std::exchange(restored_, std::nullopt);
  changed_here_ = true;
  if (!intake_.has_open_run()) static_cast<void>(publisher_.publish(restored));
}

}  // namespace strandbus::detail
