#include "parking_lot.hpp"

#include <algorithm>
#include <exception>
#include <utility>

// The drains of a parking lot, and the handlers that they run.

namespace strandbus::detail {

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

void ParkingLot::end_drain(const std::shared_ptr<WakeDomain>& domain) noexcept {
  domain->draining_ = false;
  if (domain->look_again_ || !domain->parked_.empty()) arm(domain);
}

}  // namespace strandbus::detail
