#pragma once

#include "server/hub_services.hpp"
#include "strandbus/bus/session_tracker.hpp"
#include "strandbus/store/event_store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace strandbus::detail {

/// What of a session is durable: the newest events on a bus of their own, in both forms, and the
/// older ones in the store. Readers see nothing else, so they never see what could be lost.
///
/// Threads: any thread; append from one strand.
class DurableLog {
 public:
  DurableLog(std::shared_ptr<HubServices> services, std::string session_id);

  /// Shows readers an event that has become durable, and its text.
  void append(StreamEvent event, StoredEvent text);
  /// Goes past an event that the store cannot read; `hole` stands in its place, and no reader gets
  /// it: whoever comes later is told of a gap by the store. Before there are readers.
  void skip(StreamEvent hole);

  /// The seq of the newest durable event.
  std::uint64_t head() const noexcept { return head_.load(std::memory_order_acquire); }
  /// Somebody is told of this seq before it is durable, and may come to read behind it.
  void promise(std::uint64_t seq) noexcept {
    std::uint64_t known = promised_.load();
    while (known < seq && !promised_.compare_exchange_weak(known, seq)) {
    }
  }
  std::uint64_t promised() const noexcept { return promised_.load(); }
  /// The seq from which on the memory has everything; head() + 1 if it has nothing.
  std::uint64_t first_kept() const;
  /// The text of an event, if it is kept in memory; else null.
  std::shared_ptr<const std::string> text_of(std::uint64_t seq) const;

  EventStream stream(asio::any_io_executor executor, StreamOptions options);
  /// Durable events after `after`, from the store.
  asio::awaitable<StoreResult<std::vector<StoredEvent>>> read(std::uint64_t after,
                                                              std::size_t limit) const;
  SessionState snapshot() const;

  /// Ends the streams when they have read everything; `why` is what they are told.
  void close(StoreError why);
  StoreError why_closed() const;

  // Who reads.
  void reader_came() noexcept {
    ++readers_;
    ++services_->readers;
  }
  void reader_left() noexcept {
    --readers_;
    --services_->readers;
  }
  std::size_t readers() const noexcept { return readers_.load(); }

 private:
  static constexpr std::size_t max_text_bytes = std::size_t{32} * 1024 * 1024;

  const std::shared_ptr<HubServices> services_;
  const std::string session_id_;
  EventBus bus_;
  SessionTracker tracker_;
  std::atomic<std::uint64_t> head_{0};
  std::atomic<std::uint64_t> promised_{0};
  std::atomic<std::size_t> readers_{0};

  mutable std::mutex mutex_;  // the rest
  std::deque<StoredEvent> texts_;
  std::size_t text_bytes_ = 0;
  StoreError why_;
};

}  // namespace strandbus::detail
