// What agents in other processes publish into a session.
#include "server/hosted_session.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace strandbus::detail {
namespace {

StoreError being_closed() { return StoreError{Errc::closed, "the session is being closed"}; }

/// Counts those who wait for what they have published.
class Publishing {
 public:
  explicit Publishing(std::atomic<std::size_t>& count) : count_(count) { ++count_; }
  Publishing(const Publishing&) = delete;
  Publishing& operator=(const Publishing&) = delete;
  ~Publishing() { --count_; }

 private:
  std::atomic<std::size_t>& count_;
};

/// The contexts of events from outside, in the session that takes them. Events of one run that
/// follow each other share theirs.
class SessionContexts {
 public:
  explicit SessionContexts(const std::string& session_id) : session_id_(session_id) {}

  std::shared_ptr<const RunContext> of(const std::shared_ptr<const RunContext>& given) {
    if (own_ && given == given_) return own_;
    given_ = given;
    RunContext own = given ? *given : RunContext();
    own.session_id = session_id_;
    return own_ = std::make_shared<const RunContext>(std::move(own));
  }

 private:
  const std::string& session_id_;
  std::shared_ptr<const RunContext> given_;
  std::shared_ptr<const RunContext> own_;
};

std::string refusal_text(const error_code& code, const StreamEvent& event) {
  if (code != Errc::run_not_open) return code.message();
  return "/run_id: a run of the id " + event.run_id().substr(0, 100) +
         " was begun before; give each run an id of its own";
}

}  // namespace

asio::awaitable<StoreResult<Published>> HostedSession::publish(std::vector<StreamEvent> events) {
  if (const auto reason = why_not()) co_return *reason;
  const Publishing publishing(publishing_);
  Published published;
  published.after = bus_.stats().published;
  log_->promise(published.after);
  SessionContexts contexts(metadata_.session_id);
  for (StreamEvent& event : events) {
    if (!publisher_.writable())
      co_await publisher_.async_writable(asio::as_tuple(asio::use_awaitable));
    event.set_context(contexts.of(event.shared_context()));
    if (!take(std::move(event), published)) break;
  }
  // What was repeated may be on its way too: whoever is told so must be able to rely on it.
  const std::uint64_t newest = bus_.stats().published;
  co_await until_durable(newest);
  const bool ended = published.refused && published.refused->code == Errc::closed;
  if (ended || log_->head() < newest) co_return why_not().value_or(being_closed());
  co_return published;
}

/// Publishes one event, unless it is there already; false if it is refused.
bool HostedSession::take(StreamEvent event, Published& published) {
  if (intake_.has(event.id())) return ++published.repeated, true;
  published.refused = intake_.refusal(event);
  if (published.refused) return false;
  announce_restore();
  changed_here_ = true;
  const StreamEvent marked = EventIntake::marked(std::move(event));
  if (const auto seq = publisher_.forward(marked); !seq) {
    published.refused = StoreError{seq.error(), refusal_text(seq.error(), marked)};
    return false;
  }
  intake_.note(marked);
  return ++published.accepted, true;
}

/// Why nothing can be published any more.
std::optional<StoreError> HostedSession::why_not() const {
  if (failure_) return failure_;
  if (closing_) return being_closed();
  return std::nullopt;
}

asio::awaitable<void> HostedSession::until_durable(std::uint64_t seq) {
  while (writing_ && !failure_ && log_->head() < seq)
    co_await written_.async_wait(asio::as_tuple(asio::use_awaitable));
}

}  // namespace strandbus::detail
