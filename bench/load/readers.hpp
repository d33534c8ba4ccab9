#pragma once

#include "load/connection.hpp"
#include "load/event_check.hpp"
#include "load/stream_decoder.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace strandbus::load {

/// What many readers have got since it was last asked for.
struct Arrivals {
  std::uint64_t deliveries = 0;
  std::vector<std::uint32_t> delays_us{};  ///< of each delivery
  std::chrono::steady_clock::time_point last{};
};

/// Many readers of one session, on a thread of their own. Each must get every event once, in order.
///
/// Threads: one caller at a time.
class Readers {
 public:
  /// They begin behind the seq `after`. The target must outlive them.
  Readers(const Target& target, std::uint64_t after);
  Readers(const Readers&) = delete;
  Readers& operator=(const Readers&) = delete;
  ~Readers();

  /// Opens so many more, and waits until the server has accepted them all.
  ///
  /// Errors: std::runtime_error, naming what a reader got instead.
  void open(std::size_t count, StreamDecoder::Form form);

  /// Waits until all have got the event with this seq.
  ///
  /// Errors: std::runtime_error, saying how many are missing, when nothing has come for long, or at
  ///         the first event that is doubled, left out or in disorder.
  void wait_for(std::uint64_t seq);

  Arrivals take_arrivals();
  std::size_t size() const;

 private:
  struct Reader {
    Reader(detail::FileDescriptor descriptor, StreamDecoder::Form form, std::uint64_t after)
        : socket(std::move(descriptor)), decoder(form), check(after) {}
    detail::FileDescriptor socket;
    StreamDecoder decoder;
    EventCheck check;
    bool open = false;
  };

  void work(const std::stop_token& stop);
  void read(Reader& reader);
  void take(Reader& reader, StreamDecoder::Part part, std::string_view text);
  void take_event(Reader& reader, std::string_view text);
  /// Waits for what the thread counts; fails when it has failed, or nothing comes for long.
  template <class Condition>
  void await(Condition reached, const char* what);

  const Target& target_;
  const std::uint64_t after_;
  detail::FileDescriptor ready_;
  std::vector<char> buffer_;

  mutable std::mutex mutex_;  // of all below
  std::vector<std::unique_ptr<Reader>> readers_;
  std::size_t open_ = 0;
  std::uint64_t total_ = 0;  // deliveries
  Arrivals arrivals_;
  std::string fault_;  // the first one
  std::chrono::nanoseconds now_{};

  std::jthread thread_;  // last: it uses the others
};

/// The delay that so much of all stay below, in microseconds; 0 of none.
double percentile_us(std::vector<std::uint32_t> delays, double part);

}  // namespace strandbus::load
