#include "server/durable_log.hpp"

#include <utility>

namespace strandbus::detail {
namespace {

BusOptions bus_options(std::size_t history) {
  BusOptions options;
  options.history = history;
  options.landmarks = 0;  // what is older comes from the store, whole
  return options;
}

/// Reads without a reference to the log, which may be gone when the file answers.
struct Read {
  std::shared_ptr<const EventStore> store;
  std::string session_id;
  std::uint64_t after;
  std::size_t limit;

  StoreResult<std::vector<StoredEvent>> operator()() const {
    return store->read(session_id, after, limit);
  }
};

}  // namespace

DurableLog::DurableLog(std::shared_ptr<HubServices> services, std::string session_id)
    : services_(std::move(services)),
      session_id_(std::move(session_id)),
      bus_(services_->executor, bus_options(services_->options.history)),
      tracker_(bus_) {}

void DurableLog::append(StreamEvent event, StoredEvent text) {
  const std::uint64_t seq = text.seq;
  {
    const std::lock_guard lock(mutex_);
    text_bytes_ += text.json->size();
    texts_.push_back(std::move(text));
    while (texts_.size() > services_->options.history ||
           (text_bytes_ > max_text_bytes && texts_.size() > 1)) {
      text_bytes_ -= texts_.front().json->size();
      texts_.pop_front();
    }
  }
  promise(seq);  // a reader that gets it now may come back before the head has moved
  bus_.restore(std::move(event)).value();
  head_.store(seq, std::memory_order_release);  // a stream may begin behind it now
}

void DurableLog::skip(StreamEvent hole) {
  const std::uint64_t seq = hole.seq();
  {
    const std::lock_guard lock(mutex_);  // texts follow each other without a hole
    texts_.clear();
    text_bytes_ = 0;
  }
  promise(seq);
  bus_.restore(std::move(hole)).value();
  head_.store(seq, std::memory_order_release);
}

std::uint64_t DurableLog::first_kept() const {
  const std::lock_guard lock(mutex_);
  return texts_.empty() ? head() + 1 : texts_.front().seq;
}

std::shared_ptr<const std::string> DurableLog::text_of(std::uint64_t seq) const {
  const std::lock_guard lock(mutex_);
  if (texts_.empty() || seq < texts_.front().seq || seq > texts_.back().seq) return nullptr;
  return texts_[static_cast<std::size_t>(seq - texts_.front().seq)].json;
}

EventStream DurableLog::stream(asio::any_io_executor executor, StreamOptions options) {
  return bus_.stream(std::move(executor), std::move(options));
}

asio::awaitable<StoreResult<std::vector<StoredEvent>>> DurableLog::read(std::uint64_t after,
                                                                        std::size_t limit) const {
  Read work{services_->store, session_id_, after, limit};
  return services_->pool->run(std::move(work));
}

SessionState DurableLog::snapshot() const {
  SessionState state = tracker_.snapshot();
  // The first events of a fork say the session that it comes from.
  if (!state.session_id.empty()) state.session_id = session_id_;
  return state;
}

void DurableLog::close(StoreError why) {
  {
    const std::lock_guard lock(mutex_);
    if (!why_.code) why_ = std::move(why);
  }
  bus_.close();
}

StoreError DurableLog::why_closed() const {
  const std::lock_guard lock(mutex_);
  return why_;
}

}  // namespace strandbus::detail
