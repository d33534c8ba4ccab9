#pragma once

#include "parking_lot.hpp"
#include "reader.hpp"
#include "sync.hpp"

#include <functional>
#include <memory>

namespace strandbus::detail {

/// The state behind a Subscription: a reader whose events go to a handler. The base delivers in the
/// publishing thread, driven by the CallbackDispatcher.
class CallbackReader : public Reader {
 public:
  using Handler = std::function<void(const Delivery&)>;

  CallbackReader(std::shared_ptr<BusCore> core, Handler handler, Options options);

  using Reader::core;

  /// Looks for the next event that is wanted and gives it to the handler if its seq is at most
  /// `last`; finds nothing once the subscription has ended, or when there is no memory to merge
  /// deltas in. One caller at a time.
  Look deliver(std::uint64_t last) noexcept;
  /// The quick way of deliver() for the event that this reader reads next anyhow: without a look
  /// into the log. False if it is another one or was dropped, or must be merged; then deliver().
  /// The caller is in a CallbackScope.
  bool deliver_next(const Delivery& delivery) noexcept;

  void unsubscribe() noexcept;
  bool active() const noexcept { return !cancelled_.load(std::memory_order_acquire); }

 protected:
  /// As look(), but finds nothing once the subscription has ended.
  Look peek();
  /// Called once when the subscription ends; forgets whatever would call deliver().
  virtual void detach() noexcept;

 private:
  class Turn;

  void invoke(const Delivery& delivery) noexcept;
  void invoke_next();
  void finish() noexcept;

  // Whoever begins a turn sets running_ and then looks at cancelled_, with a light barrier between;
  // whoever unsubscribes does it the other way round, with a heavy one. So one of them sees the
  // other.
  sync::Atomic<bool> running_{false};    ///< the handler or a predicate runs
  sync::Atomic<bool> cancelled_{false};  ///< it must not start again
  sync::Atomic<bool> finishing_{false};  ///< somebody destroys it
  sync::Atomic<std::uint32_t> done_{0};  ///< not 0: it was destroyed
  Handler handler_;
};

/// A callback that runs on an executor, as on a strand: each run is followed by one wait and each
/// wait by one run. A strand of Asio would do the same, but never runs again when one of its posts
/// finds no memory.
class StrandCallbackReader final : public CallbackReader,
                                   public Waiter,
                                   public std::enable_shared_from_this<StrandCallbackReader> {
 public:
  StrandCallbackReader(std::shared_ptr<BusCore> core, std::shared_ptr<WakeDomain> domain,
                       Handler handler, Options options);

  /// Begins to deliver.
  void start();

  std::optional<error_code> poll() override;
  std::uint64_t epoch() const noexcept override;
  std::optional<std::chrono::steady_clock::time_point> deadline() const noexcept override;

 private:
  static constexpr int batch_limit = 64;  ///< events before others on the executor get their turn

  void post_run();
  void wait();
  bool wait_or_try_later() noexcept;
  void run() noexcept;
  void detach() noexcept override;

  const std::shared_ptr<WakeDomain> domain_;
};

}  // namespace strandbus::detail
