#include "parking_lot.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>

#include <algorithm>

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

std::shared_ptr<WakeDomain> ParkingLot::domain(const asio::any_io_executor& executor) {
  std::shared_ptr<WakeDomain> found;
  {
    std::lock_guard lock(mutex_);
    std::erase_if(domains_, [](const auto& known) { return known.expired(); });
    for (const auto& known : domains_) {
      if (auto domain = known.lock(); domain && domain->executor() == executor) return domain;
    }
    found = std::make_shared<WakeDomain>(executor, weak_from_this());
    domains_.push_back(found);
  }
  asio::use_service<WakeDomainService>(asio::query(executor, asio::execution::context)).add(found);
  return found;
}

void ParkingLot::wait(const std::shared_ptr<Waiter>& waiter,
                      const std::shared_ptr<WakeDomain>& domain, WaitOperation operation) {
  {
    std::unique_lock lock(mutex_);
    if (waiter->operation_) {
      lock.unlock();
      return std::move(operation).post(make_error_code(Errc::busy));
    }
    operation.id = ++last_operation_id_;
    connect_cancellation(operation, waiter);
    waiter->cancelled_ = false;
    waiter->operation_.emplace(std::move(operation));
    waiter->waiting_.store(true, std::memory_order_release);
  }
  std::vector<Polled> polled(1);
  polled[0].waiter = waiter;
  poll(polled[0]);
  for (auto& ended : settle(domain, polled)) std::move(ended.operation).post(ended.ec);
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

void ParkingLot::cancel(Waiter& waiter, std::uint64_t id) {
  std::unique_lock lock(mutex_);
  if (!waiter.operation_ || (id != 0 && waiter.operation_->id != id)) return;
  if (!waiter.parked_in_) {  // whoever polls it completes it
    waiter.cancelled_ = true;
    return;
  }
  unpark(waiter);
  WaitOperation operation = take_operation(waiter);
  lock.unlock();
  std::move(operation).post(asio::error::operation_aborted);
}

void ParkingLot::poll(Polled& entry) {
  entry.epoch = entry.waiter->epoch();
  entry.outcome = entry.waiter->poll();
  if (!entry.outcome) entry.deadline = entry.waiter->deadline();
}

void ParkingLot::drain(const std::shared_ptr<WakeDomain>& domain) {
  std::vector<Polled> polled;
  {
    std::lock_guard lock(mutex_);
    polled.reserve(domain->parked_.size());
    for (auto& waiter : domain->parked_) {
      waiter->parked_in_ = nullptr;
      polled.emplace_back().waiter = std::move(waiter);
    }
    domain->parked_.clear();
  }
  poll_parked(domain, std::move(polled));
}

void ParkingLot::poll_parked(const std::shared_ptr<WakeDomain>& domain,
                             std::vector<Polled> polled) {
  for (auto& entry : polled) poll(entry);
  auto ended = settle(domain, polled);
  if (!ended.empty())
    complete_all(std::make_shared<Completions>(domain->executor(), std::move(ended)));
}

/// The time has come for one waiter; the others of its domain are left in peace.
void ParkingLot::on_deadline(const std::shared_ptr<WakeDomain>& domain,
                             std::shared_ptr<Waiter> waiter) {
  std::vector<Polled> polled(1);
  {
    std::lock_guard lock(mutex_);
    waiter->timer_.reset();
    // In other hands: whoever has it polls it, and starts a new timer.
    if (waiter->parked_in_ != domain.get()) return;
    unpark(*waiter);
  }
  polled[0].waiter = std::move(waiter);
  poll_parked(domain, std::move(polled));
}

/// The timer lives in its own handler, so that it goes when its context goes.
void ParkingLot::start_timer(const std::shared_ptr<WakeDomain>& domain, const Polled& entry) {
  domain->use_executor([&] {
    const auto& waiter = entry.waiter;
    std::lock_guard lock(mutex_);  // a timer is no object for two threads
    if (waiter->parked_in_ != domain.get()) return;
    if (const auto running = waiter->timer_.lock()) {
      if (running->expiry() == *entry.deadline) return;
      running->cancel();
    }
    auto timer = std::make_shared<asio::steady_timer>(domain->executor(), *entry.deadline);
    waiter->timer_ = timer;
    asio::steady_timer& started = *timer;
    started.async_wait(
        [lot = shared_from_this(), domain, waiter, timer = std::move(timer)](const error_code& ec) {
          if (!ec) lot->on_deadline(domain, waiter);
        });
  });
}

/// Runs the handlers of a drain, and lets another thread of the executor help: so a handler that
/// takes long or throws does not hold up the others. Where there is no other thread it costs one
/// post.
void ParkingLot::complete_all(const std::shared_ptr<Completions>& completions) {
  bool asked_for_help = false;
  for (;;) {
    const std::size_t index = completions->next.fetch_add(1, std::memory_order_relaxed);
    if (index >= completions->ended.size()) return;
    if (!asked_for_help && index + 1 < completions->ended.size()) {
      asked_for_help = true;
      asio::post(completions->executor, [completions] { complete_all(completions); });
    }
    Ended& mine = completions->ended[index];
    std::move(mine.operation).dispatch(mine.ec);
  }
}

/// Gives polled waiters back: those that have ended leave with their operation, the others are
/// parked.
std::vector<ParkingLot::Ended> ParkingLot::settle(const std::shared_ptr<WakeDomain>& domain,
                                                  std::vector<Polled>& polled) {
  std::vector<Ended> ended;
  {
    std::lock_guard lock(mutex_);
    for (auto& entry : polled) {
      Waiter& waiter = *entry.waiter;
      if (waiter.cancelled_) {
        ended.push_back({take_operation(waiter), asio::error::operation_aborted});
      } else if (entry.outcome) {
        ended.push_back({take_operation(waiter), *entry.outcome});
      } else {
        park(entry.waiter, domain);
      }
    }
  }
  for (const auto& entry : polled) {
    if (entry.deadline) start_timer(domain, entry);
  }
  const bool stale = std::any_of(polled.begin(), polled.end(), [](const Polled& entry) {
    return !entry.outcome && entry.waiter->epoch() != entry.epoch;
  });
  if (stale) wake();
  return ended;
}

void ParkingLot::park(std::shared_ptr<Waiter> waiter, const std::shared_ptr<WakeDomain>& domain) {
  waiter->parked_in_ = domain.get();
  waiter->parked_index_ = domain->parked_.size();
  domain->parked_.push_back(std::move(waiter));
  if (domain->armed_) return;
  domain->armed_ = true;
  armed_domains_.push_back(domain);
  armed_.store(true, std::memory_order_seq_cst);
}

void ParkingLot::unpark(Waiter& waiter) {
  auto& parked = waiter.parked_in_->parked_;
  parked.back()->parked_index_ = waiter.parked_index_;
  std::swap(parked[waiter.parked_index_], parked.back());
  waiter.parked_in_ = nullptr;
  parked.pop_back();  // the caller holds the waiter
}

WaitOperation ParkingLot::take_operation(Waiter& waiter) {
  WaitOperation operation = std::move(*waiter.operation_);
  waiter.operation_.reset();
  waiter.cancelled_ = false;
  waiter.waiting_.store(false, std::memory_order_release);
  if (const auto timer = waiter.timer_.lock()) timer->cancel();
  waiter.timer_.reset();
  return operation;
}

void ParkingLot::wake_armed() {
  std::vector<std::shared_ptr<WakeDomain>> domains;
  {
    std::lock_guard lock(mutex_);
    domains.swap(armed_domains_);
    for (const auto& domain : domains) domain->armed_ = false;
    armed_.store(false, std::memory_order_seq_cst);
  }
  for (const auto& domain : domains) {
    domain->post([lot = shared_from_this(), domain] { lot->drain(domain); });
  }
}

void ParkingLot::abandon(WakeDomain& domain) {
  domain.shut();
  std::vector<std::shared_ptr<Waiter>> parked;
  std::vector<WaitOperation> operations;  // destroyed after the lock was released
  std::lock_guard lock(mutex_);
  // A later context may live at the same address: it needs a domain of its own.
  std::erase_if(domains_, [&](const auto& known) { return known.lock().get() == &domain; });
  std::erase_if(armed_domains_, [&](const auto& armed) { return armed.get() == &domain; });
  parked.swap(domain.parked_);
  operations.reserve(parked.size());
  for (const auto& waiter : parked) {
    waiter->parked_in_ = nullptr;
    operations.push_back(take_operation(*waiter));
  }
}

}  // namespace strandbus::detail
