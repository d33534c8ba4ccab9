#pragma once

#include "store/session_file_writer.hpp"
#include "strandbus/bus/publisher.hpp"
#include "strandbus/store/jsonl_store.hpp"

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

namespace strandbus::detail {

/// Writes events and messages as lines until one cannot be written.
///
/// Threads: write() by one thread at a time; failure() and events() from any thread.
class SessionRecorder {
 public:
  SessionRecorder(SessionFileWriter file, JsonlStoreOptions options)
      : file_(std::move(file)), options_(std::move(options)) {}

  /// Where a failure is told, if the options want it.
  void set_notices(Publisher notices);

  void write(const StreamEvent& event);

  std::optional<SessionError> failure() const;
  std::uint64_t events() const noexcept { return events_.load(std::memory_order_relaxed); }

 private:
  bool write_line();
  void fail(SessionError error);

  SessionFileWriter file_;
  const JsonlStoreOptions options_;
  Publisher notices_;
  std::string line_;  ///< its memory is used again
  std::uint64_t last_seq_ = 0;
  bool failed_ = false;
  std::atomic<std::uint64_t> events_{0};
  mutable std::mutex mutex_;  // guards what follows
  std::optional<SessionError> failure_;
};

}  // namespace strandbus::detail
