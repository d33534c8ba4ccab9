#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace strandbus::detail {

/// Up to which event clients of AG-UI were shown a run that goes on, so that the next request of
/// the thread shows what has happened since then. Of too many threads some are forgotten: their
/// clients miss that.
///
/// Threads: any thread.
class AgUiBook {
 public:
  void put(const std::string& thread_id, std::uint64_t seq) {
    const std::lock_guard lock(mutex_);
    if (shown_.size() >= max_threads) shown_.erase(shown_.begin());
    shown_[thread_id] = seq;
  }
  std::optional<std::uint64_t> take(const std::string& thread_id) {
    const std::lock_guard lock(mutex_);
    const auto found = shown_.find(thread_id);
    if (found == shown_.end()) return std::nullopt;
    const std::uint64_t seq = found->second;
    shown_.erase(found);
    return seq;
  }

 private:
  static constexpr std::size_t max_threads = 4096;

  std::mutex mutex_;
  std::map<std::string, std::uint64_t> shown_;
};

}  // namespace strandbus::detail
