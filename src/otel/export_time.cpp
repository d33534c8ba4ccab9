#include "otel/export_time.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace strandbus::detail {
namespace {

class TimerWait final : public ExportWait {
 public:
  explicit TimerWait(const asio::any_io_executor& executor) : timer_(executor) {}

  asio::awaitable<void> async_wait(Time until) override {
    error_code ignored;
    timer_.expires_at(until);
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  void wake() override { timer_.cancel(); }

 private:
  asio::steady_timer timer_;
};

class SteadyTime final : public ExportTime {
 public:
  Time now() const override { return std::chrono::steady_clock::now(); }
  std::unique_ptr<ExportWait> make_wait(const asio::any_io_executor& executor) override {
    return std::make_unique<TimerWait>(executor);
  }
};

}  // namespace

std::shared_ptr<ExportTime> make_steady_time() { return std::make_shared<SteadyTime>(); }

}  // namespace strandbus::detail
