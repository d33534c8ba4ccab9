#pragma once

#include "server/feed_reader.hpp"
#include "server/session_watcher.hpp"
#include "strandbus/error.hpp"
#include "strandbus/server/sessions_feed.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace strandbus::detail {

/// Reads all sessions that come, one reader for each, into one queue.
///
/// Threads: its executor, a strand; what SessionWatcher has, from any thread.
/// Lifetime: by shared_ptr; stop() ends the readers, which keep it alive.
class FeedMerger final : public SessionWatcher, public std::enable_shared_from_this<FeedMerger> {
 public:
  FeedMerger(asio::any_io_executor executor, SessionsFeedOptions options);

  asio::awaitable<std::vector<SessionsItem>> next(std::chrono::milliseconds patience);
  /// Threads: any thread.
  void stop();

  void session_came(const std::string& session_id, std::shared_ptr<DurableLog> log,
                    std::uint64_t after) override;
  void hub_closed() override;

 private:
  /// A session that is read.
  struct Reader {
    asio::cancellation_signal signal{};
    std::shared_ptr<DurableLog> next{};  ///< the session has come back while this one still reads
    std::uint64_t next_after = 0;
  };

  void begin(const std::string& session_id, std::shared_ptr<DurableLog> log, std::uint64_t after);
  asio::awaitable<void> read(std::string session_id, std::shared_ptr<DurableLog> log,
                             std::uint64_t after);
  asio::awaitable<void> read_all(const std::string& session_id, FeedReader& reader);
  void end(const std::string& session_id);

  const asio::any_io_executor executor_;
  const SessionsFeedOptions options_;
  SessionCursors positions_;  // of what is in the queue
  std::map<std::string, std::shared_ptr<Reader>, std::less<>> readers_;
  std::vector<SessionsItem> queue_;
  asio::steady_timer ready_;  // cancelled when there is something in the queue
  asio::steady_timer room_;   // cancelled when there is room in it
  std::exception_ptr failure_;
  bool stopped_ = false;
  bool closed_ = false;
};

}  // namespace strandbus::detail
