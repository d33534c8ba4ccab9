#pragma once

#include "store/session_file_writer.hpp"
#include "strandbus/bus/publisher.hpp"
#include "strandbus/store/jsonl_store.hpp"

#include <atomic>
#include <cstdint>
#include <limits>
#include <mutex>
#include <optional>
#include <string>

namespace strandbus::detail {

/// Writes events and messages as lines until one cannot be written.
///
/// Threads: write() and end() by one thread at a time; failure(), events() and wait_written() from
/// any
///          thread.
class SessionRecorder {
 public:
  SessionRecorder(SessionFileWriter file, JsonlStoreOptions options)
      : file_(std::move(file)), options_(std::move(options)) {}

  /// Where a failure is told, if the options want it.
  void set_notices(Publisher notices);

  /// Writes the event, and the message that it commits, with one write: whoever stops the program
  /// finds both or none, but for a write that the system itself has cut.
  void write(const StreamEvent& event);

  /// No more events will come.
  void end() noexcept { settle(std::numeric_limits<std::uint64_t>::max()); }

  /// Waits until write() is done with the event of this seq, or will not be called for it.
  void wait_written(std::uint64_t seq) const noexcept;

  std::optional<SessionError> failure() const;
  std::uint64_t events() const noexcept { return events_.load(std::memory_order_relaxed); }

 private:
  class Ending;

  void settle(std::uint64_t seq) noexcept;
  void fail(SessionError error);

  SessionFileWriter file_;
  const JsonlStoreOptions options_;
  Publisher notices_;
  std::string lines_;  ///< its memory is used again
  std::uint64_t last_seq_ = 0;
  bool failed_ = false;
  std::atomic<std::uint64_t> events_{0};
  std::atomic<std::uint64_t> settled_{0};  ///< nobody has to wait for events up to this seq
  mutable std::mutex mutex_;               // guards what follows
  std::optional<SessionError> failure_;
};

}  // namespace strandbus::detail
