#include "parking_lot.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>

#include <algorithm>
#include <new>

namespace strandbus::detail {

/// Destroys what still waits on a context when that context goes away. A parked operation usually
/// owns the coroutine that owns the stream that owns the operation; only the context can end that
/// circle.
class WakeDomainService final : public asio::execution_context::service {
 public:
  using key_type = WakeDomainService;
  static asio::execution_context::id id;

  explicit WakeDomainService(asio::execution_context& context)
      : asio::execution_context::service(context) {}

  void add(const std::shared_ptr<WakeDomain>& domain) {
    std::lock_guard lock(mutex_);
    std::erase_if(domains_, [](const auto& known) { return known.expired(); });
    domains_.push_back(domain);
  }

 private:
  void shutdown() override {
    std::vector<std::weak_ptr<WakeDomain>> domains;
    {
      std::lock_guard lock(mutex_);
      domains.swap(domains_);
    }
    for (const auto& known : domains) {
      const auto domain = known.lock();
      const auto lot = domain ? domain->lot_.lock() : nullptr;
      if (lot) lot->abandon(*domain);
    }
  }

  sync::Mutex mutex_;
  std::vector<std::weak_ptr<WakeDomain>> domains_;
};

asio::execution_context::id WakeDomainService::id;

void WakeDomain::shut() noexcept {
  auto uses = uses_.fetch_or(context_gone, std::memory_order_acq_rel) | context_gone;
  for (; uses != context_gone; uses = uses_.load(std::memory_order_acquire)) {
    uses_.wait(uses, std::memory_order_acquire);
  }
}

/// Without memory to look the wait is over: its owner looks again, and learns of that himself.
void Polled::poll() noexcept try {
  epoch = waiter->epoch();
  events = epoch - std::exchange(waiter->polled_epoch_, epoch);
  outcome = waiter->poll();
  if (!outcome) deadline = waiter->deadline();
} catch (const std::bad_alloc&) {
  outcome = error_code();
}

void Completions::clear() noexcept {
  polled.clear();
  ended.clear();
  next.store(0, std::memory_order_relaxed);
  takers.store(1, std::memory_order_relaxed);
}

std::shared_ptr<WakeDomain> ParkingLot::known_domain(
    const asio::any_io_executor& executor) const noexcept {
  for (const auto& known : domains_) {
    if (auto domain = known.lock(); domain && domain->executor() == executor) return domain;
  }
  return nullptr;
}

std::shared_ptr<WakeDomain> ParkingLot::domain(const asio::any_io_executor& executor) {
  {
    std::lock_guard lock(mutex_);
    std::erase_if(domains_, [](const auto& known) { return known.expired(); });
    if (auto known = known_domain(executor)) return known;
  }
  // Known to the context before anybody waits in it. Of two that are made at once one is forgotten.
  const auto made = std::make_shared<WakeDomain>(executor, weak_from_this());
  asio::use_service<WakeDomainService>(asio::query(executor, asio::execution::context)).add(made);
  std::lock_guard lock(mutex_);
  if (auto known = known_domain(executor)) return known;
  domains_.push_back(made);
  return made;
}

void ParkingLot::wait(std::shared_ptr<Waiter> waiter, const std::shared_ptr<WakeDomain>& domain,
                      WaitOperation operation) {
  if (waiter->waiting()) return std::move(operation).post(make_error_code(Errc::busy));
  Polled polled{std::move(waiter)};
  polled.poll();  // still its owner's
  if (polled.outcome) return std::move(operation).post(*polled.outcome);
  bool watched = false;  // by a drain
  {
    std::lock_guard lock(mutex_);
    begin(polled.waiter, *domain, operation);
    watched = arm(domain);
    const bool done = watched && !polled.deadline;
    park(done ? std::move(polled.waiter) : std::shared_ptr(polled.waiter), domain);
  }
  if (polled.deadline) start_timer(domain, polled);
  if (!watched) wake_stale({&polled, 1});
}

/// Makes this operation the waiter's; or there is no memory for it, and nothing has changed.
void ParkingLot::begin(const std::shared_ptr<Waiter>& waiter, WakeDomain& domain,
                       WaitOperation& operation) {
  if (domain.waiting_ >= domain.parked_.capacity())
    domain.parked_.reserve(std::max<std::size_t>(4, 2 * domain.waiting_));
  operation.id = ++last_operation_id_;
  connect_cancellation(operation, waiter);
  ++domain.waiting_;
  waiter->cancelled_ = false;
  waiter->operation_.emplace(std::move(operation));
  waiter->waiting_.store(true, std::memory_order_release);
}

void ParkingLot::connect_cancellation(WaitOperation& operation,
                                      const std::shared_ptr<Waiter>& waiter) {
  if (!operation.slot().is_connected()) return;
  operation.slot().assign([lot = weak_from_this(), weak = std::weak_ptr<Waiter>(waiter),
                           id = operation.id](asio::cancellation_type type) {
    if (type == asio::cancellation_type::none) return;
    const auto strong_lot = lot.lock();
    const auto strong_waiter = weak.lock();
    if (strong_lot && strong_waiter) strong_lot->cancel(*strong_waiter, id);
  });
}

void ParkingLot::cancel(Waiter& waiter, std::uint64_t id) noexcept {
  if (!waiter.waiting()) return;
  std::unique_lock lock(mutex_);
  if (!waiter.operation_ || (id != 0 && waiter.operation_->id != id)) return;
  waiter.cancelled_ = true;
  if (!waiter.parked_in_) return;  // whoever polls it completes it
  const auto domain = waiter.parked_in_->shared_from_this();
  const auto completions = make_completions(1);
  if (completions) {
    unpark(waiter).reset();  // the caller holds it
    --domain->waiting_;
    completions->ended.push_back({take_operation(waiter), asio::error::operation_aborted});
    lock.unlock();
    if (post_completions(domain, completions)) return;
    lock.lock();
    keep_unposted(*domain, completions);
  }
  arm(domain);  // the next drain completes it
  lock.unlock();
  wake_armed();
}

void ParkingLot::drain(const std::shared_ptr<WakeDomain>& domain, Linger linger) {
  if (linger.waits()) sync::pause_until(linger.next_look());
  Polled only;  // if no more are parked
  std::shared_ptr<Completions> completions;
  std::shared_ptr<Completions> unposted;
  {
    std::lock_guard lock(mutex_);
    unposted = std::move(domain->unposted_);
    domain->look_again_ = false;
    if (domain->parked_.size() == 1) {
      only.waiter = unpark(*domain->parked_.front());
    } else {
      completions = take_parked(*domain);
      if (!completions) end_drain(domain);
    }
  }
  if (unposted) post_kept(domain, std::move(unposted));
  if (only.waiter) return drain_one(domain, std::move(only), linger);
  if (!completions) return wake_armed();  // posts this again, and then there may be memory
  drain_all(domain, std::move(completions), linger);
}

// Both post the next drain before the handlers run: those may take long, and others wait for their
// events.

void ParkingLot::drain_one(const std::shared_ptr<WakeDomain>& domain, Polled only, Linger linger) {
  auto ended = poll_one(domain, only);
  go_on_or_end(domain, {&only, 1}, linger);
  only.waiter.reset();
  if (ended) std::move(ended->operation).dispatch(ended->ec);
}

void ParkingLot::drain_all(const std::shared_ptr<WakeDomain>& domain,
                           std::shared_ptr<Completions> completions, Linger linger) {
  for (auto& entry : completions->polled) entry.poll();
  settle(domain, *completions);
  go_on_or_end(domain, completions->polled, linger);
  completions->polled.clear();
  complete_all(domain, std::move(completions));
}

/// Polls a waiter and gives it back, or takes its operation if that has ended.
std::optional<Ended> ParkingLot::poll_one(const std::shared_ptr<WakeDomain>& domain,
                                          Polled& polled) noexcept {
  polled.poll();
  std::optional<Ended> ended;
  {
    std::lock_guard lock(mutex_);
    ended = give_back(polled, domain);
  }
  if (polled.deadline) start_timer(domain, polled);
  return ended;
}

/// Posts the next drain if it may find something, otherwise leaves the waking to publishers.
void ParkingLot::go_on_or_end(const std::shared_ptr<WakeDomain>& domain,
                              std::span<const Polled> polled, Linger linger) noexcept {
  std::uint64_t events = 0;
  for (const auto& entry : polled) events = std::max(events, entry.events);
  const bool others = others_publish();
  const auto now = others ? Linger::Clock::now() : Linger::Clock::time_point();
  bool goes_on = linger.goes_on_after(events, others, now);
  if (!goes_on) {
    std::lock_guard lock(mutex_);
    goes_on = domain->look_again_;
    if (!goes_on) end_drain(domain);
  }
  if (!goes_on) return wake_stale(polled);
  if (post_next_drain(domain, linger)) return;
  {
    std::lock_guard lock(mutex_);
    end_drain(domain);
  }
  wake();  // who was parked meanwhile counts on this drain, and now there may be memory
}

/// What has come between a poll and the arming of the domain was seen by nobody.
void ParkingLot::wake_stale(std::span<const Polled> polled) noexcept {
  sync::heavy_barrier();  // see EventLog::head_
  if (std::any_of(polled.begin(), polled.end(), [](const auto& entry) { return entry.stale(); }))
    wake();
}

void ParkingLot::post_drain(const std::shared_ptr<WakeDomain>& domain, Linger linger) {
  domain->posting_.execute(
      [lot = shared_from_this(), domain, linger] { lot->drain(domain, linger); });
}

/// From a drain: while it runs its context does not go away.
bool ParkingLot::post_next_drain(const std::shared_ptr<WakeDomain>& domain,
                                 Linger linger) noexcept {
  try {
    post_drain(domain, linger);
    return true;
  } catch (...) {
    return false;
  }
}

/// Gives polled waiters back, and takes the operations of those that have ended.
void ParkingLot::settle(const std::shared_ptr<WakeDomain>& domain,
                        Completions& completions) noexcept {
  {
    std::lock_guard lock(mutex_);
    for (const auto& entry : completions.polled) {
      if (auto ended = give_back(entry, domain)) completions.ended.push_back(std::move(*ended));
    }
  }
  for (const auto& entry : completions.polled) {
    if (entry.deadline) start_timer(domain, entry);
  }
}

/// The timer lives in its own handler, so that it goes when its context goes. Without memory for it
/// the waiter is polled again at once.
void ParkingLot::start_timer(const std::shared_ptr<WakeDomain>& domain,
                             const Polled& polled) noexcept {
  const bool started = domain->use_executor([&] {
    const auto& waiter = polled.waiter;
    std::lock_guard lock(mutex_);  // a timer is no object for two threads
    if (waiter->parked_in_ != domain.get()) return;
    if (const auto running = waiter->timer_.lock()) {
      if (running->expiry() == *polled.deadline) return;
      running->cancel();
    }
    auto timer = std::make_shared<asio::steady_timer>(domain->executor(), *polled.deadline);
    asio::steady_timer& waiting = *timer;
    waiter->timer_ = timer;
    waiting.async_wait(
        [lot = shared_from_this(), domain, waiter, timer = std::move(timer)](const error_code& ec) {
          if (!ec) lot->on_deadline(domain, waiter);
        });
  });
  if (started) return;
  {
    std::lock_guard lock(mutex_);
    arm(domain);  // a drain that is under way looks again
  }
  wake();
}

/// The time has come for one waiter; the others of its domain are left in peace.
void ParkingLot::on_deadline(const std::shared_ptr<WakeDomain>& domain,
                             std::shared_ptr<Waiter> waiter) {
  Polled polled;
  {
    std::lock_guard lock(mutex_);
    waiter->timer_.reset();
    // In other hands: whoever has it polls it, and starts a new timer.
    if (waiter->parked_in_ != domain.get()) return;
    polled.waiter = unpark(*waiter);
  }
  if (auto ended = poll_one(domain, polled)) return std::move(ended->operation).dispatch(ended->ec);
  {
    std::lock_guard lock(mutex_);
    arm(domain);
  }
  wake_stale({&polled, 1});
}

void ParkingLot::keep_unposted(WakeDomain& domain,
                               const std::shared_ptr<Completions>& completions) noexcept {
  completions->next_kept = std::move(domain.unposted_);
  domain.unposted_ = completions;
}

void ParkingLot::post_kept(const std::shared_ptr<WakeDomain>& domain,
                           std::shared_ptr<Completions> unposted) noexcept {
  while (unposted) {
    auto next = std::move(unposted->next_kept);
    if (!post_completions(domain, unposted)) {
      std::lock_guard lock(mutex_);
      keep_unposted(*domain, unposted);
      arm(domain);
    }
    unposted = std::move(next);
  }
}

std::shared_ptr<Completions> ParkingLot::make_completions(
    std::size_t room, std::shared_ptr<Completions> spare) noexcept {
  try {
    if (!spare) spare = std::make_shared<Completions>();
    spare->make_room(room);
    return spare;
  } catch (...) {
    return nullptr;
  }
}

bool ParkingLot::post_completions(const std::shared_ptr<WakeDomain>& domain,
                                  const std::shared_ptr<Completions>& completions) noexcept {
  try {
    domain->posting_.execute([lot = shared_from_this(), domain, completions]() mutable {
      lot->complete_all(domain, std::move(completions));
    });
    return true;
  } catch (...) {
    return false;
  }
}

/// Runs the handlers of a drain, and lets another thread of the executor help: so a handler that
/// takes long or throws does not hold up the others. Where there is no other thread it costs one
/// post.
void ParkingLot::complete_all(const std::shared_ptr<WakeDomain>& domain,
                              std::shared_ptr<Completions> completions) {
  bool has_help = false;
  std::exception_ptr error;
  for (;;) {
    const std::size_t index = completions->next.fetch_add(1, std::memory_order_relaxed);
    if (index >= completions->ended.size()) break;
    if (!has_help && index + 1 < completions->ended.size())
      has_help = post_help(domain, completions);
    Ended& mine = completions->ended[index];
    try {
      std::move(mine.operation).dispatch(mine.ec);
    } catch (...) {
      if (has_help) throw;
      error = std::current_exception();  // the others have nobody else
    }
  }
  // Pairs with itself: the last one comes after all that the others did.
  if (completions->takers.fetch_sub(1, std::memory_order_acq_rel) == 1)
    keep_spare(*domain, std::move(completions));
  if (error) std::rethrow_exception(error);
}

bool ParkingLot::post_help(const std::shared_ptr<WakeDomain>& domain,
                           const std::shared_ptr<Completions>& completions) noexcept {
  completions->takers.fetch_add(1, std::memory_order_relaxed);
  if (post_completions(domain, completions)) return true;
  completions->takers.fetch_sub(1, std::memory_order_relaxed);
  return false;
}

/// What nobody takes from any more is for the next drain.
void ParkingLot::keep_spare(WakeDomain& domain, std::shared_ptr<Completions> completions) noexcept {
  completions->clear();
  std::lock_guard lock(mutex_);
  if (domain.spare_ && domain.spare_->next_kept) return;
  completions->next_kept = std::move(domain.spare_);
  domain.spare_ = std::move(completions);
}

/// Takes the parked waiters in order to poll them, and makes room for their ends.
std::shared_ptr<Completions> ParkingLot::take_parked(WakeDomain& domain) noexcept {
  auto spare = std::move(domain.spare_);
  if (spare) domain.spare_ = std::move(spare->next_kept);
  auto completions = make_completions(domain.parked_.size(), std::move(spare));
  if (!completions) return nullptr;
  for (auto& waiter : domain.parked_) {
    waiter->parked_in_ = nullptr;
    completions->polled.emplace_back().waiter = std::move(waiter);
  }
  domain.parked_.clear();
  return completions;
}

/// Gives a polled waiter back: it leaves with its operation if that has ended, else it is parked.
std::optional<Ended> ParkingLot::give_back(const Polled& polled,
                                           const std::shared_ptr<WakeDomain>& domain) noexcept {
  Waiter& waiter = *polled.waiter;
  if (!waiter.cancelled_ && !polled.outcome) {
    park(polled.waiter, domain);
    return std::nullopt;
  }
  const error_code ec = waiter.cancelled_ ? asio::error::operation_aborted : *polled.outcome;
  --domain->waiting_;
  return Ended{take_operation(waiter), ec};
}

void ParkingLot::park(std::shared_ptr<Waiter> waiter,
                      const std::shared_ptr<WakeDomain>& domain) noexcept {
  waiter->parked_in_ = domain.get();
  waiter->parked_index_ = domain->parked_.size();
  domain->parked_.push_back(std::move(waiter));  // wait() has made room
}

std::shared_ptr<Waiter> ParkingLot::unpark(Waiter& waiter) noexcept {
  auto& parked = waiter.parked_in_->parked_;
  parked.back()->parked_index_ = waiter.parked_index_;
  std::swap(parked[waiter.parked_index_], parked.back());
  waiter.parked_in_ = nullptr;
  auto unparked = std::move(parked.back());
  parked.pop_back();
  return unparked;
}

WaitOperation ParkingLot::take_operation(Waiter& waiter) noexcept {
  WaitOperation operation = std::move(*waiter.operation_);
  waiter.operation_.reset();
  waiter.cancelled_ = false;
  waiter.waiting_.store(false, std::memory_order_release);
  if (const auto timer = waiter.timer_.lock()) timer->cancel();
  waiter.timer_.reset();
  return operation;
}

/// Makes sure that somebody polls who is parked in this domain: the drain that is on its way (then
/// true), or the next publisher, who has not seen that before wake_stale() is called.
bool ParkingLot::arm(const std::shared_ptr<WakeDomain>& domain) noexcept {
  domain->look_again_ = true;
  if (domain->draining_) return true;
  if (domain->armed_) return false;
  domain->armed_ = true;
  domain->next_armed_ = std::move(armed_domains_);
  armed_domains_ = domain;
  armed_.store(true, std::memory_order_seq_cst);
  return false;
}

void ParkingLot::end_drain(const std::shared_ptr<WakeDomain>& domain) noexcept {
  domain->draining_ = false;
  if (domain->look_again_ || !domain->parked_.empty()) arm(domain);
}

std::shared_ptr<WakeDomain> ParkingLot::disarm_first(std::shared_ptr<WakeDomain>& armed) noexcept {
  auto first = std::move(armed);
  if (first) {
    armed = std::move(first->next_armed_);
    first->armed_ = false;
    first->draining_ = true;
  }
  return first;
}

/// Posts a drain to each armed domain. One that cannot be posted stays armed.
void ParkingLot::wake_armed() noexcept {
  std::shared_ptr<WakeDomain> armed;
  std::shared_ptr<WakeDomain> domain;
  {
    std::lock_guard lock(mutex_);
    armed = std::move(armed_domains_);
    armed_.store(false, std::memory_order_seq_cst);
    domain = disarm_first(armed);
  }
  while (domain) {
    const bool posted = domain->use_executor([&] { post_drain(domain, Linger()); });
    const auto done = std::move(domain);  // dropped after the lock was released
    if (posted && !armed) return;
    std::lock_guard lock(mutex_);
    if (!posted) end_drain(done);
    domain = disarm_first(armed);
  }
}

void ParkingLot::abandon(WakeDomain& domain) noexcept {
  domain.shut();
  std::vector<std::shared_ptr<Waiter>> parked;
  std::shared_ptr<Completions> unposted;
  {
    std::lock_guard lock(mutex_);
    // A later context may live at the same address: it needs a domain of its own.
    std::erase_if(domains_, [&](const auto& known) { return known.lock().get() == &domain; });
    for (auto* link = &armed_domains_; *link; link = &(*link)->next_armed_) {
      if (link->get() != &domain) continue;
      *link = std::move(domain.next_armed_);
      domain.armed_ = false;
      break;
    }
    parked.swap(domain.parked_);
    domain.waiting_ -= parked.size();
    unposted.swap(domain.unposted_);
    for (const auto& waiter : parked) waiter->parked_in_ = nullptr;
  }
  for (const auto& waiter : parked) {
    std::optional<WaitOperation> operation;  // destroyed after the lock was released
    std::lock_guard lock(mutex_);
    operation.emplace(take_operation(*waiter));
  }
}

}  // namespace strandbus::detail
