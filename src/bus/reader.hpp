#pragma once

#include "segment.hpp"
#include "strandbus/bus/delivery.hpp"
#include "strandbus/bus/options.hpp"
#include "strandbus/error.hpp"
#include "sync.hpp"

#include <cstdint>
#include <memory>

namespace strandbus::detail {

class BusCore;

/// A cursor into the log of a bus, with a filter, an overflow policy and an account.
///
/// Threads: one owner at a time moves it; position() and stats() from any thread.
class Reader {
 public:
  enum class Look : std::uint8_t {
    found,    ///< the next event passes the filter and waits to be taken
    nothing,  ///< everything published so far was read
    ended,    ///< error() says why
  };

  struct Options {
    Overflow overflow;
    Filter filter;
    std::string name;
  };

  Reader(std::shared_ptr<BusCore> core, Options options);
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  virtual ~Reader();

  /// Passes over events that the filter rejects, up to the first one that it accepts.
  Look look();
  /// Takes the event that look() found.
  Delivery take();
  /// Takes up to `limit` events that stand in one segment, beginning with the one that look()
  /// found.
  Batch take_batch(std::size_t limit);

  /// The seq that is looked at next.
  std::uint64_t next() const noexcept { return next_; }
  /// Why there will be nothing more; set once look() has said `ended`.
  error_code error() const noexcept;

  /// Whether the bus is closed and everything was read. Any thread.
  bool at_end() const noexcept;

  Overflow overflow() const noexcept { return options_.overflow; }
  ReaderStats stats(std::uint64_t head) const;
  ReaderStats current_stats() const;

  // Under the lock of the bus.
  /// Called once, when the reader joins: its first event.
  void begin_at(std::uint64_t seq) noexcept;
  /// The first event that this reader has not read.
  std::uint64_t position() const noexcept { return position_.load(std::memory_order_seq_cst); }

 protected:
  const std::shared_ptr<BusCore>& core() const noexcept { return core_; }
  /// Leaves the bus: a blocking reader no longer holds events back. Any thread; once or more.
  void leave() noexcept;

 private:
  bool catch_up();
  bool passes(const StreamEvent& event) noexcept;
  const StreamEvent* pin_next();
  void advance_to(std::uint64_t seq) noexcept;

  const std::shared_ptr<BusCore> core_;
  const Options options_;
  std::uint64_t next_ = 0;
  std::uint64_t matched_ = 0;         ///< the seq that look() found
  std::uint64_t pending_missed_ = 0;  ///< to be told with the next delivery
  Pin<Segment> pin_;
  sync::Atomic<Errc> error_{};
  // Written by the owner only; atomic so that stats() can look.
  sync::Atomic<std::uint64_t> position_{0};
  sync::Atomic<std::uint64_t> delivered_{0};
  sync::Atomic<std::uint64_t> filtered_{0};
  sync::Atomic<std::uint64_t> missed_{0};
};

}  // namespace strandbus::detail
