#include "callback_reader.hpp"

#include "bus_core.hpp"

#include <boost/asio/post.hpp>

#include <limits>
#include <new>
#include <utility>

namespace strandbus::detail {
namespace {

/// The callbacks that this thread is inside of, innermost first.
class CallbackScope {
 public:
  explicit CallbackScope(const BusCore& core) noexcept : core_(&core), outer_(innermost) {
    innermost = this;
  }
  ~CallbackScope() { innermost = outer_; }
  CallbackScope(const CallbackScope&) = delete;
  CallbackScope& operator=(const CallbackScope&) = delete;

  static bool contains(const BusCore& core) noexcept {
    for (const CallbackScope* scope = innermost; scope; scope = scope->outer_) {
      if (scope->core_ == &core) return true;
    }
    return false;
  }

 private:
  static thread_local const CallbackScope* innermost;

  const BusCore* core_;
  const CallbackScope* outer_;
};

thread_local const CallbackScope* CallbackScope::innermost = nullptr;

}  // namespace

bool inside_callback(const BusCore& core) noexcept { return CallbackScope::contains(core); }

CallbackReader::CallbackReader(std::shared_ptr<BusCore> core, Handler handler, Options options)
    : Reader(std::move(core), std::move(options)), handler_(std::move(handler)) {}

/// While it exists, code of the user may run: his predicates and his handler. unsubscribe() of
/// another thread waits for its end.
class CallbackReader::Turn {
 public:
  explicit Turn(CallbackReader& reader) noexcept
      : reader_(reader),
        scope_(*reader.core()),
        granted_((reader.state_.fetch_or(running, std::memory_order_acq_rel) & cancelled) == 0) {
    if (!granted_) reader_.state_.fetch_and(~running, std::memory_order_acq_rel);
  }
  ~Turn() {
    if (granted_ && (reader_.state_.fetch_and(~running, std::memory_order_acq_rel) & cancelled))
      reader_.finish();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  /// False when the subscription has ended.
  bool granted() const noexcept { return granted_; }

 private:
  CallbackReader& reader_;
  const CallbackScope scope_;
  const bool granted_;
};

Reader::Look CallbackReader::deliver(std::uint64_t last) noexcept try {
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
  const Turn turn(*this);
  return turn.granted() ? look() : Look::nothing;
}

/// The event counts as read when its handler has ended, so that a store can say that it has it.
void CallbackReader::invoke_next() {
  const Delivery delivery = take_uncommitted();
  try {
    handler_(delivery);
  } catch (...) {
    core()->report_callback_error(std::current_exception(), delivery.event());
  }
  commit();
}

void CallbackReader::unsubscribe() noexcept {
  const std::uint32_t before = state_.fetch_or(cancelled, std::memory_order_acq_rel);
  if (!(before & cancelled)) {
    detach();
    leave();
    if (!(before & running)) finish();
  }
  if (inside_callback(*core())) return;
  for (auto state = state_.load(std::memory_order_acquire); !(state & done);
       state = state_.load(std::memory_order_acquire)) {
    state_.wait(state, std::memory_order_acquire);
  }
}

/// Destroys the handler, which no longer runs and never will.
void CallbackReader::finish() noexcept {
  {
    const CallbackScope scope(*core());  // the destructor of a handler is user code too
    const Handler handler = std::move(handler_);
  }
  state_.fetch_or(done, std::memory_order_acq_rel);
  state_.notify_all();
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
  core()->lot().wait(
      shared_from_this(), domain_,
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
