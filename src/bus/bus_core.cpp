#include "bus_core.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

namespace strandbus::detail {
namespace {

void require(bool valid, const char* field, std::size_t value, const char* allowed) {
  if (valid) return;
  throw std::invalid_argument("BusOptions::" + std::string(field) + " is " + std::to_string(value) +
                              "; allowed is " + allowed);
}

BusOptions checked(BusOptions options) {
  require(options.history >= 1, "history", options.history, "at least 1");
  require(options.history_bytes >= 1, "history_bytes", options.history_bytes, "at least 1");
  require(options.landmarks == 0 || options.landmark_bytes >= 1, "landmark_bytes",
          options.landmark_bytes, "at least 1 where landmarks are kept");
  require(options.backlog_soft >= 1, "backlog_soft", options.backlog_soft, "at least 1");
  require(options.backlog_hard >= options.backlog_soft, "backlog_hard", options.backlog_hard,
          "at least backlog_soft");
  return options;
}

}  // namespace

bool EventDraft::has_valid_name() const {
  const Scope scope = event_.scope();
  if (scope == Scope::workflow || scope == Scope::workflow_step) {
    return event_.visit([](const auto& payload) {
      if constexpr (requires { payload.workflow; }) return is_component_name(payload.workflow);
      return true;
    });
  }
  const auto* notice = event_.get_if<SystemNotice>();
  return !notice || is_component_name(notice->subsystem);
}

/// Waits until the blocking readers have caught up.
class WritableWaiter final : public Waiter {
 public:
  explicit WritableWaiter(std::shared_ptr<BusCore> core) : core_(std::move(core)) {
    core_->writable_waiters_.fetch_add(1, std::memory_order_seq_cst);
    sync::heavy_barrier();
  }
  ~WritableWaiter() override { core_->writable_waiters_.fetch_sub(1, std::memory_order_seq_cst); }

  std::optional<error_code> poll() override {
    if (core_->closed()) return make_error_code(Errc::closed);
    if (core_->writable()) return error_code();
    return std::nullopt;
  }
  std::uint64_t epoch() const noexcept override {
    return (core_->closed() ? 2u : 0u) + (core_->writable() ? 1u : 0u);
  }

 private:
  const std::shared_ptr<BusCore> core_;
};

/// Waits until the blocking readers have read what was published before.
class DrainWaiter final : public Waiter {
 public:
  DrainWaiter(std::shared_ptr<BusCore> core, std::chrono::steady_clock::time_point deadline)
      : core_(std::move(core)), deadline_(deadline), target_(core_->log_.head()) {
    core_->add_drain(target_);
    sync::heavy_barrier();
  }
  ~DrainWaiter() override { core_->remove_drain(target_); }

  std::optional<error_code> poll() override {
    if (core_->drained(target_)) return error_code();
    if (std::chrono::steady_clock::now() >= deadline_) return make_error_code(Errc::timed_out);
    return std::nullopt;
  }
  std::uint64_t epoch() const noexcept override { return core_->drained(target_) ? 1 : 0; }
  std::optional<std::chrono::steady_clock::time_point> deadline() const noexcept override {
    if (deadline_ == std::chrono::steady_clock::time_point::max()) return std::nullopt;
    return deadline_;
  }

 private:
  const std::shared_ptr<BusCore> core_;
  const std::chrono::steady_clock::time_point deadline_;
  const std::uint64_t target_;
};

BusCore::BusCore(asio::any_io_executor executor, BusOptions options)
    : executor_(std::move(executor)),
      options_(checked(std::move(options))),
      log_({options_.history, options_.history_bytes, options_.landmarks,
            options_.landmark_bytes}) {}

Result<std::uint64_t> BusCore::restore(StreamEvent&& event) {
  const std::size_t bytes = event.approximate_bytes();
  Evicted evicted;
  std::uint64_t seq = 0;
  {
    std::lock_guard lock(mutex_);
    if (closed()) return make_error_code(Errc::closed);
    const bool first = log_.kept() == 0 && log_.head() == 0 && event.seq() > 0;
    if (!first && event.seq() != log_.head() + 1) return make_error_code(Errc::seq_unknown);
    log_.prepare(bytes);
    runs_.record(event.type(), event.shared_context());  // the last step that may throw
    if (first) log_.start_at(event.seq());
    last_ts_ = std::max(last_ts_, event.ts());
    ids_.continue_after(event.id());
    open_starts_.record(event.type());
    seq = event.seq();
    EventDraft draft(event);
    log_.append(draft, bytes);
    log_.show(seq);
    evict(evicted);
  }
  notify();
  return seq;
}

/// Below the hard bound everything fits. The end of something that was started fits always: its
/// place lies beyond the bound and was reserved when the start was accepted.
bool BusCore::fits_backlog(EventType type) noexcept {
  return open_starts_.ended_by(type) || backlog_below(options_.backlog_hard);
}

/// A seq that is not below `at_least` only if all blocking readers have come so far.
std::uint64_t BusCore::gate_of_readers(std::uint64_t at_least) const noexcept {
  if (cached_gate_ >= at_least) return cached_gate_;
  // As long as the reader that was the slowest has not come so far, nobody else needs to be asked.
  slowest_ = std::min(slowest_, blocking_readers_.size() - 1);
  if (const std::uint64_t known = blocking_readers_[slowest_]->position(); known < at_least)
    return known;
  return ask_all();
}

/// The first event that some blocking reader has not read. There is such a reader.
std::uint64_t BusCore::ask_all() const noexcept {
  cached_gate_ = std::numeric_limits<std::uint64_t>::max();
  for (std::size_t i = 0; i < blocking_readers_.size(); ++i) {
    const std::uint64_t position = blocking_readers_[i]->position();
    if (position >= cached_gate_) continue;
    cached_gate_ = position;
    slowest_ = i;
  }
  return cached_gate_;
}

/// Whether fewer than `bound` events are unread by the slowest blocking reader. What is gone before
/// the tail keeps nobody waiting.
bool BusCore::backlog_below(std::uint64_t bound) const noexcept {
  const std::uint64_t next = log_.head() + 1;
  // The gate that would be enough; only if the cached one is lower are the readers asked again.
  const std::uint64_t enough = next >= bound ? next - bound + 1 : 0;
  return log_.tail() >= enough || gate(enough) >= enough;
}

void BusCore::close() {
  {
    std::lock_guard lock(mutex_);
    closed_.store(true, std::memory_order_seq_cst);
  }
  lot_->wake();
}

error_code BusCore::add_reader(Reader& reader, const Start& start) {
  trim();
  std::lock_guard lock(mutex_);
  const std::uint64_t head = log_.head();
  std::uint64_t next = head + 1;
  switch (start.kind_) {
    case Start::Kind::now: break;
    case Start::Kind::oldest: next = log_.oldest(); break;
    case Start::Kind::after:
      if (start.value_ > head) return make_error_code(Errc::seq_unknown);
      next = start.value_ + 1;
      break;
    case Start::Kind::last: next = log_.first_of_last(start.value_); break;
  }
  blocking_readers_.reserve(blocking_readers_.size() + 1);
  readers_.push_back(&reader);
  if (reader.overflow() == Overflow::block) blocking_readers_.push_back(&reader);
  reader.begin_at(next);
  cached_gate_ = std::min(cached_gate_, next);
  return {};
}

void BusCore::remove_reader(Reader& reader) noexcept {
  {
    std::lock_guard lock(mutex_);
    std::erase(readers_, &reader);
    if (std::erase(blocking_readers_, &reader) == 0) return;
  }
  trim();
  lot_->wake();
}

/// Lets go of what was kept only for blocking readers that have read it by now.
void BusCore::trim() noexcept {
  for (bool more = true; more;) {
    Evicted evicted;  // dropped after the lock was released
    std::lock_guard lock(mutex_);
    if (!log_.over_bounds()) return;
    try {
      log_.prepare_landmark();
    } catch (const std::bad_alloc&) {
      return;  // the next publish tries again
    }
    const std::uint64_t before = log_.tail();
    evict(evicted);
    more = log_.tail() != before;
  }
}

KeptRun BusCore::find(std::uint64_t seq) const {
  std::lock_guard lock(mutex_);
  return log_.find(seq);
}

std::vector<Delivery> BusCore::history(std::uint64_t after, std::size_t limit) {
  trim();
  std::vector<Delivery> events;
  std::lock_guard lock(mutex_);
  const std::uint64_t head = log_.head();
  if (after >= head) return events;
  events.reserve(std::min<std::uint64_t>(limit, log_.kept() + log_.landmarks().size()));
  KeptRun run;
  for (std::uint64_t seq = after + 1; seq <= head && events.size() < limit; ++seq) {
    std::uint64_t missed = 0;
    if (!run.covers(seq)) {
      run = log_.find(seq);
      missed = run.next - seq;
      seq = run.next;
    }
    events.emplace_back(run[seq], Pin<EventOwner>(run.segment.get()), seq, missed);
  }
  return events;
}

bool BusCore::writable() const {
  std::lock_guard lock(mutex_);
  return blocking_readers_.empty() || backlog_below(options_.backlog_soft);
}

void BusCore::async_writable(WaitHandler handler) {
  const auto self = shared_from_this();
  if (!executor_) {  // the destination is a callable
    const asio::any_io_executor anywhere = asio::system_executor();
    return WaitOperation(std::move(handler), anywhere, KeepsRunning::yes).post(error_code());
  }
  if (!closed() && writable())
    return WaitOperation(std::move(handler), executor_, KeepsRunning::yes).post(error_code());
  lot_->wait(std::make_shared<WritableWaiter>(self), lot_->domain(executor_),
             WaitOperation(std::move(handler), executor_, KeepsRunning::yes));
}

bool BusCore::drained(std::uint64_t seq) const {
  std::lock_guard lock(mutex_);
  return blocking_readers_.empty() || gate(seq + 1) > seq;
}

void BusCore::add_drain(std::uint64_t target) {
  std::lock_guard lock(mutex_);
  drain_targets_.push_back(target);
  drain_target_.store(*std::min_element(drain_targets_.begin(), drain_targets_.end()),
                      std::memory_order_seq_cst);
}

void BusCore::remove_drain(std::uint64_t target) noexcept {
  std::lock_guard lock(mutex_);
  drain_targets_.erase(std::find(drain_targets_.begin(), drain_targets_.end(), target));
  const auto lowest = std::min_element(drain_targets_.begin(), drain_targets_.end());
  drain_target_.store(lowest == drain_targets_.end() ? no_drain : *lowest,
                      std::memory_order_seq_cst);
}

void BusCore::async_drain(std::chrono::steady_clock::time_point deadline, WaitHandler handler) {
  lot_->wait(std::make_shared<DrainWaiter>(shared_from_this(), deadline), lot_->domain(executor_),
             WaitOperation(std::move(handler), executor_, KeepsRunning::yes));
}

void BusCore::tell_lag(const std::string& reader, std::uint64_t missed) noexcept try {
  if (!executor_) return;
  SystemNotice notice{.subsystem = "bus",
                      .message = "reader \"" + reader + "\" is too slow: " +
                                 std::to_string(missed) + " events were gone before it read them",
                      .data = {{"reader", reader}, {"missed", missed}}};
  // Not in the reader's call: a callback could use the very reader that is looking now.
  const auto domain = lot_->domain(executor_);
  domain->use_executor([&] {
    asio::post(executor_, [weak = weak_from_this(), event = StreamEvent(std::move(notice))] {
      if (const auto self = weak.lock()) self->publish(StreamEvent(event));
    });
  });
} catch (const std::exception&) {  // no memory for a notice: the reader's account has the number
}

void BusCore::report_callback_error(std::exception_ptr error, const StreamEvent& event) noexcept {
  callback_errors_.fetch_add(1, std::memory_order_relaxed);
  try {
    if (options_.logger.enabled(LogLevel::error)) {
      options_.logger.log(LogLevel::error, "a callback failed on event " +
                                               std::to_string(event.seq()) + " (" +
                                               std::string(event.wire_type()) + ")");
    }
    if (options_.on_callback_error) options_.on_callback_error(std::move(error), event);
  } catch (...) {  // the reporter failed: the error is counted, there is nobody else to tell
  }
}

BusStats BusCore::stats() {
  trim();
  BusStats stats;
  std::lock_guard lock(mutex_);
  stats.published = log_.head();
  stats.kept = log_.kept();
  stats.kept_bytes = log_.bytes();
  stats.landmarks = log_.landmarks().size();
  stats.landmark_bytes = log_.landmarks().bytes();
  stats.refused_closed = refused_closed_;
  stats.refused_runs = refused_runs_;
  stats.refused_backlog = refused_backlog_;
  stats.refused_invalid = refused_invalid_;
  stats.callback_errors = callback_errors_.load(std::memory_order_relaxed);
  for (const Reader* reader : readers_) stats.readers.push_back(reader->stats(stats.published));
  return stats;
}

}  // namespace strandbus::detail
