#include "parking_lot.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <utility>

namespace strandbus::detail {

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
  end_with_context(made);
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
