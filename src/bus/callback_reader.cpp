#include "callback_reader.hpp"

#include "bus_core.hpp"
#include "callback_scope.hpp"

#include <boost/asio/post.hpp>

#include <limits>
#include <new>
#include <utility>

namespace strandbus::detail {
CallbackReader::CallbackReader(std::shared_ptr<BusCore> core, Handler handler, Options options)
    : Reader(std::move(core), std::move(options)), handler_(std::move(handler)) {}

/// While it exists, code of the user may run: his predicates and his handler. unsubscribe() of
/// another thread waits for its end; this thread is in a CallbackScope.
class CallbackReader::Turn {
 public:
  explicit Turn(CallbackReader& reader) noexcept : reader_(reader) {
    reader_.running_.store(true, std::memory_order_relaxed);
    sync::light_barrier();
    granted_ = reader_.active();
  }
  ~Turn() {
    reader_.running_.store(false, std::memory_order_release);
    sync::light_barrier();
    if (!reader_.active()) reader_.finish();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  /// False when the subscription has ended.
  bool granted() const noexcept { return granted_; }

 private:
  CallbackReader& reader_;
  bool granted_;
};

Reader::Look CallbackReader::deliver(std::uint64_t last) noexcept try {
  const CallbackScope scope(*core());
  const Turn turn(*this);
  if (!turn.granted()) return Look::nothing;
  const Look seen = look();
  if (seen == Look::found && has_collected()) {
    while (has_collected() && active()) invoke_next();
  } else if (seen == Look::found && next() <= last && active()) {
    invoke_next();
  }
  return seen;
} catch (const std::bad_alloc&) {  // for a merged event: it stays where it is
  return Look::nothing;
}

Reader::Look CallbackReader::peek() {
  const CallbackScope scope(*core());
  const Turn turn(*this);
  return turn.granted() ? look() : Look::nothing;
}

bool CallbackReader::deliver_next(const Delivery& delivery) noexcept {
  const Turn turn(*this);
  if (!turn.granted()) return true;
  if (!comes_to(delivery.last_seq())) return false;
  const bool wanted = passes(delivery.event());
  if (!active()) return true;  // the predicate has ended the subscription
  if (wanted) invoke(delivery);
  pass_by(wanted);
  return true;
}

void CallbackReader::invoke(const Delivery& delivery) noexcept {
  try {
    handler_(delivery);
  } catch (...) {
    core()->report_callback_error(std::current_exception(), delivery.event());
  }
}

/// The event counts as read when its handler has ended, so that a store can say that it has it.
void CallbackReader::invoke_next() {
  const Delivery delivery = take_uncommitted();
  invoke(delivery);
  commit();
}

void CallbackReader::unsubscribe() noexcept {
  if (!cancelled_.exchange(true, std::memory_order_acq_rel)) {
    sync::heavy_barrier();
    detach();
    leave();
    if (!running_.load(std::memory_order_acquire)) finish();
  }
  if (CallbackScope::contains(*core())) return;
  while (done_.load(std::memory_order_acquire) == 0) done_.wait(0, std::memory_order_acquire);
}

/// Destroys the handler, which no longer runs and never will. Once: the end of a turn and who
/// unsubscribes may meet here.
void CallbackReader::finish() noexcept {
  if (finishing_.exchange(true, std::memory_order_acq_rel)) return;
  {
    const CallbackScope scope(*core());  // the destructor of a handler is user code too
    const Handler handler = std::move(handler_);
  }
  // Not only release: notify_all() asks a counter of the library whether anybody waits, and must
  // not do so before this is seen.
  done_.store(1, std::memory_order_seq_cst);
  done_.notify_all();
}

void CallbackReader::detach() noexcept { core()->dispatcher().remove(*this); }

StrandCallbackReader::StrandCallbackReader(std::shared_ptr<BusCore> core,
                                           std::shared_ptr<WakeDomain> domain, Handler handler,
                                           Options options)
    : CallbackReader(std::move(core), std::move(handler), std::move(options)),
      domain_(std::move(domain)) {}

// Not in the subscriber's thread: a predicate is called while looking.
void StrandCallbackReader::start() { post_run(); }

void StrandCallbackReader::post_run() {
  asio::post(domain_->executor(), [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->run();
  });
}

void StrandCallbackReader::wait() {
  auto handler = [weak = weak_from_this()](error_code ec) {
    const auto self = weak.lock();
    if (self && !ec) self->run();
  };
  core()->lot().wait(shared_from_this(), domain_,
                     WaitOperation(std::move(handler), domain_->executor(), KeepsRunning::no));
  if (!active()) detach();  // unsubscribed in between: nobody else would end this wait
}

/// Without memory for a wait: comes back to it, for nobody would call otherwise. False if there is
/// none for that either.
bool StrandCallbackReader::wait_or_try_later() noexcept {
  for (auto attempt : {&StrandCallbackReader::wait, &StrandCallbackReader::post_run}) {
    try {
      (this->*attempt)();
      return true;
    } catch (...) {  // only memory can be missing
    }
  }
  return false;
}

void StrandCallbackReader::run() noexcept {
  for (bool waits = false; !waits;) {
    for (int count = 0; count < batch_limit; ++count) {
      if (deliver(std::numeric_limits<std::uint64_t>::max()) != Look::found) break;
    }
    waits = !active() || wait_or_try_later();
  }
}

std::optional<error_code> StrandCallbackReader::poll() {
  switch (peek()) {
    case Look::found: return error_code();
    case Look::ended: return error();
    case Look::nothing: break;
  }
  return std::nullopt;
}

std::optional<std::chrono::steady_clock::time_point> StrandCallbackReader::deadline()
    const noexcept {
  return held_until();
}

std::uint64_t StrandCallbackReader::epoch() const noexcept { return core()->epoch(); }

void StrandCallbackReader::detach() noexcept { core()->lot().cancel(*this); }

}  // namespace strandbus::detail
