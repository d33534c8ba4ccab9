#pragma once

#include "callback_reader.hpp"
#include "kept_run.hpp"
#include "sync.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace strandbus::detail {

class BusCore;

/// Delivers to the callbacks that run in the publishing thread. One thread at a time has the part
/// of the deliverer; whoever publishes meanwhile leaves its event to it.
///
/// Threads: any thread.
class CallbackDispatcher {
 public:
  explicit CallbackDispatcher(BusCore& bus) : bus_(bus) {}
  CallbackDispatcher(const CallbackDispatcher&) = delete;
  CallbackDispatcher& operator=(const CallbackDispatcher&) = delete;
  ~CallbackDispatcher() = default;

  /// An exception leaves everything as it was.
  void add(std::shared_ptr<CallbackReader> reader);
  void remove(const CallbackReader& reader) noexcept;

  /// Whether there is nobody to deliver to. Cost: one load.
  bool idle() const noexcept { return count_.load(std::memory_order_seq_cst) == 0; }

  /// Delivers everything published so far, or leaves it to the thread that is at it.
  void run() noexcept;

 private:
  using Readers = std::vector<std::shared_ptr<CallbackReader>>;

  /// Events after which the deliverer offers its part to another publishing thread.
  static constexpr int hand_over_after = 256;
  /// How often it looks whether somebody has taken it before it goes on by itself.
  static constexpr int hand_over_patience = 16;

  union Borrowed;

  /// What keeps the bus alive when a handler has dropped the last handle.
  using KeepAlive = std::shared_ptr<BusCore>;

  bool deliver_until_empty(int budget, KeepAlive& keep_alive) noexcept;
  bool deliver(std::uint64_t seq) noexcept;
  bool deliver_slowly(CallbackReader& reader, std::uint64_t seq) noexcept;
  const StreamEvent* event_at(std::uint64_t seq) noexcept;
  void find_next_seq() noexcept;
  void reserve(std::size_t readers);
  void refresh(KeepAlive& keep_alive) noexcept;
  bool taken_over(KeepAlive& keep_alive) noexcept;
  void keep(KeepAlive& keep_alive) const noexcept;

  BusCore& bus_;
  sync::Atomic<std::uint64_t> requests_{0};  ///< not 0: somebody delivers

  sync::Mutex mutex_;
  // Under the mutex.
  Readers readers_;
  std::size_t reserved_ = 0;  ///< readers that each spare has room for
  std::array<Readers, 2> spares_;
  sync::Atomic<std::uint64_t> version_{0};
  sync::Atomic<std::size_t> count_{0};

  // The deliverer's own.
  Readers current_;
  std::uint64_t current_version_ = 0;
  bool in_step_ = false;  ///< all readers read next_seq_ next
  std::uint64_t next_seq_ = 0;
  KeptRun kept_;  ///< holds the event that was delivered last
};

}  // namespace strandbus::detail
