#pragma once

#include "strandbus/bus/options.hpp"
#include "strandbus/error.hpp"

#include <memory>

namespace strandbus {
namespace detail {
class CallbackReader;
}

/// A callback that is subscribed to a bus, for as long as this object lives.
///
/// Threads: distinct objects.
/// Lifetime: may outlive the bus; movable. Destroying it is unsubscribe().
class [[nodiscard]] Subscription {
 public:
  /// A subscription to nothing.
  Subscription() noexcept;
  explicit Subscription(std::shared_ptr<detail::CallbackReader> reader) noexcept;
  Subscription(Subscription&&) noexcept;
  Subscription& operator=(Subscription&&) noexcept;
  ~Subscription();

  /// Ends the subscription. After it has returned the handler never starts again.
  ///
  /// Waits for a handler or a predicate of its filter that is running in another thread, and
  /// destroys the handler. Inside any callback of this bus it does not wait, for the other could be
  /// waiting for this one: it prevents further calls; a call that another thread has begun goes to
  /// its end, and then the handler is destroyed. Calling it again does nothing. Hold no lock
  /// meanwhile that a handler takes. May deliver what others have published to other callbacks.
  void unsubscribe();

  /// Whether the handler can still be called.
  bool active() const;

  /// Why the subscription ended by itself: Errc::lagged under Overflow::disconnect, or nothing.
  error_code error() const;

  /// What became of the events since the subscription's start. Threads: any thread.
  ReaderStats stats() const;

 private:
  std::shared_ptr<detail::CallbackReader> reader_;
};

}  // namespace strandbus
