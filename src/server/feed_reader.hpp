#pragma once

#include "server/durable_log.hpp"
#include "strandbus/event/json_codec.hpp"
#include "strandbus/server/session_feed.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

namespace strandbus::detail {

/// Joins what a store has to what a bus brings.
///
/// The stream of the bus says how many events it missed; exactly those are read from the store.
///
/// Threads: one strand.
class FeedReader {
 public:
  /// A reader that is woken on `executor`, a strand.
  FeedReader(asio::any_io_executor executor, std::shared_ptr<DurableLog> log, FeedOptions options);
  FeedReader(const FeedReader&) = delete;
  FeedReader& operator=(const FeedReader&) = delete;
  ~FeedReader();

  asio::awaitable<std::vector<FeedItem>> next(std::chrono::milliseconds patience);

 private:
  void begin();
  void open_stream();
  asio::awaitable<bool> wait(std::chrono::milliseconds patience);
  void take_batch();
  void look_for_missed();
  asio::awaitable<void> read_stored();
  void take_page(const std::vector<StoredEvent>& page);
  asio::awaitable<void> read_around_damage();

  void add_stored(const StoredEvent& event);
  void add(const StreamEvent& event, bool merged);
  void add_gap(std::uint64_t before);

  const asio::any_io_executor executor_;
  const std::shared_ptr<DurableLog> log_;
  const FeedOptions options_;
  std::shared_ptr<EventStream> stream_;  // shared with the timer that ends a wait
  std::uint64_t position_ = 0;           // of the newest event that was looked at
  std::uint64_t wanted_after_ = 0;       // what is not behind this is left out
  std::uint64_t start_ = 0;              // behind which the stream began
  std::uint64_t stored_until_ = 0;       // up to here events come from the store
  std::uint64_t missed_ = 0;             // by the stream, and already read from the store
  Batch batch_;                          // to come behind what is read from the store
  EventReader decoder_;
  std::vector<FeedItem> items_;
};

}  // namespace strandbus::detail
