#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>

namespace strandbus::detail {

/// Spans that wait to be sent, as JSON, and when they are.
///
/// Pure. Threads: distinct objects.
class ExportQueue {
 public:
  using Time = std::chrono::steady_clock::time_point;

  struct Limits {
    std::size_t spans;
    std::size_t bytes;
    std::size_t batch_spans;
    std::size_t batch_bytes;
    std::chrono::milliseconds delay;
  };

  struct Batch {
    std::string spans{};  ///< comma separated
    std::size_t count{};
  };

  explicit ExportQueue(const Limits& limits) : limits_(limits) {}

  /// False when there is no room.
  bool push(std::string span, Time now);
  /// From when on there is a batch to be sent; nothing while the queue is empty.
  std::optional<Time> due() const;
  /// Takes the oldest ones.
  Batch take();

  /// Whether one batch is full.
  bool full_batch() const noexcept {
    return waiting_.size() >= limits_.batch_spans || bytes_ >= limits_.batch_bytes;
  }
  std::size_t size() const noexcept { return waiting_.size(); }
  std::size_t bytes() const noexcept { return bytes_; }

 private:
  struct Waiting {
    std::string span;
    Time since;
  };

  const Limits limits_;
  std::deque<Waiting> waiting_;
  std::size_t bytes_ = 0;
};

}  // namespace strandbus::detail
