#include "server/feed_merger.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::size_t max_queued = 1024;
constexpr std::chrono::minutes reader_patience(10);

FeedOptions options_of_one(const SessionsFeedOptions& all, std::uint64_t after) {
  FeedOptions options;
  options.after = after;
  options.filter = all.filter;
  options.coalesce = all.coalesce;
  options.keeps_loaded = false;
  options.name = all.name;
  return options;
}

}  // namespace

FeedMerger::FeedMerger(asio::any_io_executor executor, SessionsFeedOptions options)
    : executor_(std::move(executor)),
      options_(std::move(options)),
      positions_(options_.after),
      ready_(executor_),
      room_(executor_, std::chrono::steady_clock::time_point::max()) {}

void FeedMerger::session_came(const std::string& session_id, std::shared_ptr<DurableLog> log,
                              std::uint64_t after) {
  asio::post(executor_, [weak = weak_from_this(), session_id, log = std::move(log), after] {
    if (const auto self = weak.lock()) self->begin(session_id, log, after);
  });
}

void FeedMerger::hub_closed() {
  asio::post(executor_, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->closed_ = true;
    self->ready_.cancel();
  });
}

void FeedMerger::begin(const std::string& session_id, std::shared_ptr<DurableLog> log,
                       std::uint64_t after) {
  if (stopped_) return;
  auto& reader = readers_[session_id];
  if (reader) {  // of the same session, as it was in memory before
    reader->next = std::move(log);
    reader->next_after = after;
    return;
  }
  reader = std::make_shared<Reader>();
  const auto known = positions_.find(session_id);
  const std::uint64_t from = known == positions_.end() ? after : known->second;
  auto work = read(session_id, std::move(log), from);
  auto done = [self = shared_from_this(), session_id](const std::exception_ptr&) {
    self->end(session_id);
  };
  asio::co_spawn(executor_, std::move(work),
                 asio::bind_cancellation_slot(reader->signal.slot(), std::move(done)));
}

asio::awaitable<void> FeedMerger::read(std::string session_id, std::shared_ptr<DurableLog> log,
                                       std::uint64_t after) {
  FeedReader reader(executor_, std::move(log), options_of_one(options_, after));
  try {
    co_await read_all(session_id, reader);
  } catch (const system_error& failed) {
    // A session that has left the memory, or is gone.
    const error_code ec = failed.code();
    if (ec == Errc::closed || ec == Errc::session_unknown || ec == asio::error::operation_aborted)
      co_return;
    failure_ = std::current_exception();
  } catch (const std::exception&) {
    failure_ = std::current_exception();
  }
}

asio::awaitable<void> FeedMerger::read_all(const std::string& session_id, FeedReader& reader) {
  while (!stopped_) {
    std::vector<FeedItem> items = co_await reader.next(reader_patience);
    while (queue_.size() >= max_queued && !stopped_)
      co_await room_.async_wait(asio::as_tuple(asio::use_awaitable));
    for (FeedItem& item : items) {
      if (item.seq) positions_[session_id] = *item.seq;
      SessionsItem queued;
      queued.session_id = session_id;
      queued.item = std::move(item);
      queue_.push_back(std::move(queued));
    }
    if (!items.empty()) ready_.cancel();
  }
}

void FeedMerger::end(const std::string& session_id) {
  const auto found = readers_.find(session_id);
  const std::shared_ptr<Reader> reader = found->second;
  readers_.erase(found);
  if (reader->next) begin(session_id, std::move(reader->next), reader->next_after);
  ready_.cancel();
}

asio::awaitable<std::vector<SessionsItem>> FeedMerger::next(std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (queue_.empty()) {
    if (failure_) std::rethrow_exception(failure_);
    if (closed_ && readers_.empty()) throw system_error(Errc::closed);
    ready_.expires_at(deadline);
    const auto [ec] = co_await ready_.async_wait(asio::as_tuple(asio::use_awaitable));
    if (!ec && queue_.empty()) break;  // the time is over
  }
  room_.cancel();
  co_return std::exchange(queue_, {});
}

void FeedMerger::stop() {
  asio::post(executor_, [self = shared_from_this()] {
    self->stopped_ = true;
    self->room_.cancel();
    for (const auto& [id, reader] : self->readers_)
      reader->signal.emit(asio::cancellation_type::terminal);
  });
}

}  // namespace strandbus::detail

namespace strandbus {

SessionsFeed::SessionsFeed() noexcept = default;
SessionsFeed::SessionsFeed(std::shared_ptr<detail::FeedMerger> merger) noexcept
    : merger_(std::move(merger)) {}
SessionsFeed::SessionsFeed(SessionsFeed&&) noexcept = default;
SessionsFeed& SessionsFeed::operator=(SessionsFeed&& other) noexcept {
  std::swap(merger_, other.merger_);
  return *this;
}

SessionsFeed::~SessionsFeed() {
  if (merger_) merger_->stop();
}

asio::awaitable<std::vector<SessionsItem>> SessionsFeed::next(std::chrono::milliseconds patience) {
  if (!merger_) throw system_error(Errc::closed);
  return merger_->next(patience);
}

}  // namespace strandbus
