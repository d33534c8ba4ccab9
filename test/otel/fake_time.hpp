#pragma once

#include "otel/export_time.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <set>

namespace strandbus::test {

/// Time that stands still until it is told otherwise. now() from any thread, all else from the one
/// that runs the context.
class FakeTime final : public detail::ExportTime {
 public:
  Time now() const override { return Time(std::chrono::nanoseconds(now_.load())); }

  std::unique_ptr<detail::ExportWait> make_wait(const asio::any_io_executor& executor) override {
    return std::make_unique<Wait>(*this, executor);
  }

  void advance(std::chrono::nanoseconds time) {
    now_ += time.count();
    for (Wait* const wait : waits_) wait->look();
  }

 private:
  class Wait final : public detail::ExportWait {
   public:
    Wait(FakeTime& time, const asio::any_io_executor& executor)
        : time_(time), timer_(executor, asio::steady_timer::time_point::max()) {
      time_.waits_.insert(this);
    }
    ~Wait() override { time_.waits_.erase(this); }

    asio::awaitable<void> async_wait(Time until) override {
      until_ = until;
      error_code ignored;
      if (time_.now() < until)
        co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    void wake() override { timer_.cancel(); }
    void look() {
      if (time_.now() >= until_) wake();
    }

   private:
    FakeTime& time_;
    asio::steady_timer timer_;
    Time until_ = Time::max();
  };

  std::atomic<std::int64_t> now_ = 1'000'000'000'000;
  std::set<Wait*> waits_;
};

}  // namespace strandbus::test
