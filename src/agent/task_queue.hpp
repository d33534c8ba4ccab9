#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace strandbus::detail {

/// Which background tasks may run and which have to wait, in the order in which they came. Decides
/// only.
class TaskQueue {
 public:
  struct Limits {
    std::size_t running = 1;
    std::size_t running_per_agent = 1;
    std::size_t waiting = 0;
  };
  enum class Place : std::uint8_t { runs, waits, refused };

  explicit TaskQueue(Limits limits) : limits_(limits) {}

  /// Nothing is kept of what is refused.
  Place add(const std::string& task_id, const std::string& agent);

  /// A task has ended, or shall not begin any more. Returns those that may run from now on.
  std::vector<std::string> remove(const std::string& task_id);

  std::size_t running() const noexcept { return running_.size(); }
  std::size_t waiting() const noexcept { return waiting_.size(); }

 private:
  struct Waiting {
    std::string task_id;
    std::string agent;
  };

  bool may_run(const std::string& agent) const;
  void run(const std::string& task_id, const std::string& agent);

  const Limits limits_;
  std::map<std::string, std::string> running_;   // task ids, and whose they are
  std::map<std::string, std::size_t> of_agent_;  // how many run
  std::vector<Waiting> waiting_;
};

}  // namespace strandbus::detail
