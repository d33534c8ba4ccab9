#include "wake_domain.hpp"

#include "parking_lot.hpp"

#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/query.hpp>

#include <mutex>
#include <new>

namespace strandbus::detail {

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

void end_with_context(const std::shared_ptr<WakeDomain>& domain) {
  asio::use_service<WakeDomainService>(asio::query(domain->executor(), asio::execution::context))
      .add(domain);
}

}  // namespace strandbus::detail
