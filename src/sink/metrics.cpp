#include "strandbus/sink/metrics.hpp"

#include "sink/metrics_reducer.hpp"

#include <mutex>

namespace strandbus {

class Metrics::Guarded {
 public:
  explicit Guarded(const MetricsOptions& options) : reducer_(options) {}

  template <class F>
  auto with(F&& f) {
    const std::lock_guard lock(mutex_);
    return f(reducer_);
  }

 private:
  std::mutex mutex_;
  detail::MetricsReducer reducer_;
};

Metrics::Metrics(const MetricsOptions& options) : guarded_(std::make_unique<Guarded>(options)) {}

Metrics::~Metrics() = default;

void Metrics::on_event(const StreamEvent& event) {
  guarded_->with([&](auto& reducer) { reducer.add(event); });
}

void Metrics::on_event(const Delivery& delivery) {
  guarded_->with([&](auto& reducer) {
    reducer.add_missed(delivery.missed());
    reducer.add(delivery.event());
  });
}

void Metrics::on_missed(std::uint64_t count) {
  guarded_->with([&](auto& reducer) { reducer.add_missed(count); });
}

MetricsSnapshot Metrics::snapshot() const {
  return guarded_->with([](const auto& reducer) { return reducer.snapshot(); });
}

}  // namespace strandbus
