#pragma once

#include "parking_lot.hpp"
#include "reader.hpp"

#include <memory>
#include <utility>

namespace strandbus::detail {

/// The state behind an EventStream.
class StreamReader final : public Reader,
                           public Waiter,
                           public std::enable_shared_from_this<StreamReader> {
 public:
  StreamReader(std::shared_ptr<BusCore> core, std::shared_ptr<WakeDomain> domain, Options options);

  template <class Handler>
  void async_wait(Handler handler, HandlerRuns runs = HandlerRuns::where_it_says) {
    wait(WaitOperation(std::move(handler), executor(), KeepsRunning::yes, runs));
  }
  void cancel();
  /// The handle is gone: ends a pending wait and leaves the bus.
  void abandon() noexcept;

  const asio::any_io_executor& executor() const noexcept { return domain_->executor(); }

  std::optional<error_code> poll() override;
  std::uint64_t epoch() const noexcept override;
  std::optional<std::chrono::steady_clock::time_point> deadline() const noexcept override;

 private:
  void wait(WaitOperation operation);

  const std::shared_ptr<WakeDomain> domain_;
};

/// A stream on this bus. Sets `ec` and returns a stream that has ended when the start is unknown.
EventStream open_stream(const std::shared_ptr<BusCore>& core, asio::any_io_executor executor,
                        StreamOptions options, error_code& ec);
/// The same, throwing system_error.
EventStream open_stream(const std::shared_ptr<BusCore>& core, asio::any_io_executor executor,
                        StreamOptions options);

}  // namespace strandbus::detail
